"""Turn hostile video bytes into mono 16 kHz audio.

container_format  identify a file by its content, and check that it is complete
declared_end      where a file ends according to its own container
audio_frames      recognize MP3 and AAC streams, and skip the tags before them
sandbox           start the decoder process and serve byte ranges to it
decoder           the decoder process: runs PyAV, with limits and without secrets
confinement       take away what the decoder does not need
system_calls      the decoder's seccomp filter
remote_file       the video as a file in the decoder, read through a pipe
audio_track       probe the audio track in the decoder, or write it as FLAC
audio_ranges      where the audio lies in an indexed file
audio             decode FLAC into samples in memory
voice_activity    detect speech in the samples
loudness          find what is loud in the samples
second_look       search loud stretches without detected speech again
"""

SAMPLE_RATE = 16_000
"""Samples per second of all audio between the steps and inside the engines."""
