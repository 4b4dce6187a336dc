"""The list of people to enrol: a CSV file, read row by row, and checked as a whole before anything is made."""

import csv
import hashlib
import json
import re
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Final, Literal, get_args

import msgspec

from clients.cli.failing import Stop
from clients.cli.listed_twice import Twice

Kind = Literal["patient", "professional", "organisation"]
COLUMNS: Final = ("kind", "login", "family_name", "first_name", "birth_date", "email", "address")
POSTAL: Final = ("street_2", "street", "postcode", "city", "country")  # as they stand on an envelope, under the name
REQUIRED: Final = frozenset({"kind", "login", "family_name", "address"})
LINE: Final = 38  # characters of one line of an address (NF Z 10-011), and what the window shows
_SHOWN = 20  # mistakes that are told at once
_ADDRESS = re.compile(r"[^\s@<>\"]+@[^\s@<>\"]+")
_HEADINGS = {"ins": "login"}


class Row(msgspec.Struct, frozen=True):
    """One person. `addresses` are those that others write to; `email` is where a notice may go; `post` are the lines
    of the envelope under the name, none where the list has no postal address.
    """

    kind: Kind
    login: str
    family_name: str
    first_name: str
    birth_date: str
    email: str
    addresses: tuple[str, ...]
    post: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return f"{self.first_name} {self.family_name}".strip()

    @property
    def person(self) -> bytes:
        """Who it is, for the journal: a hash of the log-in name in its one spelling."""
        return _hash("login", self.login.strip().lower())

    @property
    def digest(self) -> bytes:
        """What the list says of them, for the journal: a hash, so that the journal holds no names."""
        return _hash("row", json.dumps(msgspec.to_builtins(self), sort_keys=True))


def check(path: Path, *, printed: bool = False) -> int:
    """How many people there are. Raises Stop with the lines that are wrong, before anything was made.

    Reads the file once and holds none of it: what could stand there twice is compared on disk. `printed`: names and
    postal addresses must be in Latin letters, which are those that the letter's fonts have.
    """
    wrong: list[str] = []
    count = 0
    with Twice() as twice, _reading(path) as lines:
        for line, found in lines:
            count += 1
            mistake = _mistake(found) or (_unprintable(found) if printed else "")
            if mistake:
                wrong.append(f"line {line}: {mistake}")
                if len(wrong) == _SHOWN:
                    break
                continue
            row = _row(found)
            twice.see(row.person, line)
            for address in row.addresses:
                twice.see(_hash("address", address), line)
        wrong += [f"line {line}: the log-in or an address of line {first} again" for first, line in twice.found(_SHOWN)]
    if wrong:
        raise _stop(path, wrong)
    return count


def read(path: Path) -> Iterator[Row]:
    """Row by row, after check(). Raises Stop when the file has changed since."""
    with _reading(path) as lines:
        for line, found in lines:
            if _mistake(found):
                raise Stop(f"{path.name} has changed since it was checked: line {line}.", "Run it again.")
            yield _row(found)


