"""The directory client against a small server of our own that serves the published FHIR shapes over TLS."""

import json
import ssl
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st
from structlog.typing import EventDict

from bridges.mssante import recipients
from bridges.mssante.annuaire import ENTRIES, PAGES, Annuaire, NoAnswer, NotAsked, key_of
from bridges.mssante.annuaire_shapes import EMAIL_TYPE, METADATA, BadAnswer, read
from bridges.mssante.config import BadConfig, MailboxTable
from bridges.mssante.fetch import Fetcher
from tests.bridges.authority import Authority, credentials, name
from tests.bridges.responder import serving

KEY = "clef-de-test"


def mailbox(address: str, kind: str = "PER", *, red: bool = False, **told: str) -> dict[str, Any]:
    """A `telecom` as the directory writes it."""
    metadata = [
        {"url": "type", "valueCodeableConcept": {"coding": [{"system": "urn:x", "code": kind}]}},
        *({"url": what, "valueString": words} for what, words in told.items()),
        {"url": "listeRouge", "valueBoolean": red},
    ]
    typed = {"url": EMAIL_TYPE, "valueCoding": {"code": "MSSANTE"}}
    return {"system": "email", "value": address, "extension": [typed, {"url": METADATA, "extension": metadata}]}


PERSON = {
    "resourceType": "Practitioner", "id": "p1", "active": True,
    "identifier": [{"system": "urn:oid:1.2.250.1.71.4.2.1", "value": "810003456789"}],
    "name": [{"family": "DUPONT", "given": ["Jeanne"], "prefix": ["MME"]}],
    "telecom": [
        mailbox("Jeanne.Dupont@infirmier.mssante.example"),
        mailbox("rouge@infirmier.mssante.example", red=True),
        {"system": "email", "value": "jeanne@ordinaire.example"},
        {"system": "phone", "value": "0100000000"},
    ],
    "qualification": [{"code": {"coding": [{"code": "60", "display": "Infirmier"}]}}],
}  # fmt: skip
HOSPITAL = {
    "resourceType": "Organization", "id": "o1", "name": "CH DE NANCY",
    "identifier": [{"system": "https://finess.esante.gouv.fr", "value": "540000001"}],
    "telecom": [mailbox("accueil@ch.mssante.example", "ORG", service="Cardiologie", description="Accueil")],
    "address": [{"city": "VANDOEUVRE LES NANCY", "postalCode": "54511"}],
}  # fmt: skip
ROLE = {
    "resourceType": "PractitionerRole", "id": "r1", "practitioner": {"reference": "Practitioner/p1"},
    "organization": {"reference": "https://base.example/fhir/v2/Organization/o1"},
    "telecom": [mailbox("dupont@ch.mssante.example")],
}  # fmt: skip


def bundle(*resources: Any, following: str = "") -> bytes:
    """A searchset."""
    link = [{"relation": "self", "url": "x"}, *([{"relation": "next", "url": following}] if following else [])]
    entries = [{"fullUrl": "x", "resource": each, "search": {"mode": "match"}} for each in resources]
    return json.dumps({"resourceType": "Bundle", "type": "searchset", "link": link, "entry": entries}).encode()


@dataclass
class Server:
    """What it holds, what it was asked. `pages`: how many more pages it claims to have."""

    place: str = ""
    people: dict[str, list[Any]] = field(default_factory=dict)
    asked: list[tuple[str, dict[str, list[str]], str]] = field(default_factory=list)
    pages: int = 0
    elsewhere: str = ""
    status: int = 200
    raw: bytes = b""

    def answer(self, _: str, path: str, __: bytes, headers: dict[str, str]) -> tuple[int, dict[str, str], bytes]:
        parts = urlsplit(path)
        kind = parts.path.rsplit("/", 1)[-1]
        self.asked.append((kind, parse_qs(parts.query), headers.get("esante-api-key", "")))
        if headers.get("esante-api-key") != KEY:
            return 403, {}, b""
        if self.status != 200 or self.raw:
            return self.status, {}, self.raw
        more = ""
        if self.pages:
            self.pages, more = self.pages - 1, self.elsewhere or f"{self.place}/{kind}?page={self.pages}"
        return 200, {"content-type": "application/fhir+json"}, bundle(*self.people.get(kind, []), following=more)


