"""Which kinds of parts exist: one explicit table. Adding a kind is one file and one line here."""

from collections.abc import Mapping
from typing import Final

from clients.content.agenda import Invitation
from clients.content.file import FilePart
from clients.content.part import Part
from clients.content.receipt import Receipt
from clients.content.record import RecordDocument
from clients.content.unknown import UnknownPart
from crypto.encoding import Json

KINDS: Final[Mapping[str, type[Part]]] = {
    FilePart.kind: FilePart,
    RecordDocument.kind: RecordDocument,
    Invitation.kind: Invitation,
    Receipt.kind: Receipt,
}


def part_from_json(raw: Json) -> Part:
    """The part; an unknown kind, or a known one of unknown shape, is kept as UnknownPart.

    Raises ValueError only for what is no object with a `kind`.
    """
    unknown = UnknownPart.from_json(raw)
    kind = KINDS.get(str(unknown.raw["kind"]))
    if kind is None:
        return unknown
    try:
        return kind.from_json(raw)
    except ValueError:
        return unknown
