"""Whose log it is: the signatures that a witness asks for, and the policy that a reader goes by. Pure."""

from collections.abc import Sequence
from datetime import datetime

from clients.log.violation import Violated
from clients.log.witness import Answer, refused
from crypto.errors import BadCheckpoint, BadPolicy
from crypto.transparency.checkpoint import Checkpoint
from crypto.transparency.policy import Policy, parse_policy, verify_checkpoint

_STALE = "transparency/9"
_SIGNATURES = "transparency/7"


def log_policy(vkeys: Sequence[str], url: str) -> Policy:
    """A policy of a log's own keys, without witnesses. Raises BadPolicy."""
    return parse_policy("".join([*(f"log {vkey} {url}\n" for vkey in vkeys), "quorum none\n"]).encode())


def log_alone(policy: Policy, url: str) -> Policy:
    """The same log, without its witnesses: one of them may be asking."""
    return log_policy([key.vkey for key in policy.log_keys], url)


def check_log_signatures(note: bytes, log: Policy, now: datetime) -> Answer | None:
    """403 when a signature of the log is missing or wrong, 422 when its time is; None when all is well."""
    try:
        verify_checkpoint(note, log, now)
    except BadCheckpoint as error:
        return refused(422 if error.item == _STALE else 403, error.item or _SIGNATURES)
    return None


def believed(note: bytes, policy: Policy, now: datetime) -> Checkpoint:
    """The checkpoint, signed and witnessed as the policy asks. Raises Violated."""
    try:
        return verify_checkpoint(note, policy, now)
    except BadCheckpoint as error:
        raise Violated(error.item) from error


def read_policy(text: bytes) -> Policy:
    """Raises Violated."""
    try:
        return parse_policy(text)
    except BadPolicy as error:
        raise Violated(error.item) from error
