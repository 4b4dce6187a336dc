"""Who sends the letters: a TOML file of the operator, and the days that are printed."""

import tomllib
from dataclasses import dataclass, fields
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

import msgspec

from clients.cli.failing import Stop
from messaging.wire import limits

_MONTHS: Final = (
    "janvier", "février", "mars", "avril", "mai", "juin",
    "juillet", "août", "septembre", "octobre", "novembre", "décembre",
)  # fmt: skip
_ENGLISH: Final = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_LINES: Final = 4


@dataclass(frozen=True)
class Letterhead:
    """Printed on every letter. `opposition_days` is the relay's setting of that name; 0 prints no day.

    `mail_from` is the sender of letters by e-mail.
    """

    name: str = "Messagerie de santé sécurisée"
    lines: tuple[str, ...] = ()
    place: str = ""
    help_fr: str = ""
    help_en: str = ""
    mail_from: str = ""
    opposition_days: int = limits.OPPOSITION_DAYS


@dataclass(frozen=True)
class Term:
    """The day of a letter and the last one to oppose, as people write them; empty where none is printed."""

    today_fr: str = ""
    french: str = ""
    english: str = ""


def load(path: Path | None) -> Letterhead:
    """What the file says; None gives the plain letterhead. Raises Stop."""
    if path is None:
        return Letterhead()
    try:
        found: dict[str, Any] = tomllib.loads(path.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Stop(f"{path} is not TOML in UTF-8: {error}", 'Correct it: name = "value" on each line.') from None
    known = {one.name for one in fields(Letterhead)}
    wrong = sorted(found.keys() - known) or [name for name, value in found.items() if not _fits(name, value)]
    if wrong:
        raise Stop(f"{path} has {', '.join(wrong)}, or not as it should be.", f"Known are: {', '.join(sorted(known))}.")
    return msgspec.convert(found, Letterhead)


def term(head: Letterhead, day: date) -> Term:
    """The days on a letter of accounts made on `day`."""
    if head.opposition_days == 0:
        return Term(_in(day, _MONTHS))
    last = day + timedelta(days=head.opposition_days)
    return Term(_in(day, _MONTHS), _in(last, _MONTHS), _in(last, _ENGLISH))


def _in(day: date, months: tuple[str, ...]) -> str:
    number = "1er" if day.day == 1 and months is _MONTHS else str(day.day)
    return f"{number} {months[day.month - 1]} {day.year}"


def _fits(name: str, value: Any) -> bool:
    if name == "opposition_days":
        return type(value) is int and 0 <= value <= 366
    if name == "lines":
        return isinstance(value, list) and len(value) <= _LINES and all(_is_line(one, 60) for one in value)
    return _is_line(value, 120)


def _is_line(value: Any, most: int) -> bool:
    return isinstance(value, str) and len(value) <= most and value.isprintable()
