"""The six ports: one folder per port, one file per engine.

transcription   audio → words          faster-whisper
diarization     audio → speaker turns  pyannote       | clustering of voice vectors
summarization   transcript → summary   openai         | lexrank
answering       question → answer      openai         | span match
embedding       text → vectors         openai         | wordllama
vector_index    vectors → search       pinecone       | s3

The second engine of a row is built in: it works offline and without keys. The `__init__` of a
folder holds the Protocol and the one function that picks an engine; `auto` takes the first engine
of the row that is usable. Vendor packages are imported when an engine is built.

openai/          shared by the OpenAI engines
speech_runtime/  shared by the speech engines
model_weights    check the files of a model against their checksums
stems            word stems for the built-in text engines
"""
