"""Pure rules, no I/O: what a job, a transcript, a summary and a subtitle are.

file_types  containers, extensions and content types
job         identity, options, statuses and the state between steps
transcript  words, segments, speakers
speakers    what each speaker said in one go
attribution which speaker said a word
suspicion   which words nobody seems to have said
subtitles   SRT and WebVTT
chunks      the passages that are searched
summary     what a summary consists of
citations   the check of its quotes
answers     sentences that answer a question, and their check
quality     how far a transcript can be trusted
reading     what a page shows, in the order that people read it
markdown    … as Markdown; page as HTML, plain_text as text
results     all files that are published
manifest    what made the results
job_ended   what is told to others about the end
"""
