"""The container's own speech task on a local FLAC and local models, without the cloud around it.

`python ours.py yes|no MODELS FLAC`: whether both engines work at once
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from speech.conftest import _import_torchaudio_without_cuda

_import_torchaudio_without_cuda()

from transcribe_speech import heartbeat, listening  # noqa: E402  # torchaudio comes first

from builders import an_inspected_job  # noqa: E402
from lifestream.domain.job import JobOptions  # noqa: E402
from lifestream.settings import SpeechSettings  # noqa: E402


def main(together: Any, models: Path, flac: Path) -> None:
    settings = SpeechSettings(
        models_dir=models,
        whisper_model="base",
        pyannote_model="diarization",
        device="cpu",
        both_at_once=together,
    )
    job = an_inspected_job().model_copy(update={"options": JobOptions(language="en")})
    here = SimpleNamespace(download=lambda *names: shutil.copyfile(flac, names[-1]))
    nothing: Any = SimpleNamespace(show_progress=lambda *_: None)
    vars(listening).update(
        artifacts=lambda: here,
        load=lambda _: SimpleNamespace(bucket=""),
        fetch_models=lambda *_: None,
        clients=SimpleNamespace(s3=lambda: None),
    )
    vars(heartbeat).update(job_table=lambda: nothing)
    transcript, _ = listening.listen(job, settings)
    sys.stdout.write(f"{sum(len(s.words) for s in transcript.segments)} words\n")


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
