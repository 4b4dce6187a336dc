"""Distinguished names compared as what they mean: all attributes, whatever their spelling or order of writing.

Sources: RFC 4514 (text), RFC 4518 (values compared without case and with spaces folded).
"""

import re
import unicodedata
from collections import Counter
from dataclasses import dataclass
from typing import Final, Self

from cryptography import x509

# The names that white lists and tools write for one attribute.
_NAMES: Final = {
    "2.5.4.3": "CN", "COMMONNAME": "CN", "2.5.4.11": "OU", "ORGANIZATIONALUNITNAME": "OU", "ORGANIZATIONALUNIT": "OU",
    "2.5.4.10": "O", "ORGANIZATIONNAME": "O", "ORGANIZATION": "O", "2.5.4.8": "ST", "S": "ST", "SP": "ST",
    "STATEORPROVINCENAME": "ST", "2.5.4.7": "L", "LOCALITYNAME": "L", "LOCALITY": "L", "2.5.4.6": "C",
    "COUNTRYNAME": "C", "COUNTRY": "C", "2.5.4.5": "SERIALNUMBER", "SN": "SN", "2.5.4.4": "SN", "SURNAME": "SN",
    "2.5.4.42": "GN", "G": "GN", "GIVENNAME": "GN", "2.5.4.12": "T", "TITLE": "T",
    "1.2.840.113549.1.9.1": "EMAIL", "E": "EMAIL", "EMAILADDRESS": "EMAIL",
    "0.9.2342.19200300.100.1.25": "DC", "DOMAINCOMPONENT": "DC", "0.9.2342.19200300.100.1.1": "UID", "USERID": "UID",
    "2.5.4.97": "ORGANIZATIONIDENTIFIER",
}  # fmt: skip
_ESCAPED = re.compile(r"\\([0-9A-Fa-f]{2})")


class BadName(ValueError):
    """Text that is no distinguished name."""


@dataclass(frozen=True)
class DistinguishedName:
    """All attributes, each as (name, value) in comparable spelling, sorted."""

    attributes: tuple[tuple[str, str], ...]

    @classmethod
    def parse(cls, text: str) -> Self:
        """RFC 4514 text; spaces around separators and long attribute names are taken. Raises BadName."""
        pairs = [_pair(piece) for piece in _split(text, ",;+")]
        if not pairs:
            raise BadName("an empty name")
        return cls(tuple(sorted(pairs)))

    @classmethod
    def of(cls, name: x509.Name) -> Self:
        """The subject or issuer of a certificate."""
        return cls(tuple(sorted((_name(each.oid.dotted_string), _value(_words(each.value))) for each in name)))

    @property
    def organisation(self) -> str:
        """CN and OU, for the log: what an operator recognises."""
        found = Counter(self.attributes)
        return ",".join(f"{name}={value}" for name, value in found if name in ("CN", "OU"))


def _words(value: str | bytes) -> str:
    return value if isinstance(value, str) else value.hex()


def _pair(piece: str) -> tuple[str, str]:
    name, equals, value = piece.partition("=")
    if not equals or not name.strip() or not value.strip():
        raise BadName("an attribute without a name or value")
    return _name(name.strip()), _value(_unescaped(value.strip()))


def _name(name: str) -> str:
    upper = name.upper().removeprefix("OID.")
    return _NAMES.get(upper, upper)


def _value(value: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", value).casefold().split())


def _unescaped(value: str) -> str:
    if len(value) >= 2 and value[0] == value[-1] == '"':
        value = value[1:-1]
    raw = _ESCAPED.sub(lambda hex_: chr(int(hex_[1], 16)), value)
    if raw != value:
        try:
            raw = raw.encode("latin-1").decode("utf-8")
        except UnicodeError:
            raise BadName("an escape that is no UTF-8") from None
    return re.sub(r"\\(.)", r"\1", raw)


def _split(text: str, separators: str) -> list[str]:
    pieces, piece, quoted, escaped = [], "", False, False
    for character in text:
        if not escaped and not quoted and character in separators:
            pieces.append(piece)
            piece = ""
            continue
        quoted = quoted != (character == '"' and not escaped)
        escaped = character == "\\" and not escaped
        piece += character
    return [each for each in (*pieces, piece) if each.strip()]
