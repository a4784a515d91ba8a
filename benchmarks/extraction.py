"""Compare ExtractAudio's decoder with the ffmpeg command on 1 h and 12 h of audio, as MP4 and MKV.

`python extraction.py PEERS_PYTHON`: the Python of an environment that has ffmpeg (`make bench`
creates it).
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from cost_of import Cost, cost_of
from rich.console import Console
from rich.table import Table

from lifestream.media.container_format import identify
from lifestream.media.sandbox import Video

SAMPLE = Path(__file__).parent.parent / "samples" / "team-meeting.mp4"
SAMPLE_SECONDS = 56
HOURS = (1, 12)


def main(peers: str) -> None:
    ffmpeg = ffmpeg_of(peers)
    table = Table("", "Ours", "ffmpeg", "Wall", "CPU", "Our peak", "Its peak", title="Extraction")
    with tempfile.TemporaryDirectory() as folder:
        for kind in ("mp4", "mkv"):
            for hours in HOURS:
                video = make_video(ffmpeg, Path(folder) / f"{hours}.{kind}", hours)
                ours = cost_of([sys.executable, __file__, "--ours", video, f"{folder}/ours.flac"])
                theirs = cost_of([*flac_command(ffmpeg, video), f"{folder}/theirs.flac"])
                table.add_row(*row(f"{hours} h {kind}", ours, theirs))
    Console().print(table)


def ffmpeg_of(peers: str) -> str:
    """Return the path of the ffmpeg that is installed in the peers' environment."""
    code = "import imageio_ffmpeg as f; print(f.get_ffmpeg_exe())"
    done = subprocess.run([peers, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def row(name: str, ours: Cost, theirs: Cost) -> list[str]:
    return [
        name,
        f"{ours.wall_seconds:.1f} s",
        f"{theirs.wall_seconds:.1f} s",
        f"{ours.wall_seconds / theirs.wall_seconds:.2f}x",
        f"{ours.cpu_seconds / theirs.cpu_seconds:.2f}x",
        f"{ours.peak_mib:.0f} MiB",
        f"{theirs.peak_mib:.0f} MiB",
    ]


def make_video(ffmpeg: str, path: Path, hours: int) -> Path:
    """Repeat the sample for `hours`, without encoding it again."""
    repeats = str(hours * 3600 // SAMPLE_SECONDS + 1)
    command = [ffmpeg, "-loglevel", "error", "-stream_loop", repeats, "-i", str(SAMPLE)]
    subprocess.run([*command, "-t", str(hours * 3600), "-c", "copy", str(path)], check=True)
    return path


def flac_command(ffmpeg: str, video: Path) -> list[str]:
    audio = ["-vn", "-ac", "1", "-ar", "16000", "-sample_fmt", "s16", "-c:a", "flac"]
    return [ffmpeg, "-loglevel", "error", "-y", "-i", str(video), *audio]


def extract(path: Path, flac: Path) -> None:
    size = path.stat().st_size
    with path.open("rb") as file:

        def read_at(offset: int, length: int) -> bytes:
            file.seek(offset)
            return file.read(length)

        video = Video(container=identify(read_at, size), size=size, max_seconds=13 * 3600)
        with flac.open("wb+") as output:
            video.extract_audio(read_at, output)


if __name__ == "__main__":
    if sys.argv[1] == "--ours":
        extract(Path(sys.argv[2]), Path(sys.argv[3]))
    else:
        main(sys.argv[1])
