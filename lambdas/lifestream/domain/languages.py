"""The names of the languages that Whisper knows, in English.

A table, because the libraries that hold them (babel, language_data) are larger than a step's zip.
Source of the codes: https://github.com/openai/whisper/blob/main/whisper/tokenizer.py, LANGUAGES. A
test compares them.
"""

from __future__ import annotations

NAMES = {
    code: name.replace("_", " ")
    for code, _, name in (
        entry.partition("=")
        for entry in """
    af=Afrikaans am=Amharic ar=Arabic as=Assamese az=Azerbaijani ba=Bashkir be=Belarusian
    bg=Bulgarian bn=Bengali bo=Tibetan br=Breton bs=Bosnian ca=Catalan cs=Czech cy=Welsh
    da=Danish de=German el=Greek en=English es=Spanish et=Estonian eu=Basque fa=Persian
    fi=Finnish fo=Faroese fr=French gl=Galician gu=Gujarati ha=Hausa haw=Hawaiian he=Hebrew
    hi=Hindi hr=Croatian ht=Haitian_Creole hu=Hungarian hy=Armenian id=Indonesian is=Icelandic
    it=Italian ja=Japanese jw=Javanese ka=Georgian kk=Kazakh km=Khmer kn=Kannada ko=Korean
    la=Latin lb=Luxembourgish ln=Lingala lo=Lao lt=Lithuanian lv=Latvian mg=Malagasy mi=Māori
    mk=Macedonian ml=Malayalam mn=Mongolian mr=Marathi ms=Malay mt=Maltese my=Burmese ne=Nepali
    nl=Dutch nn=Norwegian_Nynorsk no=Norwegian oc=Occitan pa=Punjabi pl=Polish ps=Pashto
    pt=Portuguese ro=Romanian ru=Russian sa=Sanskrit sd=Sindhi si=Sinhala sk=Slovak sl=Slovenian
    sn=Shona so=Somali sq=Albanian sr=Serbian su=Sundanese sv=Swedish sw=Swahili ta=Tamil
    te=Telugu tg=Tajik th=Thai tk=Turkmen tl=Tagalog tr=Turkish tt=Tatar uk=Ukrainian ur=Urdu
    uz=Uzbek vi=Vietnamese yi=Yiddish yo=Yoruba yue=Cantonese zh=Chinese
    """.split()  # noqa: SIM905  # a list of an entry per line is two screens
    )
}


def language_name(code: str) -> str:
    """Return "English" for "en" and for "en-US"; a code that is not in the table, as it is."""
    return NAMES.get(code.partition("-")[0].lower(), code)