@contextmanager
def _reading(path: Path) -> Iterator[Iterator[tuple[int, dict[str, str]]]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            yield _lines(path, csv.DictReader(file, strict=True))
    except (UnicodeDecodeError, csv.Error) as error:
        raise Stop(f"{path} is not a CSV file in UTF-8: {error}", f"Its columns are: {', '.join(COLUMNS)}.") from None


def _lines(path: Path, reader: "csv.DictReader[str]") -> Iterator[tuple[int, dict[str, str]]]:
    spelled = [heading.strip().lower() for heading in reader.fieldnames or ()]
    headings = [_HEADINGS.get(heading, heading) for heading in spelled]
    missing = sorted(REQUIRED - set(headings))
    if missing:
        raise Stop(f"The columns {', '.join(missing)} are missing.", f"The first line is: {','.join(COLUMNS)}")
    again = sorted({heading for heading in headings if headings.count(heading) > 1})
    if again:
        raise Stop(f"{path} names the columns {', '.join(again)} twice.", "Leave one of each.")
    reader.fieldnames = headings
    for found in reader:
        # DictReader puts what is too many under None, and None where there is too little.
        fits = None not in found and None not in found.values()
        values = {name: (found.get(name) or "").strip() for name in (*COLUMNS, *POSTAL)} if fits else {}
        yield reader.line_num, {name: unicodedata.normalize("NFC", value) for name, value in values.items()}


def _row(values: dict[str, str]) -> Row:
    return Row(
        values["kind"],  # type: ignore[arg-type]  # checked by _mistake
        values["login"], values["family_name"], values["first_name"], values["birth_date"], values["email"],
        tuple(values["address"].lower().split()), _post(values),
    )  # fmt: skip


def _post(values: dict[str, str]) -> tuple[str, ...]:
    town = f"{values['postcode']} {values['city']}".strip()
    return tuple(line for line in (values["street_2"], values["street"], town, values["country"]) if line)


def _mistake(values: dict[str, str]) -> str:
    """What is wrong with a row, in words that do not repeat it; empty when nothing is."""
    if not values:
        return "it has more or fewer columns than the first line"
    if values["kind"] not in get_args(Kind):
        return "`kind` is none of patient, professional, organisation"
    if not 0 < len(values["login"]) <= 254 or not _is_text(values["login"]):
        return "`login` is not 1 to 254 characters: the INS matricule for a patient"
    if not values["family_name"] or not all(_is_text(values[name]) for name in ("family_name", "first_name")):
        return "`family_name` is missing, or a name has something else than one line of text"
    addresses = values["address"].lower().split()
    spelled = 0 < len(addresses) <= 8 and all(_ADDRESS.fullmatch(address) for address in addresses)
    if not spelled or len(set(addresses)) != len(addresses):
        return "`address` is not 1 to 8 mail addresses, each once, with spaces between them"
    if values["birth_date"] and not _is_date(values["birth_date"]):
        return "`birth_date` is not YYYY-MM-DD"
    if values["email"] and not _is_email(values["email"]):
        return "`email` is not one mail address in ASCII"
    return _postal_mistake(values)


def _postal_mistake(values: dict[str, str]) -> str:
    given = [name for name in POSTAL if values[name]]
    if not given:
        return ""
    if not values["postcode"] or not values["city"]:
        return "`postcode` and `city` are both needed for a postal address"
    if any(len(line) > LINE or not _is_text(line) for line in _post(values)):
        return f"a line of the postal address is longer than {LINE} characters, or not text"
    return ""


def _unprintable(values: dict[str, str]) -> str:
    shown = "".join(values[name] for name in ("login", "family_name", "first_name", *POSTAL))
    if shown.isascii() or all(unicodedata.name(one, "LATIN").startswith("LATIN") for one in shown if one.isalpha()):
        return ""
    return "a name or postal address has letters that are not Latin, which a printed letter cannot show"


def _is_text(text: str) -> bool:
    # Categories C: control, format (which may turn the direction of writing), surrogate, private; Zl, Zp: line ends.
    return not any(unicodedata.category(one)[0] == "C" or unicodedata.category(one) in ("Zl", "Zp") for one in text)


def _is_email(text: str) -> bool:
    return len(text) <= 254 and text.isascii() and text.isprintable() and bool(_ADDRESS.fullmatch(text))


def _is_date(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _hash(kind: str, text: str) -> bytes:
    # Surrogates cannot come out of a UTF-8 file, and 128 bits are enough: nobody gains by two people of one hash.
    return hashlib.sha256(f"{kind}\0{text}".encode()).digest()[:16]


def _stop(path: Path, wrong: list[str]) -> Stop:
    first = "; ".join(f"{one[0].upper()}{one[1:]}" for one in wrong[:_SHOWN])
    more = " (and more)" if len(wrong) >= _SHOWN else ""
    return Stop(f"{path.name}: {first}{more}.", "Nothing was made. Correct these lines and run it again.")
