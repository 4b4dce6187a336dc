"""Foreign HTML reduced to the allow-list of docs/spec/content.md, and HTML as plain text. Pure."""

from html.parser import HTMLParser
from typing import Final

import nh3

from clients.content.markup import ATTRIBUTES, ELEMENTS, SCHEMES

_DROPPED: Final = {"script", "style", "title", "noscript", "template", "object", "iframe", "svg", "math"}
_CLEANER: Final = nh3.Cleaner(
    tags=set(ELEMENTS),
    clean_content_tags=_DROPPED,
    attributes=dict(ATTRIBUTES),
    url_schemes=set(SCHEMES),
    url_relative="deny",
    link_rel=None,
    strip_comments=True,
)
_BREAKS: Final = frozenset(
    {"p", "br", "div", "li", "tr", "table", "blockquote", "pre", "h1", "h2", "h3", "h4", "hr", "ul", "ol"}
)


def reduced(html: str) -> str:
    """The allowed elements and attributes alone; what stood in scripts and styles is gone."""
    return str(_CLEANER.clean(html))


def as_text(html: str) -> str:
    """The words of reduced HTML, a line for each block, an address behind each link whose words differ."""
    reader = _Words()
    reader.feed(html)
    reader.close()
    lines = [" ".join(line.split()) for line in "".join(reader.words).split("\n")]
    return "\n".join(line for i, line in enumerate(lines) if line or (i and lines[i - 1])).strip()


class _Words(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002 - the parser's
        if tag in _BREAKS:
            self.words.append("\n")
        if tag == "li":
            self.words.append("- ")
        if tag in ("td", "th"):
            self.words.append(" ")

    def handle_endtag(self, tag: str) -> None:
        if tag in _BREAKS and tag != "br":
            self.words.append("\n")

    def handle_data(self, data: str) -> None:
        self.words.append(data.replace("\r", " ").replace("\n", " "))
