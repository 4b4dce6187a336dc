"""What runs out by itself: challenges, tickets, tokens, devices, trust, failures, pairings, unnamed blobs, archives."""

from typing import Final

from messaging.relay import closing
from messaging.relay.records import (
    Access,
    Blob,
    Consent,
    Device,
    EmailCode,
    Failure,
    Pairing,
    Refresh,
    Subscription,
    Ticket,
    Trust,
    UsedChallenge,
)
from messaging.relay.turn import Turn

_KINDS: Final = (
    UsedChallenge, Ticket, Access, Refresh, Trust, Failure, Device, Pairing, Consent, EmailCode, Subscription,
)  # fmt: skip


def sweep(turn: Turn) -> int:
    """Drop what is past, a bounded number at a time; how many went."""
    past = sum(turn.tx.drop_expired(kind, turn.stamp) for kind in (*_KINDS, Blob))
    return past + closing.end_archives(turn)


def unclaimed(turn: Turn, blobs: list[str]) -> list[str]:
    """Those of `blobs` that no account may fetch."""
    return [blob for blob in blobs if not turn.tx.count(Blob, id=blob)]
