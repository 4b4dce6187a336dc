"""The directory: who is in it, who finds whom, and that a search costs the same however many there are."""

import pytest

from messaging.relay import closing
from messaging.relay.directory import LIST, words_of
from messaging.relay.ports import Store, Transaction
from messaging.relay.records import Entry, Word
from messaging.relay.turn import Caller, Turn
from messaging.relay.words import folded, words
from messaging.wire.errors import Refusal
from messaging.wire.limits import SEARCH_LOOKS_AT, SEARCHES_PER_MINUTE
from tests.messaging.desk import DOMAIN, Desk, Person, letter, person


def _entry(desk: Desk, who: Person, **given: object) -> None:
    done = desk.one(who, "DirectoryEntry/set", update={who.account: given})
    assert done["updated"] == {who.account: None}, done


def _refused(desk: Desk, who: Person, **given: object) -> list[str]:
    done = desk.one(who, "DirectoryEntry/set", update={who.account: given})
    named: list[str] = done["notUpdated"][who.account]["properties"]
    return named


def _search(desk: Desk, who: Person, **asked: object) -> list[str]:
    found = desk.one(who, "DirectoryEntry/query", filter=asked)["ids"]
    shown = desk.one(who, "DirectoryEntry/get", ids=found)["list"]
    names = {entry["id"]: entry["name"] for entry in shown}
    return [names[id_] for id_ in found]


def _professional(desk: Desk, login: str, name: str, **given: object) -> Person:
    who = person("professional", login)
    assert desk.enrol(who, by=desk.bridge, managed=True) == ["created"]
    _entry(desk, who, name=name, **given)
    return who


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Éric Œuvrard", ["eric", "oeuvrard"]), ("LE GOFF-L'HÉNORET", ["le", "goff", "l", "henoret"]),
        ("ﬁn Straße", ["fin", "strasse"]), ("x_y  x", ["x", "y"]), ("", []), ("!?-", []), ("Đỗ Ngọc", ["do", "ngoc"]),
        ("İ", ["i"]),
    ],
)  # fmt: skip
def test_words_are_folded(text: str, expected: list[str]) -> None:
    assert [word.decode() for word in words(text)] == expected
    assert folded(folded(text)) == folded(text)


def test_a_long_word_is_cut_between_letters() -> None:
    (word,) = words("文" * 40)
    assert word.decode() == "文" * 16


def test_whole_words_come_before_beginnings_and_names_before_the_rest(store: Store) -> None:
    desk = Desk(store)
    camille = desk.patient()
    _professional(desk, "a", "Zoé Martin")
    _professional(desk, "b", "Ana Martinez")
    _professional(desk, "c", "Bob Roux", organisation="Clinique Martin")
    assert _search(desk, camille, text="martin") == ["Zoé Martin", "Bob Roux", "Ana Martinez"]
    assert _search(desk, camille, text="mart cli") == ["Bob Roux"]
    assert _search(desk, camille, text="") == ["Ana Martinez", "Bob Roux", "Zoé Martin"]


def test_a_town_of_several_words_is_one(store: Store) -> None:
    desk = Desk(store)
    camille = desk.patient()
    _professional(desk, "a", "Anne Roy", city="Saint-Étienne", postalCode="42000", profession="Médecin")
    _professional(desk, "b", "Anne Roy", city="Étienne", postalCode="42100")
    assert len(_search(desk, camille, city="saint etienne")) == len(_search(desk, camille, city="etienne")) == 1
    assert len(_search(desk, camille, text="anne", postalCode="42")) == 2
    assert _search(desk, camille, text="medecin", postalCode="42000", kind="professional") == ["Anne Roy"]
    assert _search(desk, camille, text="anne", city="saint") == _search(desk, camille, postalCode="4200 1") == []


def test_what_was_said_before_finds_nobody_any_more(store: Store) -> None:
    desk = Desk(store)
    camille, doctor = desk.patient(), _professional(desk, "a", "Anne Roy", city="Nice")
    _entry(desk, doctor, name="Anne Petit", city=None)
    assert _search(desk, camille, text="petit") == ["Anne Petit"]
    assert _search(desk, camille, text="roy") == _search(desk, camille, city="nice") == []
    desk.one(doctor, "DirectoryEntry/set", destroy=[doctor.account])
    assert _search(desk, camille) == []
    assert desk.store.read(lambda tx: tx.where(Word)) == []


def test_whoever_is_not_listed_is_found_by_those_who_have_a_contact_alone(store: Store) -> None:
    desk = Desk(store)
    camille, other = desk.patient(), desk.patient("dominique")
    doctor = _professional(desk, "a", "Anne Roy", listed=False)
    assert _search(desk, camille, text="anne") == []
    assert desk.one(camille, "DirectoryEntry/get", ids=[doctor.account])["notFound"] == [doctor.account]
    assert desk.one(doctor, "DirectoryEntry/get", ids=[doctor.account])["list"][0]["listed"] is False
    assert "id" in desk.send(doctor, letter(camille))
    assert _search(desk, camille, text="ann roy") == ["Anne Roy"]
    assert _search(desk, camille, text="bob") == []
    assert _search(desk, other, text="anne") == []
    said = desk.one(other, "DirectoryEntry/changes", sinceState="0")
    assert (said["created"], said["destroyed"]) == ([], [doctor.account])


