"""Video bytes in, mono 16 kHz audio out. Video bytes are hostile.

container_format  what a file is, by its own bytes
declared_end      how long it says it is
audio_frames      MP3 and AAC streams, and the tags before them
sandbox           our side: starts the decoder and serves it byte ranges
decoder           the other side: a child process without secrets and with limits; runs PyAV
remote_file       … the recording as a file there, read through a pipe
sound_ranges      … where an index says that the audio lies
audio             FLAC in, samples in memory out
voice_activity    the stretches of speech in the samples
"""

SAMPLE_RATE = 16_000
"""Of all audio between the steps and inside the engines, in samples a second."""
