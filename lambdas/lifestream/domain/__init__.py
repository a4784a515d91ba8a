"""Pure rules, no I/O: what a job, a transcript, a summary and a subtitle are.

job         identity, options, statuses and the state between steps
transcript  words, segments, speakers
speakers    which speaker said a word
subtitles   SRT and WebVTT
chunks      the passages that are searched
summary     statements and the check of their quotes
quality     how far a transcript can be trusted
markdown    the page that people read
manifest    what made the results
"""
