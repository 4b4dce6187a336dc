"""Asks the French health directory (Annuaire Santé) who has which mailbox, by its public FHIR API.

Laws: the key goes to the directory's own origin alone; an answer is remembered, and its age is said; what the directory
cannot say now is answered from memory for a day, or not at all. No name and no address that was asked reaches a log.
"""

import os
import stat
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol, TypeAlias
from urllib.parse import urlencode, urlsplit

from bridges.mssante.annuaire_shapes import BadAnswer, Entry, Page, read
from bridges.mssante.config import BadConfig
from bridges.mssante.fetch import Fetched, NotFetched

BASE: Final = "https://gateway.api.esante.gouv.fr/fhir/v2"
HEADER: Final = "ESANTE-API-KEY"
FRESH_SECONDS: Final = 3600.0
STALE_SECONDS: Final = 86_400.0
PAGE_LIMIT: Final = 4_000_000  # bytes
PAGES: Final = 5
ENTRIES: Final = 100
COUNT: Final = 50  # entries of one page
Question: TypeAlias = Mapping[str, str | list[str]]  # search parameters of FHIR
_REMEMBERED: Final = 1_000
_SHORTEST: Final = 2  # letters of a name


class NotAsked(ValueError):
    """A question that is none: the words are for whoever asked."""


class NoAnswer(Exception):
    """The directory cannot say now; the words are for a log."""


class Fetching(Protocol):
    """bridges.mssante.fetch.Fetcher."""

    async def get(self, url: str, limit: int, headers: Mapping[str, str] | None = None) -> Fetched: ...


@dataclass(frozen=True)
class Answer:
    """`age`: seconds since the directory said so; `whole`: False when there is more than what is shown."""

    entries: tuple[Entry, ...]
    age: float = 0.0
    whole: bool = True


class Annuaire:
    """`base` is the API's address; `key` what its operator gave."""

    def __init__(
        self, base: str, key: str, fetcher: Fetching, clock: Callable[[], float] = time.monotonic
    ) -> None:  # fmt: skip
        self._base, self._key, self._fetcher, self._clock = base.rstrip("/"), key, fetcher, clock
        self._known: OrderedDict[tuple[str, ...], tuple[float, Answer]] = OrderedDict()

    async def search(self, name: str, city: str = "") -> Answer:
        """People, places of work and organisations with a mailbox, by the beginning of a name. Raises NotAsked,
        NoAnswer."""
        name, city = " ".join(name.split()), " ".join(city.split())
        if len(name) < _SHORTEST:
            raise NotAsked(f"a name has at least {_SHORTEST} letters")
        return await self._remembered(("search", name.casefold(), city.casefold()), _questions(name, city))

    async def mailbox(self, address: str) -> Answer:
        """Whose mailbox this is; no entries: nobody's that the directory shows. Raises NoAnswer."""
        exact: Question = {"mailbox-mss:exact": address}
        questions = [(kind, exact) for kind in ("Practitioner", "PractitionerRole", "Organization")]
        found = await self._remembered(("mailbox", address.lower()), questions)
        # The search is by telecom.value: an entry is only as good as the mailbox that it shows.
        entries = (each for each in found.entries if address.lower() in {box.address for box in each.mailboxes})
        return Answer(tuple(entries), found.age, found.whole)

    async def _remembered(self, about: tuple[str, ...], questions: Sequence[tuple[str, Question]]) -> Answer:
        now, kept = self._clock(), self._known.get(about)
        if kept is not None and now - kept[0] < FRESH_SECONDS:
            return Answer(kept[1].entries, now - kept[0], kept[1].whole)
        try:
            found = await self._ask_all(questions)
        except (NotFetched, BadAnswer) as error:
            if kept is not None and now - kept[0] < STALE_SECONDS:
                return Answer(kept[1].entries, now - kept[0], kept[1].whole)
            raise NoAnswer(str(error)) from None
        self._known[about] = (now, found)
        self._known.move_to_end(about)
        while len(self._known) > _REMEMBERED:
            self._known.popitem(last=False)
        return found

    async def _ask_all(self, questions: Sequence[tuple[str, Question]]) -> Answer:
        entries: dict[Entry, None] = {}
        whole = True
        for kind, asked in questions:
            url = f"{self._base}/{kind}?{urlencode({**asked, '_count': str(COUNT)}, doseq=True)}"
            for _ in range(PAGES):
                page = await self._page(url)
                entries |= dict.fromkeys(page.entries)
                url = page.following
                if not url or len(entries) >= ENTRIES:
                    break
            whole = whole and not url
        return Answer(tuple(entries)[:ENTRIES], whole=whole and len(entries) <= ENTRIES)

    async def _page(self, url: str) -> Page:
        if urlsplit(url)[:2] != urlsplit(self._base)[:2]:
            raise BadAnswer("the next page is elsewhere")
        headers = {HEADER: self._key, "accept": "application/fhir+json"}
        return read((await self._fetcher.get(url, PAGE_LIMIT, headers)).body)


def key_of(path: Path) -> str:
    """The API key in a file of mode 0600. Raises BadConfig."""
    try:
        with path.open("rb") as file:
            mode, raw = os.fstat(file.fileno()).st_mode, file.read(512)
    except OSError as error:
        raise BadConfig(f"[directory] key_file: {path} cannot be read: {error.strerror}") from None
    if stat.S_IMODE(mode) & 0o077:
        raise BadConfig(f"[directory] key_file: {path} must be of mode 0600: others may read it")
    text = raw.decode("ascii", "replace").strip()
    if not text or not text.isprintable() or "\ufffd" in text:
        raise BadConfig(f"[directory] key_file: {path} holds no key")
    return text


def _questions(name: str, city: str) -> list[tuple[str, Question]]:
    included = ["PractitionerRole:practitioner", "PractitionerRole:organization"]
    of_role: Question = {"practitioner.name": name, "_include": included}
    if city:  # a person alone has no address: only their places of work, and organisations, are in a city
        return [
            ("PractitionerRole", {**of_role, "organization.address-city": city}),
            ("Organization", {"name:contains": name, "address-city": city}),
        ]
    return [("PractitionerRole", of_role), ("Practitioner", {"name": name}), ("Organization", {"name:contains": name})]