@pytest.fixture
def server(authority: Authority, tmp_path: Path) -> Iterator[Server]:
    files = credentials(authority, authority.issue(name("localhost")), tmp_path, "annuaire")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(files.certificate, files.key)
    made = Server(
        people={"Practitioner": [PERSON], "Organization": [HOSPITAL], "PractitionerRole": [ROLE, PERSON, HOSPITAL]}
    )
    with serving(made.answer, context) as port:
        made.place = f"https://localhost:{port}/fhir/v2"
        yield made


@pytest.fixture
def clock() -> list[float]:
    return [0.0]


@pytest.fixture
async def annuaire(server: Server, authority: Authority, tmp_path: Path, clock: list[float]) -> AsyncIterator[Annuaire]:
    fetcher = Fetcher(ssl.create_default_context(cafile=str(authority.save(tmp_path, "trusted"))), 5.0)
    yield Annuaire(server.place, KEY, fetcher, lambda: clock[0])
    await fetcher.close()


async def test_a_search_finds_people_their_places_of_work_and_organisations(annuaire: Annuaire) -> None:
    found = await annuaire.search("Dupont")
    boxes = {box.address: entry for entry in found.entries for box in entry.mailboxes}
    assert boxes.keys() == {
        "jeanne.dupont@infirmier.mssante.example", "dupont@ch.mssante.example", "accueil@ch.mssante.example"
    }  # fmt: skip
    at_work = boxes["dupont@ch.mssante.example"]
    assert (at_work.name, at_work.profession, at_work.organisation, at_work.city, at_work.postal_code) == (
        "MME Jeanne DUPONT", "Infirmier", "CH DE NANCY", "VANDOEUVRE LES NANCY", "54511"
    )  # fmt: skip
    assert set(at_work.identifiers) == {("rpps", "10003456789"), ("finess", "540000001")}
    assert boxes["accueil@ch.mssante.example"].mailboxes[0].service == "Cardiologie"


async def test_a_mailbox_on_the_red_list_is_never_shown(annuaire: Annuaire) -> None:
    assert "rouge" not in str(await annuaire.search("Dupont"))
    assert (await annuaire.mailbox("rouge@infirmier.mssante.example")).entries == ()


async def test_who_is_not_active_is_not_shown(annuaire: Annuaire, server: Server) -> None:
    server.people = {"Practitioner": [PERSON | {"active": False}]}
    assert (await annuaire.search("Dupont")).entries == ()


async def test_an_entry_of_another_form_hides_itself_alone(annuaire: Annuaire, server: Server) -> None:
    server.people = {"Organization": [{"resourceType": "Organization", "name": 7}, {"resourceType": 1}, HOSPITAL]}
    assert [entry.name for entry in (await annuaire.search("CH", "Nancy")).entries] == ["CH DE NANCY"]


async def test_a_city_asks_for_places_alone(annuaire: Annuaire, server: Server) -> None:
    await annuaire.search(" Dupont ", "Nancy")
    assert [kind for kind, _, _ in server.asked] == ["PractitionerRole", "Organization"]
    role, organisation = server.asked[0][1], server.asked[1][1]
    assert role["organization.address-city"] == organisation["address-city"] == ["Nancy"]
    assert role["practitioner.name"] == ["Dupont"]
    assert role["_include"] == ["PractitionerRole:practitioner", "PractitionerRole:organization"]


async def test_a_mailbox_is_asked_for_exactly(annuaire: Annuaire, server: Server) -> None:
    (found,) = (await annuaire.mailbox("accueil@ch.mssante.example")).entries
    assert found.name == "CH DE NANCY"
    assert {asked["mailbox-mss:exact"][0] for _, asked, _ in server.asked} == {"accueil@ch.mssante.example"}


