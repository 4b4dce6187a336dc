"""What the doors of factors, recovery and pairing ask, and the rule that answers each."""

from dataclasses import dataclass
from typing import Any, TypeAlias, assert_never

from messaging.relay import activation, factors, login, pairing, recovery
from messaging.relay.turn import Turn
from messaging.wire.factors import AdoptRequest, ConfirmRequest, FactorsRequest, RecoverRequest
from messaging.wire.pairing import (
    PairingBegin,
    PairingClaim,
    PairingEnd,
    PairingFind,
    PairingGrant,
    PairingHello,
    PairingPoll,
)


@dataclass(frozen=True)
class ChangeFactors:
    """Of the caller's own account, or of one that it may act for; `account` is empty for its own."""

    request: FactorsRequest
    account: str = ""


PairingAsking: TypeAlias = (
    PairingBegin | PairingPoll | PairingFind | PairingHello | PairingGrant | PairingEnd | PairingClaim
)
FactorAsking: TypeAlias = ConfirmRequest | ChangeFactors | RecoverRequest | AdoptRequest | PairingAsking


def writes(asking: FactorAsking) -> bool:
    """Whether it needs the writer."""
    return not isinstance(asking, PairingPoll | PairingFind)


def answer(turn: Turn, asking: FactorAsking) -> Any:
    """The answer. Raises Refusal before any write, and returns one where refusing itself is remembered."""
    match asking:
        case ConfirmRequest():
            return login.confirm_device(turn, asking)
        case ChangeFactors():
            return factors.change(turn, asking.request, asking.account)
        case RecoverRequest():
            return recovery.recover(turn, asking)
        case AdoptRequest():
            return activation.adopt(turn, asking)
        case _:
            return _answer_pairing(turn, asking)


def _answer_pairing(turn: Turn, asking: PairingAsking) -> Any:
    match asking:
        case PairingBegin():
            return pairing.begin(turn, asking)
        case PairingPoll():
            return pairing.poll(turn, asking)
        case PairingFind():
            return pairing.find(turn, asking)
        case PairingHello():
            return pairing.hello(turn, asking)
        case PairingGrant():
            return pairing.grant(turn, asking)
        case PairingEnd():
            return pairing.end(turn, asking)
        case PairingClaim():
            return pairing.claim(turn, asking)
        case _:
            assert_never(asking)
