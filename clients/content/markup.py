"""The HTML that a letter may carry: reduced to the allow-list of docs/spec/content.md."""

from typing import Final

import nh3

ELEMENTS: Final = frozenset({
    "p", "br", "div", "span", "b", "strong", "i", "em", "u", "s", "a", "ul", "ol", "li", "table", "thead", "tbody",
    "tr", "th", "td", "blockquote", "pre", "code", "h1", "h2", "h3", "h4", "hr", "sub", "sup",
})  # fmt: skip
ATTRIBUTES: Final = {"a": {"href"}, "td": {"colspan", "rowspan"}, "th": {"colspan", "rowspan"}}
SCHEMES: Final = frozenset({"http", "https", "mailto", "tel"})


def reduce(html: str) -> str:
    """`html` with nothing but what is allowed; text of what is left out stays, scripts and styles go."""
    return str(
        nh3.clean(
            html,
            tags=set(ELEMENTS),
            attributes=ATTRIBUTES,
            url_schemes=set(SCHEMES),
            link_rel=None,
            strip_comments=True,
        )
    )
