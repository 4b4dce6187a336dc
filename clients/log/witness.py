"""What a witness answers (C2SP tlog-witness, add-checkpoint). Pure: bytes and the kept head in, an answer out.

Laws: nothing is cosigned that does not follow from what was cosigned before; every refusal has the status of that page.
"""

import re
from base64 import b64decode, b64encode
from binascii import Error as BadBase64
from dataclasses import dataclass
from typing import Final, TypeAlias

from clients.log.head import Head
from clients.log.violation import Violated
from crypto.errors import BadCheckpoint, BadProof
from crypto.transparency.checkpoint import Checkpoint, parse_checkpoint_text
from crypto.transparency.note import parse_note
from crypto.transparency.proof import verify_consistency
from crypto.transparency.tree import EMPTY_ROOT

BODY_LIMIT: Final = 256 * 1024
PROOF_LIMIT: Final = 63
SIZE_TYPE: Final = "text/x.tlog.size"
PLAIN_TYPE: Final = "text/plain; charset=utf-8"
_OLD = re.compile(r"old (0|[1-9][0-9]{0,18})")
_HASH: Final = 32


@dataclass(frozen=True)
class Asked:
    """A request of the right form; nothing in it is verified."""

    old: int
    proof: tuple[bytes, ...]
    checkpoint: Checkpoint
    note: bytes


@dataclass(frozen=True)
class Answer:
    """What goes back. `rule` says why, for the log file of whoever runs the witness.

    `accuses`: the checkpoint, signed by the log's keys, proves what the log did, and is worth keeping.
    """

    status: int
    body: bytes = b""
    type: str = PLAIN_TYPE
    rule: str = ""
    retry_after: int | None = None
    accuses: bool = False


Read: TypeAlias = "Asked | Answer"


def read(body: bytes) -> Read:
    """The request, or 400."""
    if len(body) > BODY_LIMIT:
        return refused(413, "oversized")
    head, separator, note = body.partition(b"\n\n")
    try:
        first, *lines = head.decode("ascii").split("\n")
        old = _OLD.fullmatch(first)
        if not separator or old is None or len(lines) > PROOF_LIMIT:
            return refused(400, "form")
        proof = tuple(_hash(line) for line in lines)
        checkpoint = parse_checkpoint_text(parse_note(note).text)
    except (ValueError, BadBase64, BadCheckpoint):
        return refused(400, "form")
    return Asked(int(old[1]), proof, checkpoint, note)


def judge_size(asked: Asked, kept: Head) -> Answer | None:
    """400 and 409: whether it begins where the last one ended. The signatures of `asked` were verified."""
    if asked.old > asked.checkpoint.size:
        return refused(400, "old size above the size")
    if asked.old != kept.size:
        return Answer(409, b"%d\n" % kept.size, SIZE_TYPE, "old size")
    return None


def judge_proof(asked: Asked, kept: Head) -> Answer | None:
    """422: whether it is consistent with the kept head, by the proof that came along."""
    checkpoint = asked.checkpoint
    if checkpoint.size == 0 and checkpoint.root != EMPTY_ROOT:
        return violated(Violated("forked"))
    if asked.old == checkpoint.size and checkpoint.root != kept.edge.root:
        return violated(Violated("forked"))
    try:
        verify_consistency(asked.old, checkpoint.size, list(asked.proof), kept.edge.root, checkpoint.root)
    except BadProof:
        # The proof is unsigned: whoever sent it may be wrong, not the log.
        return refused(422, "transparency/11")
    return None


def violated(violation: Violated) -> Answer:
    """422 for a log that breaks a rule."""
    return Answer(422, f"{violation.words}\n".encode(), rule=violation.rule, accuses=True)


def cosigned(lines: bytes) -> Answer:
    """200 with the signature lines."""
    return Answer(200, lines)


def refused(status: int, rule: str) -> Answer:
    """Not cosigned; the rule goes along, for whoever runs the log."""
    return Answer(status, f"{rule}\n".encode(), rule=rule)


def _hash(line: str) -> bytes:
    raw = b64decode(line, validate=True)
    if len(raw) != _HASH or b64encode(raw).decode() != line:
        raise ValueError("not a hash")
    return raw
