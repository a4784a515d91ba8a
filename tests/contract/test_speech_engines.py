"""The laptop's speech engines transcribe the sample usefully, with well-formed output."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from speech_errors import word_error

from builders import audio_with_speech, no_progress
from built_in_models import whisper
from lifestream.domain.options import JobOptions
from lifestream.domain.speech.diagnostics import Diarization
from lifestream.domain.speech.hallucinations import flagged
from lifestream.domain.speech.speaker_assignment import segments_by_speaker
from lifestream.domain.transcript import Recognition, Span
from lifestream.engines.diarization import load_diarizer
from lifestream.engines.diarization.clustering import ClusteringDiarizer
from lifestream.engines.transcription import load_transcriber
from lifestream.errors import EnglishOnlyModelError, ModelMissingError, advice_for
from lifestream.media.audio import Audio, load_samples
from lifestream.media.voice_activity import SpeechSpan
from lifestream.settings import SpeechSettings
from media_files import SAMPLE

READ_SPEECH = SAMPLE.with_name("read-speech.flac")
REFERENCE = json.loads(SAMPLE.with_suffix(".reference.json").read_text())["turns"]
RATE = 16_000


@pytest.fixture(scope="module")
def sample(sample_flac: Path) -> Audio:
    return audio_with_speech(load_samples(sample_flac))


@pytest.fixture(scope="module")
def progress() -> list[float]:
    """Return the progress that `recognition` reported."""
    return []


@pytest.fixture(scope="module")
def recognition(sample: Audio, progress: list[float]) -> Recognition:
    return whisper().transcribe(sample, JobOptions(), progress.append)


def silence(seconds: float) -> Audio:
    return audio_with_speech(np.zeros(int(seconds * RATE), dtype=np.float32))


def test_words_of_the_sample_are_mostly_right(recognition: Recognition) -> None:
    on_progress = " ".join(word.text for segment in recognition.segments for word in segment.words)
    spoken = " ".join(turn["text"] for turn in REFERENCE)
    assert word_error(spoken, on_progress) < 0.15
    confidence = [word.confidence for segment in recognition.segments for word in segment.words]
    assert (
        len({round(value, 1) for value in confidence}) > 3
    )  # the confidence shows where the engine is unsure


def test_words_of_read_speech_are_right_and_none_is_flagged() -> None:
    """A person's voice: LibriVox, public domain."""
    audio = audio_with_speech(load_samples(READ_SPEECH))
    said = json.loads(READ_SPEECH.with_suffix(".reference.json").read_text())["turns"]

    recognized = whisper().transcribe(audio, JobOptions(), no_progress).segments

    voice = [Span(start_seconds=s.start_seconds, end_seconds=s.end_seconds) for s in audio.speech]
    segments = flagged(segments_by_speaker(recognized, ()), recognized, voice)
    on_progress = " ".join(segment.text for segment in segments)
    assert word_error(" ".join(turn["text"] for turn in said), on_progress) < 0.05
    assert [segment.flags for segment in segments if segment.flags] == []


def test_words_are_in_order_and_inside_the_audio(recognition: Recognition, sample: Audio) -> None:
    spoken = [word for segment in recognition.segments for word in segment.words]
    assert recognition.language == "en"
    assert spoken[0].text == "Good"
    assert spoken[0].start_seconds == pytest.approx(REFERENCE[0]["start_seconds"], abs=0.3)
    assert all(before.end_seconds <= after.start_seconds for before, after in pairwise(spoken))
    assert spoken[-1].end_seconds <= sample.seconds
    assert all(0 <= word.confidence <= 1 for word in spoken)


@pytest.mark.parametrize("seconds", [0, 0.01, 2])
def test_silence_has_no_words_and_no_speakers(seconds: float) -> None:
    audio = silence(seconds)

    assert whisper().transcribe(audio, JobOptions(), no_progress).segments == ()
    assert ClusteringDiarizer().diarize(audio, JobOptions(), no_progress) == Diarization()


@pytest.mark.parametrize(
    "options",
    [
        JobOptions(language="de"),
        JobOptions(multilingual=True),
        JobOptions(translate=True),
    ],
)
def test_other_languages_end_with_a_name_and_the_way_to_a_multilingual_model(
    options: JobOptions,
) -> None:
    with pytest.raises(EnglishOnlyModelError, match=r"tiny\.en knows English only"):
        whisper().transcribe(silence(1), options, no_progress)
    assert "lifestream models small --to" in advice_for("EnglishOnlyModelError")


def test_english_may_be_asked_for() -> None:
    whisper().transcribe(silence(1), JobOptions(language="en"), no_progress)


