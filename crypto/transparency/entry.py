"""One leaf of the log: a statement with its signature and voucher (docs/spec/transparency.md, entry and tree)."""

from crypto.encoding import b64u, canonical, members, parse_canonical, text, unb64u
from crypto.errors import BadStatement, NotCanonical
from crypto.labels import ENTRY_LIMIT
from crypto.transparency.statement import Announcement, read_statement

_MEMBERS = frozenset({"signature", "statement", "voucher"})
_FORM = "transparency/1"
_SIGNATURE = 64


def encode_entry(announcement: Announcement) -> bytes:
    """At most 4096 bytes. Raises BadStatement for a statement that is none."""
    voucher = announcement.voucher
    try:
        return canonical(
            {
                "signature": b64u(announcement.signature),
                "statement": parse_canonical(read_statement(announcement.statement).raw),
                "voucher": None if voucher is None else b64u(voucher),
            }
        )
    except NotCanonical as error:
        raise BadStatement(_FORM) from error


def parse_entry(raw: bytes) -> Announcement:
    """What an entry announces, of the right form; no signature is verified yet. Raises BadStatement."""
    if len(raw) > ENTRY_LIMIT:
        raise BadStatement(_FORM)
    try:
        said = members(parse_canonical(raw), _MEMBERS)
        signature, voucher = unb64u(text(said["signature"]), _SIGNATURE), said["voucher"]
        vouched = None if voucher is None else unb64u(text(voucher), _SIGNATURE)
        # Part of canonical JSON, so these are the bytes that were signed.
        statement = canonical(said["statement"])
    except NotCanonical as error:
        raise BadStatement(_FORM) from error
    read_statement(statement)
    return Announcement(statement, signature, vouched)
