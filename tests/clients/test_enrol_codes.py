"""What an enrolment writes for people: letters and second codes; and that the two codes never meet."""

import re
from pathlib import Path

import pytest

from clients.cli import exits
from clients.cli.failing import Stop
from clients.cli.second_codes import COLUMNS, SecondCodes
from crypto.code import parse_code
from crypto.encoding import unb64u
from crypto.keybox import LetterKey, open_box
from crypto.keys import PublicKeys
from crypto.transparency.statement import Announcement, verify_statement
from tests.clients.station import STATION, Relay, Station
from tests.clients.station import person_row as _row


@pytest.fixture
def station(tmp_path: Path) -> Station:
    return Station(tmp_path)


async def test_an_account_opens_by_both_codes_together(station: Station) -> None:
    relay = Relay()
    await station.run(relay, _row())
    (person,), (row,) = relay.heard, station.second_codes()

    key = LetterKey(parse_code(station.first_code()), parse_code(row["second_code"]))

    assert open_box(unb64u(person.box), person.account, key).account == row["account"]


async def test_the_codes_never_meet(station: Station) -> None:
    with pytest.raises(ConnectionError):
        await station.run(Relay(broken=lambda asked: asked == 2), _row(), _row("paul"), _row("zoe"))
    interrupted = station.everything()
    await station.run(Relay(), _row(), _row("paul"), _row("zoe"))
    second = [row["second_code"].encode() for row in station.second_codes()]
    first = [station.first_code(login) for login in ("anne", "paul", "zoe")]

    assert not any(code in data for code in second for data in (interrupted | station.everything()).values())
    assert not any(code in station.seconds.read_text() for code in first)
    assert {path.stat().st_mode & 0o777 for path in (station.seconds, *station.letters.rglob("*.*"))} == {0o600}


async def test_when_all_is_done_codes_lie_in_the_letters_alone(station: Station) -> None:
    await station.run(Relay(), _row(), _row("paul"), _row("zoe"))

    codes = [station.first_code(login).encode() for login in ("anne", "paul", "zoe")]

    holding = [name for name, data in station.everything().items() if any(code in data for code in codes)]
    assert sorted(name.partition("-")[0] for name in holding) == ["anne", "paul", "zoe"]
    assert sorted(path.name for path in station.folder.iterdir()) == ["letters", "people.csv", "second.csv"]


async def test_the_station_answers_for_the_account_and_its_address(station: Station) -> None:
    relay = Relay()
    await station.run(relay, _row())
    (person,) = relay.heard
    voucher = unb64u(person.voucher or "")
    announced = Announcement(unb64u(person.statement), unb64u(person.signature), voucher)

    found = verify_statement(
        announced, None, account=person.account,
        keys=PublicKeys.load(unb64u(person.signing_key), unb64u(person.sealing_key)),
    )  # fmt: skip

    assert found.by == STATION.public()
    assert found.holds("anne@patient.pli.example", unb64u(person.salts[0]))


async def test_the_letter_names_the_key_that_was_made(station: Station) -> None:
    relay = Relay()
    await station.run(relay, _row())
    (person,) = relay.heard
    key_id = PublicKeys.load(unb64u(person.signing_key), unb64u(person.sealing_key)).key_id

    printed = re.findall(r"Empreinte de votre clé : (.+)$", station.letter(), re.MULTILINE)[0]

    assert printed.replace(" ", "") == key_id
    assert printed.split(" ")[0] == key_id[:4]


async def test_one_code_needs_no_second_file(station: Station) -> None:
    station.two_codes = False
    relay = Relay()

    await station.run(relay, _row())

    (person,) = relay.heard
    assert open_box(unb64u(person.box), person.account, LetterKey(parse_code(station.first_code())))
    assert not station.seconds.exists()


async def test_an_interrupted_run_sends_the_same_keys(station: Station) -> None:
    lost = Relay()

    async def answer_lost(people: object) -> None:
        await Relay.enrol(lost, people)  # type: ignore[arg-type]  # as it came
        raise ConnectionError

    lost.enrol = answer_lost  # type: ignore[method-assign,assignment]  # the relay has them, and its answer is lost
    with pytest.raises(ConnectionError):
        await station.run(lost, _row())
    assert not list(station.letters.glob("*.txt"))
    relay = Relay("unchanged")

    counts = await station.run(relay, _row())

    assert relay.heard == lost.heard
    assert (counts.created, counts.unchanged, counts.letters) == (0, 1, 1)
    key = LetterKey(parse_code(station.first_code()), parse_code(station.second_codes()[0]["second_code"]))
    assert open_box(unb64u(lost.heard[0].box), lost.heard[0].account, key)


