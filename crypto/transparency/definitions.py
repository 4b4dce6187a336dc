"""The lines of a policy, one after another: what each may say after those before it. Raises BadPolicy alone."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from crypto.errors import BadPolicy, WeakKey
from crypto.keys import SigningPublic
from crypto.labels import POLICY_MEMBERS
from crypto.transparency.note import COSIGNATURE, ED25519, SUBTREE, NoteKey
from crypto.transparency.quorum import Group, Member, Witness

_ITEM = "transparency/12"
_THRESHOLD = re.compile(r"[1-9][0-9]{0,4}")
_NOBODY = "none"


@dataclass(frozen=True)
class Defined:
    """What all lines say together. `log_keys` are of kind ED25519 and SUBTREE, of one name."""

    log_keys: tuple[NoteKey, NoteKey]
    log_url: str | None
    witnesses: tuple[Witness, ...]
    quorum: Member | None


class Definitions:
    """What the lines so far have said. A name is used only after it was defined, so there are no circles."""

    def __init__(self) -> None:
        self._logs: list[tuple[NoteKey, str | None]] = []
        self._members: dict[str, Member] = {}
        self._used: set[str] = set()
        self._publics: set[bytes] = set()
        self._quorum: list[Member | None] = []

    def log(self, vkey: str, url: str | None) -> None:
        """A line `log VKEY [URL]`."""
        require(len(self._logs) < 2)
        self._logs.append((self._key(vkey, (ED25519, SUBTREE)), url))

    def witness(self, name: str, vkey: str, url: str | None) -> None:
        """A line `witness NAME VKEY [URL]`."""
        self._define(name, Witness(name, self._key(vkey, (COSIGNATURE, SUBTREE)), url))

    def group(self, name: str, threshold: str, members: Sequence[str]) -> None:
        """A line `group NAME any|all|N MEMBER...`."""
        least = self._threshold(threshold, len(members))
        self._define(name, Group(least, tuple(self._member(member) for member in members)))

    def quorum(self, name: str) -> None:
        """A line `quorum NAME|none`."""
        require(not self._quorum)
        self._quorum.append(None if name == _NOBODY else self._defined(name))

    def finish(self) -> Defined:
        """When there are no more lines."""
        logs = sorted(self._logs, key=lambda log: log[0].kind)
        require([key.kind for key, _ in logs] == [ED25519, SUBTREE] and len(self._quorum) == 1)
        (plain, first_url), (timed, second_url) = logs
        require(plain.name == timed.name)
        witnesses = tuple(member for member in self._members.values() if isinstance(member, Witness))
        return Defined((plain, timed), first_url or second_url, witnesses, self._quorum[0])

    def _key(self, vkey: str, kinds: tuple[int, int]) -> NoteKey:
        key = NoteKey.parse(vkey)
        require(key.kind in kinds and key.public not in self._publics)
        self._publics.add(key.public)
        if key.kind != SUBTREE:
            _require_point(key.public)
        return key

    def _define(self, name: str, member: Member) -> None:
        require(name != _NOBODY and name not in self._members)
        self._members[name] = member
        same = [one for one in self._members.values() if type(one) is type(member)]
        require(len(same) <= POLICY_MEMBERS)

    def _defined(self, name: str) -> Member:
        require(name in self._members)
        return self._members[name]

    def _member(self, name: str) -> Member:
        # In one group at most: so a witness counts in only one way.
        require(name not in self._used)
        self._used.add(name)
        return self._defined(name)

    def _threshold(self, spelled: str, count: int) -> int:
        require(count > 0)
        match spelled:
            case "any":
                return 1
            case "all":
                return count
            case _:
                require(_THRESHOLD.fullmatch(spelled) is not None)
                require(int(spelled) <= count)
                return int(spelled)


def require(kept: bool) -> None:
    """Raises BadPolicy unless."""
    if not kept:
        raise BadPolicy(_ITEM)


def _require_point(public: bytes) -> None:
    try:
        SigningPublic.load(public)
    except WeakKey as error:
        raise BadPolicy(_ITEM) from error
