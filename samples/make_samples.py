"""Make `team-meeting.mp4` and its reference, a transcript with speaker turns.

The voices are synthetic (`apt-get install flite`), so the sample is free to share and its
reference is exact.
"""

from __future__ import annotations

import json
import subprocess
import tempfile
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

HERE = Path(__file__).parent
RATE = 16_000
PAUSE_SECONDS = 0.6
WIDTH, HEIGHT, FRAMES_PER_SECOND = 320, 180, 5
VOICES = {"SPEAKER_00": "rms", "SPEAKER_01": "slt"}
COLOURS = {"SPEAKER_00": (40, 70, 120), "SPEAKER_01": (120, 60, 50), None: (20, 20, 20)}
DIALOGUE = [
    ("SPEAKER_00", "Good morning. Today we want to talk about the budget for the new project."),
    (
        "SPEAKER_01",
        "Thank you. The budget is forty thousand dollars, and half of it is for the release.",
    ),
    ("SPEAKER_00", "That is good. When do you think the release will be ready for our customers?"),
    ("SPEAKER_01", "The release will be ready in November. The testing team needs two more weeks."),
    ("SPEAKER_00", "Two weeks is fine. What is the biggest problem at the moment?"),
    (
        "SPEAKER_01",
        "The biggest problem is the search. It is too slow when a customer has many videos.",
    ),
    ("SPEAKER_00", "Then we should make the search faster before we add anything else."),
    ("SPEAKER_01", "I agree. I will write a plan for the search and send it to you on Friday."),
    ("SPEAKER_00", "Great. I will talk to the customers and ask them what they need."),
    ("SPEAKER_01", "Please ask them about the price as well. Some of them think it is too high."),
    ("SPEAKER_00", "I will do that. We meet again on Monday. Thank you very much."),
]


def main() -> None:
    audio, turns = speak_dialogue()
    write_video(HERE / "team-meeting.mp4", audio, turns)
    write_reference(HERE / "team-meeting.reference.json", turns)


def speak_dialogue() -> tuple[NDArray[np.int16], list[dict[str, object]]]:
    pieces, turns, samples = [silence(PAUSE_SECONDS)], [], int(PAUSE_SECONDS * RATE)
    for speaker, text in DIALOGUE:
        speech = speak(text, VOICES[speaker])
        turns.append(
            {
                "speaker": speaker,
                "start_seconds": round(samples / RATE, 3),
                "end_seconds": round((samples + len(speech)) / RATE, 3),
                "text": text,
            }
        )
        pieces += [speech, silence(PAUSE_SECONDS)]
        samples += len(speech) + int(PAUSE_SECONDS * RATE)
    return np.concatenate(pieces), turns


def speak(text: str, voice: str) -> NDArray[np.int16]:
    with tempfile.NamedTemporaryFile(suffix=".wav") as wav:
        subprocess.run(["flite", "-voice", voice, "-t", text, "-o", wav.name], check=True)  # noqa: S607
        return read_mono(wav.name)


def read_mono(path: str) -> NDArray[np.int16]:
    resampler = av.AudioResampler(format="s16", layout="mono", rate=RATE)
    with av.open(path) as container:
        frames = [part for frame in container.decode(audio=0) for part in resampler.resample(frame)]
    frames += resampler.resample(None)
    return np.concatenate([frame.to_ndarray()[0] for frame in frames])


def silence(seconds: float) -> NDArray[np.int16]:
    return np.zeros(int(seconds * RATE), dtype=np.int16)


def write_video(path: Path, audio: NDArray[np.int16], turns: list[dict[str, object]]) -> None:
    """Write one coloured picture per speaker, with a moving bar that shows the time."""
    with av.open(str(path), "w", options={"movflags": "+faststart"}) as container:
        picture = container.add_stream("libx264", rate=FRAMES_PER_SECOND, options={"crf": "40"})
        picture.width, picture.height, picture.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        audio_stream = container.add_stream("aac", rate=RATE, layout="mono")
        audio_stream.bit_rate = 64_000
        seconds = len(audio) / RATE
        for number in range(int(seconds * FRAMES_PER_SECOND)):
            at = number / FRAMES_PER_SECOND
            frame = av.VideoFrame.from_ndarray(draw(at, seconds, turns), format="rgb24")
            container.mux(picture.encode(frame))
        container.mux(picture.encode(None))
        for start in range(0, len(audio), 1024):
            chunk = av.AudioFrame.from_ndarray(audio[None, start : start + 1024], layout="mono")
            chunk.sample_rate, chunk.pts = RATE, start
            container.mux(audio_stream.encode(chunk))
        container.mux(audio_stream.encode(None))


def draw(at: float, seconds: float, turns: list[dict[str, object]]) -> NDArray[np.uint8]:
    speaker = next(
        (t["speaker"] for t in turns if float(t["start_seconds"]) <= at < float(t["end_seconds"])),  # type: ignore[arg-type]
        None,
    )
    picture = np.empty((HEIGHT, WIDTH, 3), dtype=np.uint8)
    picture[:] = COLOURS[speaker]  # type: ignore[index]
    picture[-12:, : int(WIDTH * at / seconds)] = (230, 230, 230)
    return picture


def write_reference(path: Path, turns: list[dict[str, object]]) -> None:
    made_by = "make_samples.py with the synthesizer flite; no person was recorded"
    path.write_text(json.dumps({"made_by": made_by, "turns": turns}, indent=1) + "\n")


if __name__ == "__main__":
    main()