def test_patients_operators_and_strangers_are_no_entries(store: Store) -> None:
    desk = Desk(store)
    camille, doctor = desk.patient(), desk.doctor()
    for who in (camille.caller, desk.bridge, desk.station):
        with pytest.raises(Refusal, match="accountNotSupportedByMethod"):
            desk.one(who, "DirectoryEntry/set", update={who.account: {"name": "X"}})
    with pytest.raises(Refusal, match="accountNotFound"):
        desk.one(camille, "DirectoryEntry/set", accountId=doctor.account, update={doctor.account: {"name": "X"}})
    done = desk.one(doctor, "DirectoryEntry/set", update={camille.account: {"name": "X"}})
    assert done["notUpdated"][camille.account]["type"] == "notFound"


def test_an_address_is_the_accounts_own(store: Store) -> None:
    desk = Desk(store)
    desk.patient()
    doctor = _professional(desk, "dr.martin", "Anne Roy", address=f"DR.martin@{DOMAIN}")
    shown = desk.one(doctor, "DirectoryEntry/get", ids=[doctor.account])["list"][0]
    assert shown["address"] == f"DR.martin@{DOMAIN}"
    for other in (f"camille@{DOMAIN}", "nobody@nowhere.example"):
        assert _refused(desk, doctor, address=other) == ["address"]


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"name": "\u202eenna"}, "name"), ({"name": "a\nb"}, "name"), ({"name": "-"}, "name"), ({"name": ""}, "name"),
        ({"name": None}, "name"), ({"city": "x" * 121}, "city"), ({"postalCode": "<b>"}, "postalCode"),
        ({"identifiers": [{"system": "rpps", "value": "123456789"}]}, "identifiers"),
        ({"identifiers": [{"system": "rpps", "value": "1A345678901"}]}, "identifiers"),
        ({"identifiers": [{"system": "finess", "value": "2A0000001"}] * 2}, "identifiers"),
        ({"kind": "organisation"}, "kind"), ({"listed": 1}, "listed"),
    ],
)  # fmt: skip
def test_what_is_no_entry_is_refused_and_changes_nothing(store: Store, given: dict[str, object], named: str) -> None:
    desk = Desk(store)
    doctor = _professional(desk, "a", "Anne Roy", identifiers=[{"system": "finess", "value": "2A0000001"}])
    before = desk.one(doctor, "DirectoryEntry/get")
    assert _refused(desk, doctor, **given) in ([named], [])
    assert desk.one(doctor, "DirectoryEntry/get") == before


def test_whoever_leaves_is_in_it_no_more(store: Store) -> None:
    desk = Desk(store)
    camille, doctor = desk.patient(), _professional(desk, "a", "Anne Roy")
    desk.store.write(lambda tx: closing.close(Turn(tx, desk.house, Caller(), desk.clock.now()), doctor.account))
    assert _search(desk, camille) == []
    assert desk.one(camille, "DirectoryEntry/changes", sinceState="0")["destroyed"] == [doctor.account]


def test_searches_are_counted(store: Store) -> None:
    desk = Desk(store)
    camille = desk.patient()
    for _ in range(SEARCHES_PER_MINUTE):
        desk.one(camille, "DirectoryEntry/query")
    with pytest.raises(Refusal, match="rateLimit"):
        desk.one(camille, "DirectoryEntry/query")


def test_the_rarest_word_leads_and_common_ones_are_bounded(store: Store) -> None:
    """More entries of one family name than are looked at: what a search costs does not grow with them."""

    def fill(tx: Transaction) -> None:
        empty = dict.fromkeys(("profession", "specialty", "organisation", "city", "postal", "address"), "")
        for number in range(SEARCH_LOOKS_AT + 100):
            id_ = f"a{number:026d}"
            entry = Entry(LIST, id_, "professional", f"Martin X{number}", **empty, identifiers=b"[]", listed=1,
                          updated=0, created=number + 1, changed=number + 1)  # fmt: skip
            tx.add(*(word for word in words_of(entry)))

    store.write(fill)
    both = [(b"martin", b"martin\xff"), (b"x4077", b"x4077\xff")]
    assert store.read(lambda tx: tx.count_words(both[0], SEARCH_LOOKS_AT)) == SEARCH_LOOKS_AT
    assert store.read(lambda tx: tx.count_words(both[1], SEARCH_LOOKS_AT)) == 1
    assert [word.id for word in store.read(lambda tx: tx.words(both[::-1], SEARCH_LOOKS_AT))] == [f"a{4077:026d}"]
    assert len(store.read(lambda tx: tx.words(both[:1], SEARCH_LOOKS_AT))) == SEARCH_LOOKS_AT
    assert store.read(lambda tx: tx.words([both[0], (b"zzz", b"zzz\xff")], 10)) == []
