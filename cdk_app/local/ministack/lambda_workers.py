"""Patch Lambda: report the name of a handler's error, limit the workers, randomize their keys.

MiniStack reports every exception of a handler as `Runtime.HandlerError`, which no Retry or Catch
of ours matches, and ends the worker, which stays warm on AWS. It derives a worker's secret key
from the function's name, so that any process could sign as the function. It extracts the code
again for each worker; here, the workers share it.
"""

from __future__ import annotations

import io
import subprocess
import tempfile
import threading
import zipfile
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from cdk_app.local.ministack import require
from cdk_app.local.ministack.forked import popen
from cdk_app.local.ministack.permissions import role_session
from lifestream.step_names import Step

NOT_WARMED = (Step.INSPECT_VIDEO, Step.TRANSCRIBE_SPEECH, Step.RECORD_FAILURE)
WARM = tuple(step for step in Step if step not in NOT_WARMED)
Packages = dict[str, tuple[str, ...]]
INDEXING: Packages = {"steps.index_transcript": ("safetensors.numpy", "tokenizers")}
SUMMARIZING: Packages = {
    "steps.summarize_transcript": ("networkx", "sklearn.feature_extraction.text")
}
"""Packages that the built-in engines import at first use, which takes seconds on a laptop."""

OLD_READY = (
    '        _real_stdout.write(json.dumps({"status": "ready", "cold": True}) + "\\n")\n'
    "        _real_stdout.flush()\n"
)
NEW_READY = f"""\
{OLD_READY}\
        import threading
        _modules = PRELOADED.get(module_name, ())
        _load = lambda: [importlib.import_module(_name) for _name in _modules]
        threading.Thread(target=_load, daemon=True).start()
"""
OLD_HANDLER = (
    '            _real_stdout.write(json.dumps({"status": "error", "error": str(e), '
    '"trace": traceback.format_exc()}) + "\\n")\n'
    "        _real_stdout.flush()"
)
NEW_HANDLER = """\
            _real_stdout.write(json.dumps({"status": "ok", "result": {"__failed__": {
                "errorMessage": str(e), "errorType": type(e).__name__,
                "requestId": _ms_ctx.get("request_id", ""),
                "stackTrace": traceback.format_tb(e.__traceback__)[1:]}}}) + "\\n")
        _real_stdout.flush()"""


def install(*, max_workers: int, summarizes_here: bool) -> None:
    """`summarizes_here`: with the built-in engine, whose packages each worker then imports."""
    from ministack.core import lambda_runtime
    from ministack.services import lambda_svc

    require(lambda_runtime.subprocess is subprocess, "how Lambda workers are started")
    require(lambda_runtime.zipfile is zipfile, "how the code of a function is extracted")
    lambda_runtime.zipfile = SimpleNamespace(**vars(zipfile) | {"ZipFile": SharedZip})
    lambda_runtime.subprocess = SimpleNamespace(**vars(subprocess) | {"Popen": popen})
    script = lambda_runtime._PYTHON_WORKER_SCRIPT  # noqa: SLF001
    lambda_runtime._PYTHON_WORKER_SCRIPT = worker_script(  # noqa: SLF001
        script, INDEXING | (SUMMARIZING if summarizes_here else {})
    )
    for module in (lambda_runtime, lambda_svc):
        require(hasattr(module, "execution_credentials"), "the Lambda worker's credentials")
        module.execution_credentials = _execution_credentials
    execute = lambda_svc._execute_function_warm  # noqa: SLF001
    workers = threading.BoundedSemaphore(max_workers)

    def execute_limited(function: Any, event: Any, request_id: str) -> dict[str, Any]:
        with workers:
            answer: dict[str, Any] = execute(function, event, request_id)
        body = answer.get("body")
        if isinstance(body, dict) and "__failed__" in body:
            return {"body": body["__failed__"], "error": True, "log": answer.get("log")}
        return answer

    lambda_svc._execute_function_warm = execute_limited  # noqa: SLF001


class SharedZip(zipfile.ZipFile):
    """A zip that is extracted once. `extractall` links to its files, which nobody changes."""

    _lock = threading.Lock()

    def extractall(self, path: Any = None, *_: Any, **__: Any) -> None:
        code = Path(self.filename or "").read_bytes()
        with self._lock:
            folder = _extracted(code)
        for entry in folder.iterdir():
            (Path(path) / entry.name).symlink_to(entry)


@cache
def _extracted(code: bytes) -> Path:
    folder = Path(tempfile.mkdtemp(prefix="lambda-code-"))
    with zipfile.ZipFile(io.BytesIO(code)) as archive:
        archive.extractall(folder)
    return folder


def worker_script(script: str, preloaded: Packages) -> str:
    """Patch MiniStack's worker script to report error names and to preload the built-in engines'
    packages."""
    require(script.count(OLD_READY) == 1, "the Lambda worker's first answer")
    require(script.count(OLD_HANDLER) == 1, "the Lambda worker's error handling")
    ready = NEW_READY.replace("PRELOADED", repr(preloaded))
    return script.replace(OLD_READY, ready).replace(OLD_HANDLER, NEW_HANDLER)


def warm() -> None:
    """Start a worker for every step but the first.

    This happens while earlier steps leave a core idle, so that a job finds the workers warm.
    """
    from ministack.core.lambda_runtime import acquire_worker, ensure_spawned, release_worker
    from ministack.services import lambda_svc

    functions = {f["config"]["Handler"]: f for f in lambda_svc._functions.values()}  # noqa: SLF001
    for step in WARM:
        function = functions[f"steps.{step.module_name}.handler"]
        config = function["config"]
        worker, _ = acquire_worker(
            config["FunctionName"], config, function["code_zip"], qualifier=config["Version"]
        )
        ensure_spawned(worker)
        release_worker(worker)


def _execution_credentials(function: dict[str, Any]) -> dict[str, str]:
    return role_session(function["Role"], function["FunctionName"])
