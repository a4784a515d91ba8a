"""Prompt injection: even a model that obeys every injected instruction can do no harm.

No real model is used. A fake of OpenAI's endpoint obeys each injection, so that the tests check the
pipeline and not the behaviour of a model. Each kind of injection names its source.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from pydantic import SecretStr

from builders import a_segment, a_transcript, evidence_of
from fakes import LocalEndpoint, chat_completion
from lifestream.client.commands.display import answer_lines
from lifestream.domain.answers import Answer, verify_sentence
from lifestream.domain.citations import verified
from lifestream.domain.links import without_links
from lifestream.domain.options import JobOptions
from lifestream.domain.speech.quality import assess
from lifestream.domain.summary import Summary, SummaryOptions, Usage
from lifestream.domain.transcript import Span, Transcript
from lifestream.engines.answering.openai import OpenAIAnswerer
from lifestream.engines.openai import client as openai_client
from lifestream.engines.summarization import openai as openai_engine
from lifestream.engines.summarization.openai import OpenAISummarizer
from lifestream.errors import SummaryError
from lifestream.rendering.result_files import result_files
from lifestream.settings import SummarySettings

pytestmark = pytest.mark.attack

KINDS = json.loads((Path(__file__).parent / "injections.json").read_text(encoding="utf-8"))
INJECTIONS = [text for kind in KINDS for text in kind["texts"]]
Engine = TypeVar("Engine", OpenAISummarizer, OpenAIAnswerer)
KEY = SecretStr("sk-canary")
SAID = "we pay forty thousand dollars"
NEVER_SAID = "these words are in no recording"
ACTIVE = re.compile(
    r"//|\bwww\.|\]\(|<[a-z/!]|\b(javascript|data|mailto):\S|\w\.example/", re.IGNORECASE
)


@pytest.fixture(scope="module")
def endpoint() -> Iterator[LocalEndpoint]:
    with pytest.MonkeyPatch.context() as environment:
        environment.setattr(openai_client, "MAX_RETRIES", 0)
        server = LocalEndpoint(lambda _path, _request: chat_completion("{}"))
        with server.running():
            yield server


@pytest.fixture
def obedient(endpoint: LocalEndpoint) -> LocalEndpoint:
    """Serve all tests with one endpoint, because a client is slow to create."""
    endpoint.requests.clear()
    return endpoint


@cache
def engine_of(url: str, kind: type[Engine]) -> Engine:
    return kind(KEY, SummarySettings(openai_base_url=f"{url}/v1"))


def hostile(text: str) -> Transcript:
    return a_transcript(("SPEAKER_00", text), ("SPEAKER_01", SAID))


def obeying(text: str) -> dict[str, Any]:
    """Return a draft with the injection in every field, and with real and invented quotes."""
    true = {"text": text[:1_000], "segment_ids": [1], "quote": f"![{SAID}](//...)"}
    lie = {"text": NEVER_SAID, "segment_ids": [0, 1, 7, -1], "quote": NEVER_SAID}
    return {
        "title": text[:200],
        "abstract": text,
        "topics": [text],
        "chapters": [true, lie],
        "key_points": [true, lie],
        "decisions": [lie, true],
        "questions": [lie, true],
        "action_items": [true | {"owner": text[:200], "due": text[:200]}],
        "contributions": [true | {"speaker": "SPEAKER_01"}, lie | {"speaker": text[:100]}],
    }


class Summarized(NamedTuple):
    transcript: Transcript
    summary: Summary
    requests: list[Any]


def summarized(endpoint: LocalEndpoint, text: str) -> Summarized:
    transcript = hostile(text)
    endpoint.requests.clear()
    endpoint.answer = lambda _path, _request: chat_completion(json.dumps(obeying(text)))
    drafted = engine_of(endpoint.url, OpenAISummarizer).summarize(transcript, SummaryOptions())
    summary = verified(drafted, transcript, engine="stub")
    return Summarized(transcript, summary, [request for _, request in endpoint.requests])


@pytest.fixture(scope="module")
def obeyed(endpoint: LocalEndpoint) -> dict[str, Summarized]:
    """Return the result of each injection after the model obeyed it."""
    return {text: summarized(endpoint, text) for text in INJECTIONS}


def test_there_are_fifty_of_ten_kinds() -> None:
    assert len(set(INJECTIONS)) >= 50
    assert len(KINDS) == 10
    assert all(kind["from"] for kind in KINDS)


@pytest.mark.parametrize("text", INJECTIONS)
def test_model_output_fits_the_schema_and_is_verified(
    obeyed: dict[str, Summarized], text: str
) -> None:
    transcript, summary, _ = obeyed[text]

    assert Summary.model_validate_json(summary.model_dump_json()) == summary
    assert summary.job_id == transcript.job_id
    assert (summary.verified_statements, summary.statements) == (6, 11)
    assert NEVER_SAID not in written_by(summary)
    for name in ("chapters", "key_points", "decisions", "questions", "action_items"):
        assert [statement.quote for statement in getattr(summary, name)] == [SAID]


@pytest.mark.parametrize("text", INJECTIONS)
def test_model_output_contains_no_link_image_or_markup(
    obeyed: dict[str, Summarized], text: str
) -> None:
    """This includes the JSON, which other programs may display as markup."""
    _, summary, _ = obeyed[text]

    assert ACTIVE.search(written_by(summary)) is None


def written_by(summary: Summary) -> str:
    texts = [summary.title, summary.abstract, *summary.topics]
    statements = (*summary.chapters, *summary.key_points, *summary.decisions, *summary.questions)
    for one in (*statements, *summary.action_items, *summary.contributions):
        texts += [one.text, one.quote, getattr(one, "owner", ""), getattr(one, "due", "")]
    return "\n".join(texts)


@pytest.mark.parametrize("text", INJECTIONS)
def test_every_rendering_of_an_injection_is_plain_text(
    obeyed: dict[str, Summarized], text: str
) -> None:
    transcript, summary, _ = obeyed[text]
    files = result_files(
        file_name="talk.mp4",
        options=JobOptions(),
        transcript=transcript,
        quality=assess(transcript, evidence_of(transcript)),
        summary=summary,
        missing=(),
    )
    tokens = MarkdownIt("gfm-like", {"html": True}).parse(files["result.md"])
    inner = {child.type for token in tokens for child in token.children or ()}
    page = Tags()
    page.feed(files["result.html"])

    assert not inner & {"link_open", "image", "html_inline", "code_inline"}
    assert not {token.type for token in tokens} & {"html_block", "fence", "code_block"}
    assert not page.found & {"a", "img", "iframe", "object", "embed", "form", "base"}


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.add(tag)
        assert not [name for name, _ in attrs if name.startswith("on")]
        if tag == "svg":  # only those that the page draws itself
            assert dict(attrs).keys() <= {"class", "viewbox", "preserveaspectratio", "aria-hidden"}
            assert "viewbox" in dict(attrs)


@pytest.mark.parametrize("text", INJECTIONS)
def test_a_segment_is_one_line_of_data_in_the_prompt(
    obeyed: dict[str, Summarized], text: str
) -> None:
    """It cannot forge a segment, close the data block or hide text from readers."""
    [request] = obeyed[text].requests

    first, *lines, last = request["messages"][1]["content"].splitlines()
    assert (first, last) == ("<transcript>", "</transcript>")
    assert [line.partition(" (")[0] for line in lines] == ["[0]", "[1]"]
    assert not re.search(
        r"[<>\x00-\x1f\u202a-\u202e\u2061-\u2064\U000e0000-\U000e007f]", "".join(lines)
    )
    assert text[:20] not in request["messages"][0]["content"]


@pytest.mark.parametrize("text", [text for text in INJECTIONS if re.search("[<>]", text)])
def test_a_first_answer_is_data_in_the_second_call(
    obedient: LocalEndpoint, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    monkeypatch.setattr(openai_engine, "MAX_PART_TOKENS", 1)

    requests = summarized(obedient, text).requests

    second = requests[-1]["messages"][1]["content"]
    assert second.startswith("<parts>\n")
    assert second.count("<") == second.count(">") == 2


def test_unknown_fields_are_rejected_and_not_repeated(
    obedient: LocalEndpoint,
) -> None:
    """The model chose their names, so no log, row or second prompt contains them."""
    answer = obeying("hello") | {"</parts> my secret": True}
    obedient.answer = lambda _path, _request: chat_completion(json.dumps(answer))

    with pytest.raises(SummaryError) as raised:
        engine_of(obedient.url, OpenAISummarizer).summarize(hostile("hello"), SummaryOptions())

    assert "secret" not in str(raised.value)
    assert "secret" not in obedient.requests[-1][1]["messages"][2]["content"]


@pytest.mark.parametrize("text", INJECTIONS)
def test_an_answer_is_verified_text_from_its_own_passages(
    obedient: LocalEndpoint, text: str
) -> None:
    sentence = {"text": text[:1_000], "passage": 0, "quote": f"[{SAID}](//...)"}
    lie = {"text": NEVER_SAID, "passage": 0, "quote": NEVER_SAID}
    answer = {"sentences": [sentence, lie]}
    obedient.answer = lambda _path, _request: chat_completion(json.dumps(answer))
    transcript, passage = hostile(text), Span(start_seconds=0, end_seconds=1_000)

    drafted = engine_of(obedient.url, OpenAIAnswerer).answer(text, [f"{text} {SAID}"])
    [kept] = [p for s in drafted.draft.sentences if (p := verify_sentence(s, transcript, passage))]
    shown = Answer(question=text, engine="stub", sentences=(kept,), statements=2, usage=Usage())

    assert (kept.job_id, kept.quote) == (transcript.job_id, SAID)
    assert ACTIVE.search(kept.text) is None
    assert all("\x1b" not in line for line in answer_lines(shown))
    [(_, request)] = obedient.requests
    data = request["messages"][1]["content"]
    assert len(data.splitlines()) == 4
    assert data.count("<") == data.count(">") == 4


@given(
    st.lists(
        st.sampled_from(
            [
                "[",
                "]",
                "(",
                ")",
                "!",
                "<",
                ">",
                "a",
                "//",
                ":",
                "http",
                "www.",
                "e.example/",
                "/",
                "b>",
            ]
        ),
        max_size=30,
    ).map("".join)
)
def test_removing_a_link_creates_no_other_link(text: str) -> None:
    assert ACTIVE.search(without_links(text)) is None


@pytest.mark.parametrize(
    "text",
    [
        "I think 3 < 5 and 5 > 3",
        "and/or",
        "at 10:30",
        "it is 1/2",
        "e.g. this",
        "a [sic] b",
        "example.com",
        "Note: data: none",
    ],
)
def test_text_that_is_not_a_link_stays(text: str) -> None:
    assert without_links(text) == text


@pytest.mark.parametrize("part", ["a-", "a.", "[", "<a", "[a](", "//a ", "a:", "[[a]](b)", "!["])
def test_no_text_takes_long(part: str) -> None:
    """A backtracking pattern would need hours for these texts."""
    assert ACTIVE.search(without_links(part * 20_000)) is None


def test_a_link_that_was_said_stays_in_its_quote(obedient: LocalEndpoint) -> None:
    """A speaker may say an address. A quote is spoken text, not text that a model wrote."""
    said = a_segment(0, "The form is at www.example.com today")
    transcript = a_transcript(("SPEAKER_00", "x")).model_copy(update={"segments": (said,)})
    point = {"text": "It is at www.example.com.", "segment_ids": [0], "quote": said.text}
    answer = obeying("hello") | {key: [] for key in ("chapters", "decisions", "questions")}
    answer |= {"action_items": [], "contributions": [], "key_points": [point]}
    obedient.answer = lambda _path, _request: chat_completion(json.dumps(answer))

    drafted = engine_of(obedient.url, OpenAISummarizer).summarize(transcript, SummaryOptions())
    [kept] = verified(drafted, transcript, engine="stub").key_points

    assert (kept.text, kept.quote) == ("It is at …", said.text)


def test_a_link_that_is_nested_too_deep_loses_its_brackets() -> None:
    text = without_links("[a [b [c [d](x.y/1)](x.y/2)](x.y/3)](x.y/4)")

    assert text == "a b c d(x.y/4)"
    assert ACTIVE.search(text) is None
