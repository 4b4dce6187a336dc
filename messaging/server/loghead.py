"""The newest checkpoint beside the database: how a relay notices that it was given an older database than it had.

Law: a log that signs two different trees of one size is a fork, and clients never forgive one. So whoever cannot
know that this database has all of the log does not sign.
"""

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from crypto.errors import BadCheckpoint
from crypto.transparency.checkpoint import Checkpoint, LogSigner
from crypto.transparency.policy import parse_policy, solo_policy, verify_checkpoint
from messaging.relay import logtree
from messaging.relay.ports import Store, Transaction
from messaging.relay.records import LogHead
from messaging.relay.turn import Caller, House, Turn
from messaging.server.secrets import KEY_LOG

NAME: Final = "log-head"
HELP: Final = "docs/operations.md, The key log, says how to go on"


class LogLost(Exception):
    """This database does not have all of the key log that was signed for it, so that nothing more may be signed."""


def check(folder: Path, store: Store, house: House) -> None:
    """Compare the database with what is known of the log outside of it. Raises LogLost."""
    head = store.read(lambda tx: logtree.head(_turn(tx, house)))
    if head.note and _signed_by(house.log, head.note) is None:
        raise LogLost(f"the key log was signed with another key, or for another origin, than secrets/{KEY_LOG}: {HELP}")
    known = _read(folder, house.log)
    if known is None:
        return
    if known.size > head.size:
        raise LogLost(f"the key log has {head.size} entries, but {known.size} were signed for: {HELP}")
    if known.root != store.read(lambda tx: logtree.root(_turn(tx, house), known.size)):
        raise LogLost(f"the key log's first {known.size} entries are not those that were signed for: {HELP}")


def write(folder: Path, head: LogHead) -> None:
    """Replace the file, whole or not at all, and on the disk when it returns."""
    new = folder / f"{NAME}.new"
    handle = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        os.write(handle, head.note)
        os.fsync(handle)
    finally:
        os.close(handle)
    new.rename(folder / NAME)
    directory = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


def _turn(tx: Transaction, house: House) -> Turn:
    return Turn(tx, house, Caller(), datetime.now(UTC))


def _read(folder: Path, signer: LogSigner) -> Checkpoint | None:
    try:
        note = (folder / NAME).read_bytes()
    except FileNotFoundError:
        return None
    found = _signed_by(signer, note)
    if found is None:
        raise LogLost(f"{NAME} is no checkpoint of this log: {HELP}")
    return found


def _signed_by(signer: LogSigner, note: bytes) -> Checkpoint | None:
    try:
        return verify_checkpoint(note, parse_policy(solo_policy(signer)), None)
    except BadCheckpoint:
        return None
