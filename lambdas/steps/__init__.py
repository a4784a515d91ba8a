"""The Lambda steps: one module per state of the state machine, with the state's name.

inspect_video         find out what an upload is, or refuse it
extract_audio         write the audio as mono 16 kHz FLAC
summarize_transcript  summarize the transcript
index_transcript      make the transcript searchable
publish_results       write the result files
record_success        record that the job has succeeded
record_failure        record why the job failed

TranscribeSpeech runs in a container: see containers/transcribe_speech.
"""
