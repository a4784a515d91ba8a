"""Safeguards against wrong words, names and answers."""

from __future__ import annotations

from safeguards.mutant import Mutant

SPEECH = (
    "speaker_assignment",
    "hallucinations",
    "results",
    "quality",
    "voiceprints",
    "speech_pipeline",
    "device",
)
SPEECH_TESTS = tuple(f"tests/unit/test_{name}.py" for name in SPEECH)
ANSWERED = ("tests/contract/test_answers.py",)
CONTRACT = ("tests/contract/test_search_engines.py",)

RESULTS = (
    Mutant(
        "orphan removal in the vector index",
        "lambdas/lifestream/engines/vector_index/pinecone.py",
        "        self._delete(stale)\n",
        "",
        CONTRACT,
    ),
    Mutant(
        "invented words kept from readers",
        "lambdas/lifestream/domain/transcript.py",
        "if not segment.flags)",
        "if True)",
        SPEECH_TESTS,
    ),
    Mutant(
        "loops noticed",
        "lambdas/lifestream/domain/speech/hallucinations.py",
        "    if looped > MAX_LOOPED_SHARE:",
        "    if looped > 2:",
        SPEECH_TESTS,
    ),
    Mutant(
        "digest of a model",
        "lambdas/lifestream/engines/model_weights.py",
        "if sha256(folder / name) != digest:",
        "if sha256(folder / name) == '':",
        SPEECH_TESTS,
    ),
    Mutant(
        "voices kept only on request",
        "containers/transcribe_speech/pipeline.py",
        "diarization.voices if settings.remember_voices else ()",
        "diarization.voices",
        SPEECH_TESTS,
    ),
    Mutant(
        "a clear margin between two names",
        "lambdas/lifestream/domain/speech/voiceprints.py",
        "is_clear = not rest or",
        "is_clear = True or not rest or",
        SPEECH_TESTS,
    ),
    Mutant(
        "ties go to who began first",
        "lambdas/lifestream/domain/speech/speaker_assignment.py",
        "np.where(overlap == longest, began, len(ordered)).argmin(axis=0)",
        "overlap.argmax(axis=0)",
        SPEECH_TESTS,
    ),
    Mutant(
        "answers verified in the passage that they name",
        "lambdas/lifestream/domain/answers.py",
        "for s in transcript.reliable.segments if _overlap(s, passage)]",
        "for s in transcript.reliable.segments]",
        ANSWERED,
    ),
    Mutant(
        "a policy for the page",
        "lambdas/lifestream/rendering/page/page.html",
        "default-src 'none'; script-src '{{ script_hash }}'",
        "default-src * 'unsafe-inline'",
        ("tests/contract/test_page_safety.py",),
    ),
    Mutant(
        "missed speech is transcribed again",
        "containers/transcribe_speech/missed_speech.py",
        "return _merged(recognition, found) if found else recognition",
        "return recognition",
        ("tests/unit/test_missed_speech.py",),
    ),
    Mutant(
        "a second look where it is loud",
        "containers/transcribe_speech/pipeline.py",
        "tuple(sorted((*speech, *more)))",
        "speech",
        ("tests/contract/test_second_look.py",),
    ),
    Mutant(
        "missing speech is named",
        "lambdas/lifestream/domain/speech/quality.py",
        "if missing >= MISSING_SECONDS:",
        "if False:",
        ("tests/unit/test_quality.py",),
    ),
)
