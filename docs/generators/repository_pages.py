"""Show files of the repository on the docs site: README and each file that a page links to.

MkDocs calls the `on_…` functions while it builds the site (`make site`).
"""

from __future__ import annotations

import posixpath
import re
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = {
    "README.md": "index.md",
    "CHANGELOG.md": "changelog.md",
    "CONTRIBUTING.md": "contributing.md",
    "SECURITY.md": "security-policy.md",
}
"""Path in the repository → path on the site, for the pages that are not in docs/."""
ASSETS = {"assets/mermaid.tiny.js": "node_modules/@mermaid-js/tiny/dist/mermaid.tiny.js"}
SOURCES = "source/"
DECISIONS = "adr/index.md"
LINK = re.compile(r"(?<=\]\()(?!\w+:|[#/])[^)#\s]+")
FENCE = "`" * 8


def on_config(config: MkDocsConfig) -> None:
    """List every decision in the navigation, in the place of `adr/*.md`."""
    for entry in config.nav or []:
        if isinstance(entry, dict) and (pattern := entry.get("Decisions")):
            pages = sorted(str(path.relative_to(DOCS)) for path in DOCS.glob(pattern))
            entry["Decisions"] = [DECISIONS, *pages]


def on_files(files: Files, config: MkDocsConfig) -> None:
    for path, uri in PAGES.items():
        files.append(File.generated(config, uri, abs_src_path=str(ROOT / path)))
    for uri, path in ASSETS.items():
        files.append(File.generated(config, uri, abs_src_path=str(ROOT / path)))
    files.append(File.generated(config, DECISIONS, content=_list_of_decisions()))
    for path in sorted({path for page in files.documentation_pages() for path in _linked(page)}):
        files.append(File.generated(config, _uri(path), content=_source_page(path)))


def on_page_markdown(markdown: str, *, page: Page, **_: object) -> str:
    """Make each link to a file of the repository a link to its page on the site."""
    here = page.file.src_uri
    if here.startswith(SOURCES):
        return markdown
    return LINK.sub(lambda link: _link_on_site(link[0], here), markdown)


def _linked(page: File) -> set[str]:
    """The files and folders of the repository that the page links to and that are no pages."""
    links = (match[0] for match in LINK.finditer(page.content_string))
    paths = {_path(link, page.src_uri) for link in links}
    return {path for path in paths if (ROOT / path).exists() and _uri(path).startswith(SOURCES)}


def _link_on_site(link: str, here: str) -> str:
    """The link as it is if there is no such file: MkDocs then warns of it."""
    path = _path(link, here)
    if not (ROOT / path).exists():
        return link
    return posixpath.relpath(_uri(path), posixpath.dirname(here))


def _path(link: str, here: str) -> str:
    """What a link on a page of the site means: a path in the repository."""
    in_root = {uri: path for path, uri in PAGES.items()}
    page = in_root.get(here, f"docs/{here}")
    return posixpath.normpath(posixpath.join(posixpath.dirname(page), link))


def _uri(path: str) -> str:
    """Where the site shows a file or folder of the repository."""
    if path in PAGES:
        return PAGES[path]
    if path == "docs/adr":
        return DECISIONS
    if path.startswith("docs/") and not path.startswith("docs/generators"):
        return path.removeprefix("docs/") + ("/README.md" if (ROOT / path).is_dir() else "")
    return f"{SOURCES}{path}.md"


def _source_page(path: str) -> str:
    file = ROOT / path
    text = "\n".join(sorted(p.name for p in file.iterdir())) if file.is_dir() else file.read_text()
    language = file.suffix.removeprefix(".") or "text"
    settings = "---\nsearch: { exclude: true }\nhide: [toc]\n---\n"
    return f"{settings}# {path}\n\n{FENCE}{language}\n{text}\n{FENCE}\n"


def _list_of_decisions() -> str:
    pages = sorted((DOCS / "adr").glob("*.md"))
    titles = (page.read_text().partition("\n")[0].removeprefix("# ") for page in pages)
    lines = (f"- [{title}]({page.name})" for title, page in zip(titles, pages, strict=True))
    return "\n".join(["# Decisions", "", *lines, ""])
