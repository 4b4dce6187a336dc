"""Letter, recovery and pairing codes: 130 bits that people type (docs/spec/keybox.md, codes).

130 bits need no slow hash: one HKDF gives each key.
"""

import re
from dataclasses import dataclass

from crypto.encoding import hkdf
from crypto.errors import BadCode
from crypto.keys import SigningSeed
from crypto.labels import (
    CODE_ALPHABET,
    CODE_BITS,
    CODE_CHARACTERS,
    CODE_CHECKS,
    LETTER_LOGIN,
    LETTER_WRAP,
    RECOVERY_LOGIN,
    RECOVERY_WRAP,
)
from crypto.randomness import SYSTEM, Source

_TYPED = str.maketrans("OIL", "011", " -")
_SYMBOLS = re.compile(f"[{CODE_ALPHABET}]{{{CODE_CHARACTERS + 1}}}")
_CODE_BYTES = 17


@dataclass(frozen=True, repr=False)
class Code:
    """130 bits as 17 bytes, big-endian."""

    raw: bytes

    def __repr__(self) -> str:
        return "Code(...)"

    def __post_init__(self) -> None:
        if len(self.raw) != _CODE_BYTES or self.raw[0] >> (CODE_BITS - 128):
            raise ValueError("a code has 130 bits")

    def letter_wrap(self, account: str, second: "Code | None" = None) -> bytes:
        """The slot key of a letter, 32 bytes; with `second`, of a letter with two codes."""
        return hkdf(self._with(second), account.encode(), LETTER_WRAP)

    def recovery_wrap(self, account: str) -> bytes:
        """The slot key of a recovery sheet, 32 bytes."""
        return hkdf(self.raw, account.encode(), RECOVERY_WRAP)

    def letter_login(self, second: "Code | None" = None) -> SigningSeed:
        """The log-in key of a letter; with `second`, of a letter with two codes. No account: nobody said one yet."""
        return SigningSeed(hkdf(self._with(second), b"", LETTER_LOGIN))

    def recovery_login(self) -> SigningSeed:
        """The log-in key of a recovery sheet."""
        return SigningSeed(hkdf(self.raw, b"", RECOVERY_LOGIN))

    def _with(self, second: "Code | None") -> bytes:
        # Each code has 17 bytes, so no other pair gives these: one code never stands for two.
        return self.raw if second is None else self.raw + second.raw


def new_code() -> Code:
    """A fresh one whose check symbol is a letter or a digit."""
    return _new_code(SYSTEM)


def format_code(code: Code) -> str:
    """As printed: nine groups of three, with hyphens."""
    characters = code_text(code)
    return "-".join(characters[start : start + 3] for start in range(0, len(characters), 3))


def code_text(code: Code) -> str:
    """As machines carry it: 27 characters."""
    number = int.from_bytes(code.raw, "big")
    shifts = range(CODE_BITS - 5, -1, -5)
    return "".join(CODE_ALPHABET[number >> shift & 31] for shift in shifts) + _check(number)


def parse_code(typed: str) -> Code:
    """What somebody typed: spaces, hyphens, small letters, O for 0, I and L for 1. Raises BadCode."""
    symbols = typed.upper().translate(_TYPED) if typed.isascii() else ""
    if _SYMBOLS.fullmatch(symbols) is None:
        raise BadCode("keybox/7")
    number = 0
    for symbol in symbols[:-1]:
        number = number << 5 | CODE_ALPHABET.index(symbol)
    if _check(number) != symbols[-1]:
        raise BadCode("keybox/7")
    return Code(number.to_bytes(_CODE_BYTES, "big"))


def _new_code(source: Source) -> Code:
    while True:
        # 136 bits, of which the highest six are dropped.
        number = int.from_bytes(source.take(_CODE_BYTES), "big") & ((1 << CODE_BITS) - 1)
        code = code_of_bits(number)
        if code is not None:
            return code


def code_of_bits(number: int) -> Code | None:
    """The code of these 130 bits; None when its check symbol is one that nobody could type. Raises ValueError."""
    return Code(number.to_bytes(_CODE_BYTES, "big")) if _check(number) in CODE_ALPHABET else None


def _check(number: int) -> str:
    return CODE_CHECKS[number % len(CODE_CHECKS)]
