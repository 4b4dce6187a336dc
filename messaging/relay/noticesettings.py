"""A person's settings of notices as they are read: by those who change them, and by those who tell."""

from typing import Final

import msgspec

from messaging.relay.noticekeys import CannotRead, unseal
from messaging.relay.records import Setting
from messaging.relay.turn import Turn
from messaging.wire.notices import Quiet

ID: Final = "settings"


def setting(turn: Turn, account: str) -> Setting:
    """The account's, or what is so for whoever never said anything."""
    found = turn.tx.one(Setting, account, ID)
    return found or Setting(account, ID, b"", "none", "each", 1, "fr", b"null", 0, 0, 0)


def address(turn: Turn, held: Setting) -> str:
    """Where to write to; empty where there is none."""
    try:
        return unseal(turn, held.email, "email", held.account).decode() if held.email else ""
    except CannotRead:
        return ""


def quiet(held: Setting) -> Quiet | None:
    """The quiet hours."""
    return msgspec.json.decode(held.quiet, type=Quiet | None)
