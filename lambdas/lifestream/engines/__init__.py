"""The six ports, one folder each, one file an engine.

transcription   sound → words          faster-whisper
diarization     sound → speaker turns  pyannote       | embedded
summarization   transcript → summary   openai         | extractive
answering       question → answer      openai         | extractive
embedding       text → vectors         openai         | wordllama
vector_index    vectors → search       pinecone       | embedded

A folder's `__init__` holds the Protocol and the one place that picks; `auto` takes the first
engine of the row that is usable here. Vendors are imported when an engine is built.
"""
