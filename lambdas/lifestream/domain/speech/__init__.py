"""Rules about speech: who spoke, which text is reliable, and how good a transcript is.

speaker_assignment  match each word to a speaker turn
speakers            turns and the names that people read
voiceprints         compare voices and give speakers the names of known ones
timeline            arithmetic on time spans
word_times          align word times with detected speech
whisper             what a Whisper model was trained for
hallucinations      flag text that is probably hallucinated
diagnostics         what the engines found besides the words
quality             how far a transcript can be trusted
"""
