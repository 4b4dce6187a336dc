"""Whatever is enrolled, activated, signed again and published: what is shown verifies, and the log only grows."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from crypto.encoding import unb64u
from crypto.keys import SigningSeed
from crypto.transparency.audit import Line, check_entry
from crypto.transparency.checkpoint import Checkpoint
from crypto.transparency.entry import encode_entry
from crypto.transparency.policy import verify_checkpoint
from crypto.transparency.proof import verify_consistency, verify_inclusion
from crypto.transparency.statement import statement_hash, verify_statement
from crypto.transparency.tiles import Tile, decode_bundle
from crypto.transparency.tree import leaf_hash, root
from messaging.relay.logasking import AskHead, AskRoot, AskTile, Publish, SignAgain
from messaging.relay.ports import Store
from messaging.store.memory import MemoryStore
from messaging.store.sql import SqliteStore
from tests.messaging.desk import Desk, Person, person
from tests.messaging.test_keylog import WITNESSED, announcement, cosigned

PASSWORD = SigningSeed(bytes(range(32)))


class Memory:
    """What a witness remembers of the entries so far."""

    def __init__(self) -> None:
        self._lines: dict[str, Line] = {}
        self._owners: dict[bytes, str] = {}

    def newest(self, account: str) -> Line | None:
        return self._lines.get(account)

    def owner(self, signing: bytes) -> str | None:
        return self._owners.get(signing)

    def put(self, line: Line) -> None:
        self._lines[line.account] = line
        self._owners[line.signing] = line.account


class KeyLogMachine(RuleBasedStateMachine):
    """A relay whose log waits for a witness, and somebody who looks."""

    def __init__(self) -> None:
        super().__init__()
        self.desk = Desk(self.store(), policy=WITNESSED)
        self.invited: list[Person] = []
        self.people: list[Person] = []
        self.seen: list[Checkpoint] = []
        self.kept: list[bytes] = [cosigned(self.desk)]
        self.desk.ask(Publish(self.kept[0]))

    def store(self) -> Store:
        return MemoryStore()

    @rule(count=st.integers(1, 50))
    def enrol(self, count: int) -> None:
        new = [person("patient", f"p{len(self.people) + n}") for n in range(count)]
        assert self.desk.enrol(*new) == ["created"] * count
        self.invited += new
        self.people += new

    @precondition(lambda self: self.invited)
    @rule(which=st.integers(0, 10**6))
    def activate(self, which: int) -> None:
        who = self.invited.pop(which % len(self.invited))
        self.desk.ask(self.desk.activation(who, PASSWORD))
        self.desk.clock.move(seconds=31)

    @rule(minutes=st.integers(0, 90))
    def sign_again(self, minutes: int) -> None:
        self.desk.clock.move(minutes=minutes)
        self.desk.ask(SignAgain(3600 * 10**6))

    @rule(at_once=st.booleans())
    def cosign(self, at_once: bool) -> None:
        self.kept.append(cosigned(self.desk))
        if at_once:
            assert self.desk.ask(Publish(self.kept[-1])).published_note == self.kept[-1]

    @rule(which=st.integers(0, 10**6))
    def publish_late(self, which: int) -> None:
        before = self.desk.ask(AskHead()).published
        assert self.desk.ask(Publish(self.kept[which % len(self.kept)])).published >= before

    @invariant()
    def what_is_shown_verifies(self) -> None:
        if not self.people:
            return
        since = self.seen[-1] if self.seen else Checkpoint(WITNESSED.origin, 0, root(0, _no_nodes))
        accounts = [who.account for who in self.people[-120:]]
        answer = self.desk.one(self.people[0], "PublicKey/lookup", accounts=accounts, history=True, since=since.size)
        now = verify_checkpoint(answer["log"]["checkpoint"].encode(), WITNESSED, None)
        verify_consistency(since.size, now.size, _hashes(answer["log"]["consistency"]), since.root, now.root)
        assert len(answer["notFound"]) + len({key["account"] for key in answer["list"]}) == len(accounts)
        for account in {key["account"] for key in answer["list"]}:
            _check_line([key for key in answer["list"] if key["account"] == account], now)
        self.seen.append(now)

    @invariant()
    def the_tiles_hold_the_whole_tree_and_every_entry_keeps_the_rules(self) -> None:
        size = self.desk.ask(AskHead()).published
        leaves, entries = self._tiles(0, size), self._bundles(size)
        assert leaves == [leaf_hash(entry) for entry in entries]
        assert self._tiles(1, size >> 8) == [root(256, _over(leaves[n : n + 256])) for n in range(0, size - 255, 256)]
        assert root(size, _over(leaves)) == self.desk.ask(AskRoot(size))
        memory = Memory()
        for entry in entries:
            check_entry(entry, memory, self.desk.clock.now(), frozenset({self.desk.seeds["station"].public().raw}))

    def teardown(self) -> None:
        for before in self.seen[-3:] + self.seen[:3]:
            proof = self.desk.one(self.people[0], "KeyLog/prove", sizes=[before.size])
            now = verify_checkpoint(proof["checkpoint"].encode(), WITNESSED, None)
            hashes = _hashes(proof["proofs"][str(before.size)])
            verify_consistency(before.size, now.size, hashes, before.root, now.root)

    def _tiles(self, level: int, count: int) -> list[bytes]:
        raw = b"".join(self.desk.ask(AskTile(Tile(level, n, width))) for n, width in _widths(count))
        return [raw[n : n + 32] for n in range(0, len(raw), 32)]

    def _bundles(self, count: int) -> list[bytes]:
        bundles = [self.desk.ask(AskTile(Tile("entries", n, width))) for n, width in _widths(count)]
        return [entry for raw in bundles for entry in decode_bundle(raw)]


def _check_line(line: list[dict[str, Any]], now: Checkpoint) -> None:
    before = None
    for key in line:
        before = verify_statement(announcement(key), before, account=key["account"])
    newest = announcement(line[-1])
    entry = leaf_hash(encode_entry(newest))
    verify_inclusion(entry, line[-1]["index"], now.size, _hashes(line[-1]["inclusion"]), now.root)
    assert before is not None
    assert before.hash == statement_hash(newest.statement)


def _hashes(texts: list[str]) -> list[bytes]:
    return [unb64u(one, 32) for one in texts]


def _widths(count: int) -> list[tuple[int, int]]:
    return [(n, min(256, count - 256 * n)) for n in range(-(-count // 256))]


def _over(leaves: list[bytes]) -> Any:
    from crypto.transparency.tree import node_hash

    def node(level: int, number: int) -> bytes:
        if level == 0:
            return leaves[number]
        return node_hash(node(level - 1, 2 * number), node(level - 1, 2 * number + 1))

    return node


def _no_nodes(level: int, number: int) -> bytes:
    raise AssertionError((level, number))


class SqliteKeyLogMachine(KeyLogMachine):
    """The same on a disk."""

    def store(self) -> Store:
        self._folder = TemporaryDirectory()
        self._sqlite = SqliteStore(Path(self._folder.name) / "relay.db")
        return self._sqlite

    def teardown(self) -> None:
        super().teardown()
        self._sqlite.close()
        self._folder.cleanup()


KeyLogMachine.TestCase.settings = settings(max_examples=6, stateful_step_count=14)
SqliteKeyLogMachine.TestCase.settings = settings(max_examples=3, stateful_step_count=12)
TestKeyLog = KeyLogMachine.TestCase
TestKeyLogOnSqlite = SqliteKeyLogMachine.TestCase
