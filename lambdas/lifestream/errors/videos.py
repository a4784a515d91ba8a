"""What is wrong with a video. No retry helps: the video itself has to change."""

from __future__ import annotations

from lifestream.errors.base import PipelineError


class UnusableVideoError(PipelineError):
    advice = "Upload another version of the video."


class VideoNotFoundError(UnusableVideoError):
    advice = (
        "The video was deleted before it was processed, or a bucket policy or a KMS key denies "
        "LifeStream access to it. Upload it again."
    )


class EmptyVideoError(UnusableVideoError):
    advice = "The file is empty. Check the export or the upload, then upload it again."


class UnsupportedExtensionError(UnusableVideoError):
    advice = (
        "Upload a file whose name ends in .mp4, .m4v, .mov, .avi, .mkv, .webm, .m4a, .mp3, .aac, "
        ".wav, .flac, .ogg or .opus."
    )


class NotAVideoError(UnusableVideoError):
    advice = (
        "The content is not MP4, MOV, AVI, MKV, WebM, MP3, AAC, WAV, FLAC or Ogg, whatever the "
        "file name says. Export it as MP4, or as MP3 if it is audio only."
    )


class PlaylistError(UnusableVideoError):
    advice = "The file is a playlist that only refers to a video. Upload the video itself."


class TruncatedVideoError(UnusableVideoError):
    advice = "The end of the file is missing. Copy or export it again, then upload the whole file."


class EncryptedVideoError(UnusableVideoError):
    advice = "The audio is encrypted (DRM). Upload a copy without protection."


class NoAudioError(UnusableVideoError):
    advice = "The video has no audio to transcribe. Upload a version with an audio track."


class VideoTooLongError(UnusableVideoError):
    advice = "Split the video, or deploy with a higher MAX_DURATION_HOURS."


class VideoTooComplexError(UnusableVideoError):
    advice = (
        "Decoding the file takes too much memory or time, or too many reads. Export it again as "
        "MP4 with AAC audio."
    )


class UnreadableVideoError(UnusableVideoError):
    advice = "The audio track cannot be decoded. Export the video again, as MP4 with AAC audio."
