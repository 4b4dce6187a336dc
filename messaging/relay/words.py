"""How a name becomes the words by which it is found: without accents, capitals and punctuation. Pure."""

import re
import unicodedata
from typing import Final

_WORD: Final = re.compile(r"[^\W_]+")
# Letters that NFKD leaves whole, and what people type for them.
_LETTERS: Final = str.maketrans({"œ": "oe", "æ": "ae", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i"})
_LONGEST: Final = 48  # bytes of a word that are kept


def folded(text: str) -> str:
    """Small letters without accents: `Éric Œuvrard` is `eric oeuvrard`. Unicode: NFKD, marks removed, case folded."""
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold().translate(_LETTERS))
    return "".join(letter for letter in plain if not unicodedata.combining(letter))


def words(text: str) -> list[bytes]:
    """The folded words of a text, once each, as UTF-8, in the order in which they stand."""
    return list(dict.fromkeys(_cut(word) for word in _WORD.findall(folded(text))))


def prefix(word: bytes) -> tuple[bytes, bytes]:
    """The range of the words that begin with this one: no UTF-8 has the byte FF."""
    return word, word + b"\xff"


def whole(word: bytes) -> tuple[bytes, bytes]:
    """The range of this word alone."""
    return word, word + b"\x00"


def order(name: str) -> bytes:
    """Where a name stands among others: the beginning of its folded text."""
    return _cut(folded(name))


def _cut(text: str) -> bytes:
    return text.encode()[:_LONGEST].decode(errors="ignore").encode()
