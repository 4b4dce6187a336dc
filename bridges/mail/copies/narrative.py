"""The body of a CDA R2 document as blocks for a page. Source: HL7 CDA R2, 4.3.5 (narrative block), 4.3.1 (nonXMLBody).

Laws: every word of the narrative is in a block, in its order; nothing is fetched; elements are found by local name.
"""

import base64
import binascii
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from lxml import etree

from bridges.mail.copies.reasons import NotPossible
from clients.content import xml

_BREAKS: Final = frozenset({"paragraph", "list", "item", "table", "caption", "footnote"})
_DEPTH: Final = 60
_COLUMNS: Final = 40


@dataclass(frozen=True)
class Enclosed:
    """A body that is a file of its own."""

    type: str
    data: bytes


def read(raw: bytes) -> list[dict[str, Any]] | Enclosed:
    """Blocks: {"kind": heading|text|item, "text", "level"} or {"kind": "table", "columns", "rows"}; or a file.

    Raises NotPossible.
    """
    try:
        root = xml.parse(raw)
    except xml.BadXml:
        raise NotPossible("cda") from None
    bodies = [found for component in _children(root, "component") for found in component if _name(found)]
    if not bodies:
        raise NotPossible("cda")
    if _name(bodies[0]) == "nonXMLBody":
        return _enclosed(bodies[0])
    blocks = [block for part in _children(bodies[0], "component") for block in _section(part, 1)]
    if not blocks:
        raise NotPossible("cda")
    return blocks


def _enclosed(body: etree._Element) -> Enclosed:
    text = next(iter(_children(body, "text")), None)
    if text is None:
        raise NotPossible("cda")
    words = "".join(str(piece) for piece in text.itertext())
    type_ = text.get("mediaType", "text/plain").lower()
    if text.get("representation") != "B64":
        return Enclosed(type_, words.encode())
    try:
        return Enclosed(type_, base64.b64decode("".join(words.split()), validate=True))
    except (binascii.Error, ValueError):
        raise NotPossible("cda") from None


def _section(component: etree._Element, level: int) -> Iterator[dict[str, Any]]:
    if level > _DEPTH:
        raise NotPossible("deep")
    for section in _children(component, "section"):
        title = " ".join(_flat(each) for each in _children(section, "title")).strip()
        if title:
            yield {"kind": "heading", "text": title, "level": min(level, 4)}
        for text in _children(section, "text"):
            yield from _narrative(text, "text", 0)
        for inner in _children(section, "component"):
            yield from _section(inner, level + 1)


def _narrative(element: etree._Element, kind: str, depth: int) -> Iterator[dict[str, Any]]:
    """The element's words; blocks within it end what was said before them."""
    if depth > _DEPTH:
        raise NotPossible("deep")
    said = [element.text or ""]
    for child in element:
        name = _name(child)
        if name in _BREAKS:
            yield from _said(said, kind)
            said.clear()
            if name == "table":
                yield from _table(child)
            else:
                inner = "item" if name == "item" else kind if name == "paragraph" else "text"
                yield from _narrative(child, inner, depth + 1)
        elif name == "br":
            said.append("\n")
        elif _holds_blocks(child):
            yield from _said(said, kind)
            said.clear()
            yield from _narrative(child, kind, depth + 1)
        elif name:
            said.append((child.text or "") + _rest(child))
        said.append(child.tail or "")
    yield from _said(said, kind)


def _rest(element: etree._Element) -> str:
    words = []
    for child in element:
        words.append("\n" if _name(child) == "br" else f"{child.text or ''}{_rest(child)}")
        words.append(child.tail or "")
    return "".join(words)


def _holds_blocks(element: etree._Element) -> bool:
    return any(_name(each) in _BREAKS for each in element.iter())


def _table(table: etree._Element) -> Iterator[dict[str, Any]]:
    for caption in _children(table, "caption"):
        yield {"kind": "text", "text": _flat(caption)}
    rows = [[_flat(cell) for cell in row if _name(cell) in ("td", "th")] for row in table.iter() if _name(row) == "tr"]
    rows = [row for row in rows if row]
    columns = max((len(row) for row in rows), default=0)
    if columns > _COLUMNS:
        raise NotPossible("wide")
    if rows:
        yield {"kind": "table", "columns": columns, "rows": [row + [""] * (columns - len(row)) for row in rows]}


def _said(pieces: list[str], kind: str) -> Iterator[dict[str, Any]]:
    lines = [" ".join(line.split()) for line in "".join(pieces).split("\n")]
    text = "\n".join(line for line in lines if line)
    if text:
        yield {"kind": kind, "text": text}


def _flat(element: etree._Element) -> str:
    between = " " if _holds_blocks(element) else ""
    return " ".join(between.join(str(piece) for piece in element.itertext()).split())


def _children(element: etree._Element, name: str) -> list[etree._Element]:
    return [child for child in element if _name(child) == name]


def _name(element: etree._Element) -> str:
    return etree.QName(element).localname if isinstance(element.tag, str) else ""