async def test_whoever_is_refused_has_neither_letter_nor_second_code(station: Station) -> None:
    counts = await station.run(Relay(refused=frozenset({"anne"})), _row(), _row("paul"))

    assert counts.refused == [{"login": "anne", "reason": "addressTaken"}]
    assert [row["login"] for row in station.second_codes()] == ["paul"]
    assert [path.name.partition("-")[0] for path in station.letters.glob("*.txt")] == ["paul"]
    assert (station.letters / "refused.csv").read_text() == "anne,addressTaken\n"


async def test_whoever_was_refused_gets_new_keys_the_next_time(station: Station) -> None:
    first, second = Relay("refused"), Relay()
    await station.run(first, _row())

    counts = await station.run(second, _row())

    assert first.heard[0].account != second.heard[0].account
    assert (counts.created, counts.refusals) == (1, 0)
    assert not (station.letters / "refused.csv").exists()


async def test_the_same_person_told_otherwise_has_no_second_letter(station: Station) -> None:
    await station.run(Relay(), _row())
    letter, relay = station.letter(), Relay()

    for other in (_row(first_name="Anna"), _row("ANNE"), _row(addresses=("anna@patient.pli.example",))):
        counts = await station.run(relay, other)
        assert [one["reason"] for one in counts.refused] == ["enrolledOtherwise"]

    assert (relay.heard, station.letter()) == ([], letter)


async def test_codes_of_an_earlier_run_stay(station: Station) -> None:
    await station.run(Relay(), _row())
    await station.run(Relay(), _row("paul"))

    assert [row["login"] for row in station.second_codes()] == ["anne", "paul"]


async def test_second_codes_that_an_interrupted_part_appended_are_not_there_twice(station: Station) -> None:
    await station.run(Relay(), _row())
    with station.seconds.open("a") as file:
        file.write("aaaa,paul,Paul,,AAA")

    await station.run(Relay(), _row("paul"))

    assert [row["login"] for row in station.second_codes()] == ["anne", "paul"]


async def test_second_codes_that_were_sent_and_destroyed_are_begun_anew(station: Station) -> None:
    await station.run(Relay(), _row())
    station.seconds.unlink()

    await station.run(Relay(), _row("paul"))

    assert [row["login"] for row in station.second_codes()] == ["paul"]


async def test_second_codes_that_lost_their_end_are_not_gone_on_with(station: Station) -> None:
    await station.run(Relay(), _row(), _row("paul"))
    whole = station.seconds.read_bytes()
    station.seconds.write_bytes(whole[:-5])

    with pytest.raises(Stop, match="shorter"):
        await station.run(Relay(), _row("zoe"))


async def test_a_part_of_two_codes_does_not_become_one_of_one_code(station: Station) -> None:
    with pytest.raises(ConnectionError):
        await station.run(Relay(broken=lambda _: True), _row())
    station.two_codes = False

    with pytest.raises(Stop, match="two codes"):
        await station.run(Relay(), _row())


def test_second_codes_do_not_lie_among_the_letters(tmp_path: Path) -> None:
    with pytest.raises(Stop) as raised:
        SecondCodes(tmp_path / "letters" / "in" / "second.csv", tmp_path / "letters")

    assert raised.value.failure.code == exits.USAGE


@pytest.mark.parametrize("text", ["", "noise\n", "account,login\n", ",".join(COLUMNS[:-1]) + "\n"])
def test_another_file_is_never_overwritten_by_codes(tmp_path: Path, text: str) -> None:
    path = tmp_path / "second.csv"
    path.write_text(text)
    path.chmod(0o600)

    with pytest.raises(Stop):
        SecondCodes(path, tmp_path / "letters")
    assert path.read_text() == text


def test_second_codes_that_others_may_read_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "second.csv"
    path.write_text(",".join(COLUMNS) + "\n")
    path.chmod(0o644)

    with pytest.raises(Stop):
        SecondCodes(path, tmp_path / "letters")