def test_both_speakers_of_the_sample_are_distinguished(sample: Audio) -> None:
    turns = ClusteringDiarizer().diarize(sample, JobOptions(), no_progress).turns

    assert {turn.speaker for turn in turns} == {"SPEAKER_00", "SPEAKER_01"}
    for expected in REFERENCE:
        middle = (expected["start_seconds"] + expected["end_seconds"]) / 2
        speaking = [t.speaker for t in turns if t.start_seconds <= middle <= t.end_seconds]
        assert speaking == [expected["speaker"]]


@pytest.mark.parametrize(
    ("options", "speakers"),
    [
        (JobOptions(speakers=1), 1),
        (JobOptions(speakers=3), 3),
        (JobOptions(min_speakers=4), 4),
        (JobOptions(max_speakers=1), 1),
    ],
)
def test_the_number_of_speakers_can_be_set(
    sample: Audio, options: JobOptions, speakers: int
) -> None:
    turns = ClusteringDiarizer().diarize(sample, options, no_progress).turns

    assert len({turn.speaker for turn in turns}) == speakers


def test_the_engines_say_which_model_they_run(tmp_path: Path) -> None:
    assert whisper().name == "faster-whisper/tiny.en"
    assert load_diarizer(SpeechSettings(models_dir=tmp_path)).name == "embedded/voice-encoder"


def test_a_model_that_is_asked_for_by_name_is_not_replaced(tmp_path: Path) -> None:
    with pytest.raises(ModelMissingError, match=r"model\.bin is missing"):
        load_transcriber(SpeechSettings(models_dir=tmp_path))
    with pytest.raises(ModelMissingError, match=r"config\.yaml is missing"):
        load_diarizer(SpeechSettings(models_dir=tmp_path, diarization_engine="pyannote"))


@pytest.mark.usefixtures("recognition")
def test_both_engines_report_their_progress(sample: Audio, progress: list[float]) -> None:
    voices: list[float] = []

    ClusteringDiarizer().diarize(sample, JobOptions(), voices.append)

    assert len(progress) > 1
    for on_progress in (progress, voices):
        assert on_progress == sorted(on_progress)
        assert 0 < on_progress[-1] <= sample.seconds


@pytest.mark.parametrize("seconds", [0.2, 1.0])
def test_a_number_of_speakers_is_honoured_however_little_is_said(
    sample: Audio, seconds: float
) -> None:
    start = sample.speech[0].start
    little = Audio(sample.samples, (SpeechSpan(start, start + int(seconds * RATE)),))

    turns = ClusteringDiarizer().diarize(little, JobOptions(speakers=4), no_progress).turns

    assert len({turn.speaker for turn in turns}) == 4


def test_one_speaker_alone_stays_one(sample: Audio) -> None:
    speech = tuple(SpeechSpan(*cut(turn)) for turn in REFERENCE[::2])

    turns = ClusteringDiarizer().diarize(Audio(sample.samples, speech), JobOptions(), no_progress)

    assert {turn.speaker for turn in turns.turns} == {"SPEAKER_00"}


def test_four_of_eleven_seconds_are_enough_for_a_second_speaker(sample: Audio) -> None:
    first = audio_with_speech(sample.samples[: 11 * RATE])

    turns = ClusteringDiarizer().diarize(first, JobOptions(), no_progress).turns

    assert [turn.speaker for turn in turns] == ["SPEAKER_00", "SPEAKER_01"]


def test_speakers_of_quick_turns_are_distinguished(sample: Audio) -> None:
    """The turns last 1.2 seconds, 0.05 seconds apart, so the detector finds no pause."""
    pause = np.zeros(RATE // 20, dtype=np.float32)
    begins = [cut(turn)[0] + skipped for skipped in (RATE // 2, RATE * 2) for turn in REFERENCE]
    turns = [sample.samples[begin : begin + RATE * 6 // 5] for begin in begins]
    talk = np.concatenate([part for turn in turns for part in (turn, pause)])
    spoken = Audio(talk, (SpeechSpan(0, len(talk)),))

    found = ClusteringDiarizer().diarize(spoken, JobOptions(), no_progress).turns

    middles = [(i + 0.5) * 1.25 for i in range(len(turns))]
    speakers = [t.speaker for m in middles for t in found if t.start_seconds <= m < t.end_seconds]
    expected = [turn["speaker"] for turn in REFERENCE] * 2
    assert set(speakers) == set(expected)
    right = [was == said for was, said in zip(expected, speakers, strict=True)]
    assert np.mean(right) >= 0.8


def cut(turn: dict[str, float]) -> tuple[int, int]:
    return int(turn["start_seconds"] * RATE), int(turn["end_seconds"] * RATE)
