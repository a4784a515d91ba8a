"""Create the root access key of the embedded AWS: at random, or once per state folder."""

from __future__ import annotations

import json
import os
import secrets
import string
from dataclasses import asdict, dataclass, field
from pathlib import Path

KEY_ID_CHARACTERS = string.ascii_uppercase + "234567"


@dataclass(frozen=True)
class Credentials:
    access_key: str
    secret_key: str = field(repr=False)

    @classmethod
    def random(cls) -> Credentials:
        """Return a random access key in the format of AWS's."""
        key_id = "".join(secrets.choice(KEY_ID_CHARACTERS) for _ in range(16))
        return cls(f"AKIA{key_id}", secrets.token_urlsafe(30))

    @classmethod
    def load_or_create(cls, state: Path) -> Credentials:
        """Return the access key of the state folder. Create it if it doesn't exist.

        It stays the same between runs, so that other terminals can continue to use it. Only the
        file's owner can read it.
        """
        file = state / "credentials"
        if not file.exists():
            state.mkdir(parents=True, exist_ok=True)
            made = cls.random()
            with os.fdopen(os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as new:
                json.dump(asdict(made), new)
        return cls(**json.loads(file.read_text()))
