"""Whom a client trusts for the log, and whether they signed a checkpoint (C2SP tlog-policy, read more strictly).

Laws (docs/spec/transparency.md, checkpoint and policy): each log key signs; a signature by a known key that is wrong
refuses the note; the quorum is reached by fresh cosignatures. Signatures by unknown keys are skipped.
"""

import hashlib
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypeAlias

from crypto.errors import BadCheckpoint, BadPolicy, CannotOpen
from crypto.labels import CHECKPOINT_AGE, CHECKPOINT_AHEAD, POLICY_LIMIT
from crypto.transparency.checkpoint import Checkpoint, LogSigner, parse_checkpoint_text, verified_time
from crypto.transparency.definitions import Definitions, require
from crypto.transparency.note import NoteKey, NoteLine, parse_lines, parse_note
from crypto.transparency.quorum import Member, Witness, is_witnessed

_ORIGIN, _SIGNED, _WITNESSED, _FRESH = (f"transparency/{item}" for item in (6, 7, 8, 9))
_OTHER_OCTETS = re.compile(rb"[^\t\n\x20-\x7e\x80-\xff]")
_BLANK = re.compile(r"[ \t]+")
_NEVER: Final = 0  # a time that says nothing about when

_Times: TypeAlias = Mapping[NoteKey, Collection[int | None]]
"""Of each key with a good signature: when, as often as it signed."""


@dataclass(frozen=True)
class Policy:
    """A policy and its very text.

    `log_keys` are of kind ED25519 and SUBTREE, and named as the origin; `quorum` is None when no witness has to sign.
    """

    text: bytes
    origin: str
    log_keys: tuple[NoteKey, NoteKey]
    log_url: str | None
    witnesses: tuple[Witness, ...]
    quorum: Member | None

    @property
    def hash(self) -> bytes:
        """32 bytes: SHA-256 of the text."""
        return hashlib.sha256(self.text).digest()


def parse_policy(text: bytes) -> Policy:
    """The policy that `text` says: UTF-8, at most 64 KiB, 32 witnesses and 32 groups. Raises BadPolicy."""
    definitions = Definitions()
    for line in _lines(text):
        _read(definitions, _BLANK.split(line))
    found = definitions.finish()
    return Policy(text, found.log_keys[0].name, found.log_keys, found.log_url, found.witnesses, found.quorum)


def solo_policy(signer: LogSigner, url: str | None = None) -> bytes:
    """The text that trusts the log alone."""
    where = f" {url}" if url else ""
    return "".join([*(f"log {key.vkey}{where}\n" for key in signer.keys), "quorum none\n"]).encode()


def verify_checkpoint(note: bytes, policy: Policy, now: datetime | None) -> Checkpoint:
    """The checkpoint that the log and the quorum signed, not older than 24 hours; of any age when `now` is None.

    Raises BadCheckpoint, whose `item` is transparency/9 when only its age is wrong.
    """
    parsed = parse_note(note)
    found = parse_checkpoint_text(parsed.text)
    if found.origin != policy.origin:
        raise BadCheckpoint(_ORIGIN)
    times = {**_signed(policy.log_keys, parsed.lines, found, _SIGNED)}
    _require(len(times) == len(policy.log_keys), _SIGNED)
    times |= _signed([witness.key for witness in policy.witnesses], parsed.lines, found, _WITNESSED)
    _require(_has_quorum(policy.quorum, times), _WITNESSED)
    if now is not None:
        fresh = {key: said for key, said in times.items() if any(_is_fresh(time, now) for time in said)}
        _require(policy.log_keys[1] in fresh and _has_quorum(policy.quorum, fresh), _FRESH)
    return found


def has_quorum(note: bytes, policy: Policy) -> bool:
    """Whether the note passes verify_checkpoint(), whatever its age."""
    try:
        verify_checkpoint(note, policy, None)
    except BadCheckpoint:
        return False
    return True


def verify_cosignatures(lines: bytes, checkpoint: Checkpoint, keys: Collection[NoteKey]) -> bytes:
    """The lines by `keys` in a witness's answer, without the others. Raises BadCheckpoint for none, or a wrong one."""
    parsed = parse_lines(lines)
    signed = _signed(keys, parsed, checkpoint, _WITNESSED)
    _require(bool(signed), _WITNESSED)
    known = {(key.name, key.key_id) for key in signed}
    return b"".join(line.raw for line in dict.fromkeys(parsed) if (line.name, line.key_id) in known)


def _signed(keys: Iterable[NoteKey], lines: Iterable[NoteLine], checkpoint: Checkpoint, untimed: str) -> _Times:
    """The keys whose lines are among these. `untimed` is the item of a time of 0."""
    known = {(key.name, key.key_id): key for key in keys}
    times: dict[NoteKey, list[int | None]] = {}
    for line in lines:
        key = known.get((line.name, line.key_id))
        if key is not None:
            time = _verified(key, line, checkpoint)
            _require(time != _NEVER, untimed)
            times.setdefault(key, []).append(time)
    return times


def _verified(key: NoteKey, line: NoteLine, checkpoint: Checkpoint) -> int | None:
    try:
        return verified_time(key, line, checkpoint)
    except CannotOpen as error:
        raise BadCheckpoint(_SIGNED) from error


def _has_quorum(quorum: Member | None, times: _Times) -> bool:
    def signed(witness: Witness) -> bool:
        return witness.key in times

    return quorum is None or is_witnessed(quorum, signed)


def _is_fresh(time: int | None, now: datetime) -> bool:
    return time is not None and -CHECKPOINT_AHEAD <= now.timestamp() - time <= CHECKPOINT_AGE


def _read(definitions: Definitions, words: list[str]) -> None:
    match words:
        case ["log", vkey, *url]:
            definitions.log(vkey, _url(url))
        case ["witness", name, vkey, *url]:
            definitions.witness(name, vkey, _url(url))
        case ["group", name, threshold, *members]:
            definitions.group(name, threshold, members)
        case ["quorum", name]:
            definitions.quorum(name)
        case _:
            require(kept=False)


def _lines(text: bytes) -> list[str]:
    """Those that say something, without white space around them."""
    require(len(text) <= POLICY_LIMIT and _OTHER_OCTETS.search(text) is None)
    try:
        lines = [line.strip(" \t") for line in text.decode("utf-8").split("\n")]
    except UnicodeDecodeError as error:
        raise BadPolicy("transparency/12") from error
    return [line for line in lines if line and not line.startswith("#")]


def _url(words: Sequence[str]) -> str | None:
    require(len(words) <= 1)
    return words[0] if words else None


def _require(kept: bool, item: str) -> None:
    if not kept:
        raise BadCheckpoint(item)
