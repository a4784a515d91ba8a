"""Make the video of `lifestream doctor` from the first sentence of `team-meeting.mp4`.

It has two seconds of a synthetic voice and a grey picture, small enough to ship with the client.
"""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np

HERE = Path(__file__).parent
SOURCE = HERE / "team-meeting.mp4"
TARGET = HERE.parent / "lambdas" / "lifestream" / "client" / "doctor" / "two-seconds.mp4"
START_SECONDS, SECONDS = 0.5, 2.0
RATE = 16_000
WIDTH, HEIGHT, FRAMES_PER_SECOND = 64, 48, 5


def main() -> None:
    with av.open(str(TARGET), "w", options={"movflags": "+faststart"}) as container:
        picture = container.add_stream("libx264", rate=FRAMES_PER_SECOND, options={"crf": "40"})
        picture.width, picture.height, picture.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        audio = container.add_stream("aac", rate=RATE, layout="mono")
        audio.bit_rate = 24_000
        grey = np.full((HEIGHT, WIDTH, 3), 128, dtype=np.uint8)
        for number in range(int(SECONDS * FRAMES_PER_SECOND)):
            frame = av.VideoFrame.from_ndarray(grey, format="rgb24")
            frame.pts, frame.time_base = number, Fraction(1, FRAMES_PER_SECOND)
            container.mux(picture.encode(frame))
        container.mux(picture.encode(None))
        container.mux(audio.encode(first_words()))
        container.mux(audio.encode(None))


def first_words() -> av.AudioFrame:
    with av.open(str(SOURCE)) as recording:
        resampler = av.AudioResampler(format="fltp", layout="mono", rate=RATE)
        frames = [f for frame in recording.decode(audio=0) for f in resampler.resample(frame)]
    samples = np.concatenate([frame.to_ndarray()[0] for frame in frames])
    start = int(START_SECONDS * RATE)
    spoken = samples[start : start + int(SECONDS * RATE)]
    frame = av.AudioFrame.from_ndarray(spoken[None, :], format="fltp", layout="mono")
    frame.sample_rate, frame.pts = RATE, 0
    return frame


if __name__ == "__main__":
    main()
