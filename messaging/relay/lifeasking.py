"""What the doors of an account's life ask, and the rule that answers each."""

from typing import Any, TypeAlias, assert_never

from messaging.relay import catalogue, closing, opposition
from messaging.relay.catalogue import TakeCatalogue
from messaging.relay.turn import Turn
from messaging.wire.life import CloseRequest, OpposeRequest

LifeAsking: TypeAlias = OpposeRequest | CloseRequest | TakeCatalogue


def answer(turn: Turn, asking: LifeAsking) -> Any:
    """The answer. Raises Refusal before any write."""
    match asking:
        case OpposeRequest():
            return opposition.oppose(turn, asking)
        case CloseRequest():
            return closing.close_own(turn, asking)
        case TakeCatalogue():
            return catalogue.take(turn, asking)
        case _:
            assert_never(asking)