async def test_words_of_a_question_never_become_parameters(annuaire: Annuaire, server: Server) -> None:
    await annuaire.search("Du&_count=9999#pont")
    assert server.asked[0][1]["practitioner.name"] == ["Du&_count=9999#pont"]
    assert server.asked[0][1]["_count"] == ["50"]


async def test_an_answer_is_remembered_and_its_age_is_said(
    annuaire: Annuaire, server: Server, clock: list[float]
) -> None:
    await annuaire.search("Dupont")
    asked, clock[0] = len(server.asked), 1800.0
    assert (await annuaire.search("dupont")).age == 1800.0
    assert len(server.asked) == asked
    clock[0] = 3601.0
    assert (await annuaire.search("dupont")).age == 0.0


async def test_what_the_directory_cannot_say_is_answered_from_memory_for_a_day(
    annuaire: Annuaire, server: Server, clock: list[float]
) -> None:
    await annuaire.search("Dupont")
    server.status, clock[0] = 503, 7200.0
    assert (await annuaire.search("Dupont")).age == 7200.0
    clock[0] = 90_000.0
    with pytest.raises(NoAnswer):
        await annuaire.search("Dupont")


async def test_pages_are_followed_up_to_a_limit(annuaire: Annuaire, server: Server) -> None:
    server.pages = 1_000
    assert not (await annuaire.search("Dupont", "Nancy")).whole
    assert len(server.asked) == 2 * PAGES


async def test_more_entries_than_the_limit_are_cut(annuaire: Annuaire, server: Server) -> None:
    many = [HOSPITAL | {"id": f"o{n}", "name": f"CH {n}"} for n in range(ENTRIES + 20)]
    server.people = {"Organization": many}
    found = await annuaire.search("CH", "Nancy")
    assert (len(found.entries), found.whole) == (ENTRIES, False)


async def test_the_key_is_never_sent_elsewhere(annuaire: Annuaire, server: Server) -> None:
    server.pages, server.elsewhere = 1, server.place.replace("localhost", "127.0.0.1") + "/Practitioner"
    with pytest.raises(NoAnswer, match="elsewhere"):
        await annuaire.search("Dupont")
    assert len(server.asked) == 1


@pytest.mark.parametrize("raw", [b"{}", b"<html>", b'{"resourceType":"OperationOutcome"}', b"[" * 100_000, b"\xff\xfe"])
async def test_what_is_no_answer_is_none(raw: bytes, annuaire: Annuaire, server: Server) -> None:
    server.raw = raw
    with pytest.raises(NoAnswer):
        await annuaire.search("Dupont")


@pytest.mark.parametrize("asked", ["", " ", "D"])
async def test_a_question_without_a_name_is_none(asked: str, annuaire: Annuaire, server: Server) -> None:
    with pytest.raises(NotAsked):
        await annuaire.search(asked)
    assert server.asked == []


@given(st.recursive(st.none() | st.booleans() | st.text(max_size=8) | st.integers(), lambda inner: (
    st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(["resourceType", "entry", "resource", "telecom", "name", "extension", "url", "link", "id"]),
        inner, max_size=4,
    )
), max_leaves=20))  # fmt: skip
def test_any_json_is_a_page_or_refused(value: object) -> None:
    try:
        read(json.dumps(value).encode())
    except BadAnswer:
        return


async def test_own_mailboxes_that_the_directory_does_not_show_are_counted(
    annuaire: Annuaire, logs: list[EventDict]
) -> None:
    own = [MailboxTable(address=each, name="x") for each in ("dupont@ch.mssante.example", "autre@ch.mssante.example")]
    assert await recipients.check(annuaire, own, structlog.get_logger()) == 1
    assert [(entry["event"], entry["count"]) for entry in logs] == [("directory.mailboxes_not_shown", 1)]
    assert "@" not in str(logs)


def test_a_key_that_others_may_read_is_refused(tmp_path: Path) -> None:
    (tmp_path / "key").write_text(KEY)
    (tmp_path / "key").chmod(0o644)
    with pytest.raises(BadConfig, match="0600"):
        key_of(tmp_path / "key")
    (tmp_path / "key").chmod(0o600)
    assert key_of(tmp_path / "key") == KEY
