"""Safeguards against attackers: what they upload, send and say."""

from __future__ import annotations

from safeguards.mutant import Mutant

WEBHOOK = ("tests/unit/test_webhook.py",)
FORGED = ("tests/unit/test_job.py", "tests/reliability/test_forged_messages.py")
SANDBOXED = ("tests/unit/test_sandbox.py",)
TAKEN_OVER = ("tests/unit/test_takeover.py",)
BOMBED = ("tests/unit/test_bombs.py",)
FETCHED = ("tests/unit/test_video_reads.py",)
READ_AHEAD = ("tests/unit/test_audio_reads.py",)
ALLOWED = ("tests/unit/test_api_access.py",)

ATTACKS = (
    Mutant(
        "escaped HTML",
        "lambdas/lifestream/rendering/page/__init__.py",
        "autoescape=True",
        "autoescape=False",
        ("tests/unit/test_injection.py",),
    ),
    Mutant(
        "no webhook into a private network",
        "lambdas/lifestream/webhook.py",
        "if not may_be_private and not all(",
        "if not may_be_private and not any(",
        WEBHOOK,
    ),
    Mutant(
        "a webhook to the address that was checked",
        "lambdas/lifestream/webhook.py",
        "return HTTPConnectionPool(address,",
        "return HTTPConnectionPool(str(parts.hostname),",
        WEBHOOK,
    ),
    Mutant(
        "fetched weights are the published ones",
        "lambdas/lifestream/client/model_weights.py",
        "if sha256(folder / file) != digest:",
        "if False:",
        ("tests/local/test_built_in_weights.py",),
    ),
    Mutant(
        "altered weights are no missing weights",
        "lambdas/lifestream/engines/embedding/__init__.py",
        'engine != "auto" or isinstance(error, ModelAlteredError)',
        'engine != "auto"',
        ("tests/contract/test_search_engines.py",),
    ),
    Mutant(
        "an id that fits the message's object",
        "lambdas/lifestream/domain/job.py",
        "if self.job_id != derive_job_id(self.bucket, self.key, version):",
        "if False:",
        FORGED,
    ),
    Mutant(
        "the bucket of a message",
        "lambdas/lifestream/domain/messages.py",
        "if any(job.bucket != bucket for job in jobs):",
        "if False:",
        FORGED,
    ),
    Mutant(
        "an attempt that follows one that ran",
        "lambdas/lifestream/recovery/admission.py",
        "if execution is None:",
        "if execution is None:\n            return job\n        if False:",
        FORGED,
    ),
    Mutant(
        "the row's word about a redrive",
        "lambdas/lifestream/recovery/admission.py",
        "            return record.job\n",
        "            return job\n",
        FORGED,
    ),
    Mutant(
        "libraries of the decoder",
        "lambdas/lifestream/media/sandbox.py",
        '{"LD_LIBRARY_PATH": libraries} if libraries else {}',
        "{}",
        SANDBOXED,
    ),
    Mutant(
        "the decoder's own failures kept from the video",
        "lambdas/lifestream/media/sandbox.py",
        "raise DecoderStartError(str(error)) from error",
        "raise",
        SANDBOXED,
    ),
    Mutant(
        "the decoder's system call filter",
        "lambdas/lifestream/media/confinement.py",
        '"seccomp": filter_system_calls',
        '"seccomp": lambda: True',
        TAKEN_OVER,
    ),
    Mutant(
        "the decoder's limit of open files",
        "lambdas/lifestream/media/confinement.py",
        '"RLIMIT_NOFILE": forbid_opening',
        '"RLIMIT_NOFILE": lambda: True',
        TAKEN_OVER,
    ),
    Mutant(
        "memory hidden from the decoder",
        "lambdas/lifestream/media/confinement.py",
        "return _prctl(PR_SET_DUMPABLE, 0)",
        "return True",
        TAKEN_OVER,
    ),
    Mutant(
        "the decoder's memory limit below the function's",
        "lambdas/lifestream/media/sandbox.py",
        "load(FunctionSettings).memory_megabytes - OWN_MEGABYTES",
        "4_096",
        BOMBED,
    ),
    Mutant(
        "a name for a decoder that is stopped at its limits",
        "lambdas/lifestream/media/sandbox.py",
        "if status in STOPPED:",
        "if status is None:",
        BOMBED,
    ),
    Mutant(
        "headers fetched in small ranges",
        "lambdas/steps/inspect_video.py",
        "identify(video.read_range,",
        "identify(video.read_at,",
        FETCHED,
    ),
    Mutant(
        "a budget of bytes per inspection",
        "lambdas/lifestream/aws/videos.py",
        "        self._spend(end - start)\n",
        "",
        FETCHED,
    ),
    Mutant(
        "the attributes of a row that are no business of a step",
        "cdk_app/grants.py",
        "others = sorted(ROW_ATTRIBUTES - set(attributes))",
        'others = ["none"]',
        (
            "tests/pipeline/test_permissions.py::test_a_step_that_was_taken_over_gives_no_row_another_object_or_other_results",
        ),
    ),
    Mutant(
        "a limit on what a decoder has fetched ahead",
        "lambdas/lifestream/aws/read_ahead.py",
        "or self._bytes_kept() > BYTES_KEPT",
        "",
        READ_AHEAD,
    ),
    Mutant(
        "a limit on each range that a decoder asks for",
        "lambdas/lifestream/aws/read_ahead.py",
        "self._start(offset, min(size, BLOCK))",
        "self._start(offset, size)",
        READ_AHEAD,
    ),
    Mutant(
        "tags that FFmpeg never reads",
        "lambdas/lifestream/media/decoder.py",
        "    file.skip_tags()\n",
        "",
        ("tests/unit/test_audio_files.py",),
    ),
    Mutant(
        "the signature of a request to the laptop's stack",
        "cdk_app/local/ministack/guard.py",
        "require_genuine(request, signature, secret_key, await body.read())",
        "await body.read()",
        ("tests/pipeline/test_closed_to_strangers.py",),
    ),
    Mutant(
        "the origin of a request to the laptop's stack",
        "cdk_app/local/ministack/guard.py",
        "if origin is not None and origin not in self._origins:",
        "if False:",
        ("tests/pipeline/test_closed_addresses.py", "tests/pipeline/test_closed_to_pages.py"),
    ),
    Mutant(
        "the signature of requests for what is also a page",
        "cdk_app/local/ministack/dashboard_files.py",
        "and not any(name.startswith(SIGNED) for name in names)",
        "and names is not None",
        ("tests/local/test_dashboard_files.py",),
    ),
    Mutant(
        "paths that are only looked up",
        "cdk_app/local/ministack/dashboard_files.py",
        'built_files(self._folder).get(PAGE if is_page else path.removeprefix("/"))',
        'self._folder / (PAGE if is_page else path.removeprefix("/"))',
        ("tests/local/test_dashboard_files.py",),
    ),
    Mutant(
        "a content security policy without exceptions",
        "cdk_app/dashboard.py",
        '"script-src": "\'self\'"',
        "\"script-src\": \"'self' 'unsafe-inline'\"",
        ("tests/infrastructure/test_dashboard.py",),
    ),
    Mutant(
        "an access token for every request",
        "lambdas/lifestream/api/app.py",
        'if needs_token(event["rawPath"]):',
        "if False:",
        ALLOWED,
    ),
    Mutant(
        "no change by a viewer",
        "lambdas/lifestream/api/access.py",
        "if caller.role is None or caller.role < needed:",
        "if caller.role is None:",
        ALLOWED,
    ),
    Mutant(
        "erasures for admins only",
        "lambdas/lifestream/api/access.py",
        '"DELETE /v1/jobs/", "GET /v1/erasures/")',
        ")",
        ALLOWED,
    ),
    Mutant(
        "audio whose format changes",
        "lambdas/lifestream/media/audio_track.py",
        "mixed = self.rest() if shape != self._shape else []",
        "mixed: list[av.AudioFrame] = []",
        ("tests/unit/test_audio_shapes.py",),
    ),
    Mutant(
        "words without invisible characters",
        "lambdas/lifestream/domain/text.py",
        r'return SELECTORS.sub(r"\1", INVISIBLE.sub(r"\1", text))',
        "return text",
        ("tests/unit/test_clean_text.py",),
    ),
    Mutant(
        "a name for JSON that is too deep",
        "lambdas/lifestream/domain/messages.py",
        "except (ValueError, RecursionError) as error:",
        "except ValueError as error:",
        ("tests/unit/test_messages.py",),
    ),
    Mutant(
        "packages with the hash they were locked with",
        "Makefile",
        "$(PIP) --require-hashes --no-deps -r",
        "$(PIP) --no-deps -r",
        ("tests/infrastructure/test_locks.py",),
    ),
)
