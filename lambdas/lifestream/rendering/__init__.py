"""Turn a transcript and its summary into the files that people open.

presentation  the view model: title, facts and sections in reading order
page/         one HTML page with player, transcript, chapters and search
markdown      result.md
plain_text    transcript.txt
subtitles     SRT and WebVTT
manifest      manifest.json: engines, settings and code version
result_files  all files that are published
"""
