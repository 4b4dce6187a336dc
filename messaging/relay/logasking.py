"""What the doors of the key log and its publisher ask, and the rule that answers each."""

from dataclasses import dataclass
from typing import Any, TypeAlias, assert_never

from crypto.transparency.tiles import Tile
from messaging.relay import keylog, logtree
from messaging.relay.turn import Turn


@dataclass(frozen=True)
class BeginLog:
    """The head of the log, with a checkpoint of nothing when it has none yet."""


@dataclass(frozen=True)
class SignAgain:
    """The head, signed anew when its checkpoint is older than `age` microseconds."""

    age: int


@dataclass(frozen=True)
class Publish:
    """The head, with this cosigned checkpoint published if it may be."""

    note: bytes


@dataclass(frozen=True)
class AskHead:
    """The head, published or not."""


@dataclass(frozen=True)
class AskLog:
    """The head, refused where nothing has been published."""


@dataclass(frozen=True)
class AskTile:
    """Hashes or entries of what has been signed for."""

    tile: Tile


@dataclass(frozen=True)
class AskRoot:
    """The root (32 bytes) at a size that the log has reached."""

    size: int


@dataclass(frozen=True)
class AskConsistency:
    """The proof (hashes) from size `old` to `new`, for a witness, who may know what is not published yet."""

    old: int
    new: int


LogAsking: TypeAlias = BeginLog | SignAgain | Publish | AskHead | AskLog | AskTile | AskRoot | AskConsistency


def writes(asking: LogAsking) -> bool:
    """Whether it needs the writer."""
    return isinstance(asking, BeginLog | SignAgain | Publish)


def answer(turn: Turn, asking: LogAsking) -> Any:
    """The answer. Raises Refusal before any write."""
    match asking:
        case BeginLog():
            return keylog.begin(turn)
        case SignAgain():
            return keylog.sign_again(turn, asking.age)
        case Publish():
            return keylog.publish(turn, asking.note)
        case AskHead():
            return logtree.head(turn)
        case AskLog():
            return logtree.published(turn)
        case AskTile():
            return keylog.tile(turn, asking.tile)
        case AskRoot():
            return logtree.root(turn, asking.size)
        case AskConsistency():
            return logtree.continuation(turn, asking.old, asking.new)
        case _:
            assert_never(asking)
