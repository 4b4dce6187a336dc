"""What the command line remembers of a relay's key log, and how a person accepts what it distrusts."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from clients.cli import exits, log_accept, reading
from clients.cli.failing import Stop, explain
from clients.cli.known_log import known, path_of
from clients.cli.output import Output
from clients.content.letter import Letter, Sender
from clients.sdk import Arrived, LogMemory
from clients.session.keyring import Distrusted
from crypto.encoding import unb64u
from crypto.keybox import LastCheckpoint
from crypto.keys import SigningPublic
from tests.clients.test_cli import PEOPLE, Line, line, relay
from tests.relays import RunningRelay

__all__ = ["line", "relay"]  # fixtures
RELAY, LOGIN, ROOT = "https://pli.example", "camille", bytes([7] * 32)


@pytest.fixture(autouse=True)
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    return tmp_path / "config"


def test_what_one_command_distrusts_the_next_one_does_too_though_the_first_failed() -> None:
    def fail() -> None:
        with known(RELAY, LOGIN) as trust:
            trust.memory.saw_forks([(3, ROOT)])
            raise Distrusted("", "logForked")

    with pytest.raises(Distrusted):
        fail()

    with known(RELAY, LOGIN) as again:
        assert again.memory.distrust == "logForked"
    assert path_of(RELAY, LOGIN).stat().st_mode & 0o777 == 0o600


def test_each_log_in_at_each_relay_has_a_memory_of_its_own_whose_name_says_neither() -> None:
    paths = {path_of(relay, login) for relay in (RELAY, "https://other.example") for login in (LOGIN, "paul")}

    assert len(paths) == 4
    assert path_of(f"{RELAY}/", LOGIN) == path_of(RELAY, LOGIN)
    assert not [path for path in paths if LOGIN in path.name or "example" in path.name]


def test_a_command_that_learnt_nothing_leaves_no_file(config: Path) -> None:
    with known(RELAY, LOGIN):
        pass

    assert not config.exists()


@pytest.mark.parametrize("content", ["", "{}", "x"])
def test_a_spoilt_memory_is_no_first_use(content: str) -> None:
    path = path_of(RELAY, LOGIN)
    path.parent.mkdir(parents=True)
    path.write_text(content)
    path.chmod(0o600)

    with pytest.raises(Stop), known(RELAY, LOGIN):
        pass

    assert path.read_text() == content


def test_a_memory_that_others_may_write_is_not_believed() -> None:
    with known(RELAY, LOGIN) as trust:
        trust.memory.saw_forks([(3, ROOT)])
    path_of(RELAY, LOGIN).chmod(0o666)

    with pytest.raises(Stop), known(RELAY, LOGIN):
        pass


def test_all_that_can_be_accepted_is_shown_with_the_word_for_it(capsys: pytest.CaptureFixture[str]) -> None:
    other = LastCheckpoint(bytes(32), bytes([8] * 32), 5)
    memory = LogMemory(b"old", LastCheckpoint(bytes(32), bytes([9] * 32), 4), frozenset({(3, ROOT)}), other)

    log_accept.show(Output(), log_accept.said(memory, b"log x\nquorum none\n"))

    shown = capsys.readouterr().out
    assert "logForked" in shown
    assert all(bytes([number] * 32).hex() in shown for number in (7, 8, 9))
    assert "quorum none" in shown


@pytest.mark.parametrize("word", ["", "xyz", "00" * 31, "00" * 33])
def test_what_is_no_hash_accepts_nothing(word: str) -> None:
    with pytest.raises(Stop):
        log_accept.hash_of(word)


def test_a_letter_with_a_warning_says_so_in_the_list_and_to_scripts() -> None:
    letter = Letter("m", "t", datetime.now(UTC), Sender("a", "k", "n", "x@y"), (), 1, None, "Sujet", "t")
    item = Arrived("m1", letter, datetime.now(UTC), "in")

    rows = [reading.row(each) for each in (item, replace(item, forked=True), replace(item, stale_key=True))]

    assert [row["warnings"] for row in rows] == [[], ["logForked"], ["staleKeyUsed"]]
    assert [row["shown"] for row in rows] == ["Sujet", "⚠ Sujet", "⚠ Sujet"]
    assert reading.WARNINGS.keys() == {"logForked", "staleKeyUsed"}


@pytest.mark.parametrize("reason", ["logForked", "policyChanged"])
def test_who_is_stopped_by_the_log_is_told_where_to_look(reason: str) -> None:
    failure = explain(Distrusted("", reason))  # type: ignore[arg-type]  # one of the reasons

    assert failure is not None
    assert "pli log accept" in failure.todo
    assert failure.code == exits.DISTRUST


def test_a_person_accepts_exactly_the_fork_that_a_command_found(line: Line, relay: RunningRelay) -> None:
    station = line.folder / "station.key"
    relay.add_station("station", SigningPublic(unb64u(line.json("keys", "new", station)["publicKey"])))
    (line.folder / "people.csv").write_text(PEOPLE)
    line.json(
        "enrol", line.folder / "people.csv", "--relay", relay.origin, "--login", "station", "--key-file", station,
        "--letters", line.folder / "letters", "--as", "text",
    )  # fmt: skip
    (letter,) = (line.folder / "letters").glob("279035121518989-*.txt")
    code = next(row.split(":")[1].strip() for row in letter.read_text().splitlines() if row.startswith("Code"))
    person = (
        "--relay", relay.origin, "--login", "279035121518989", "--totp-file", line.folder / "totp",
        "--password-file", line.secret("pw", "un mot tranquille"),
    )  # fmt: skip
    kit = line.folder / "recovery"
    line.json("activate", *person, "--letter-code-file", line.secret("code", code), "--recovery-file", kit)
    with known(relay.origin, "279035121518989") as trust:
        activated = trust.memory.checkpoint
        trust.memory.saw_forks([(1, ROOT), (2, bytes(32))])

    said = line.json("log", "accept", ROOT.hex(), *person)

    assert activated is not None
    assert (said["distrusted"], said["forks"]) == ("logForked", [{"size": 2, "root": bytes(32).hex()}])
    with known(relay.origin, "279035121518989") as trust:
        assert trust.memory.forgiven == {(1, ROOT)}
