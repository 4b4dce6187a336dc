"""XML from strangers: no DTD, no entities, no network, bounded size and depth. One error: BadXml."""

from typing import Final

from lxml import etree

CHUNK: Final = 64 * 1024
SIZE_LIMIT: Final = 50_000_000  # bytes


class BadXml(ValueError):
    """Not well-formed, with a document type, or over a limit."""


def parse(raw: bytes, until: str | None = None) -> etree._Element:
    """The root element; reading stops where the element named `until` begins, so that a long body costs nothing.

    libxml2 without `huge_tree` refuses depth over 256 and text nodes over 10 MB.
    """
    if len(raw) > SIZE_LIMIT:
        raise BadXml("over the size limit")
    parser = etree.XMLPullParser(
        events=("start",), resolve_entities=False, load_dtd=False, dtd_validation=False, no_network=True,
        huge_tree=False, remove_comments=True, remove_pis=True,
    )  # fmt: skip
    try:
        return _feed(parser, raw, until)
    except etree.XMLSyntaxError as error:
        raise BadXml("not well-formed") from error


def _feed(parser: etree.XMLPullParser, raw: bytes, until: str | None) -> etree._Element:
    root: etree._Element | None = None
    for start in range(0, len(raw), CHUNK):
        parser.feed(raw[start : start + CHUNK])
        for _, element in parser.read_events():
            if not isinstance(element, etree._Element):
                continue
            root = _checked(element) if root is None else root
            if element.tag == until:
                return root
    closed = parser.close()
    return _checked(closed)


def _checked(root: etree._Element) -> etree._Element:
    # A document type is the door to entity tricks; no format that is read here needs one.
    if root.getroottree().docinfo.internalDTD is not None:
        raise BadXml("a document type")
    return root
