"""/var/runtime/bootstrap.py: starts AWS's runtime interface client, as Lambda does."""

from __future__ import annotations

import os
import sys

if __name__ == "__main__":
    task_root = os.environ["LAMBDA_TASK_ROOT"]
    os.chdir(task_root)
    sys.path[0] = task_root
    from awslambdaric.__main__ import main  # type: ignore[import-not-found]  # of Lambda's Python

    main([task_root, os.environ["_HANDLER"]])
