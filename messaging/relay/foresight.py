"""What a request is going to ask its transaction: hints for a store to which every question is a journey.

Laws: a hint changes no answer. What is foreseen and not asked costs little; what is asked and not foreseen is found all
the same. Nothing is refused here: what cannot be read has no hints, and the rules say why.
"""

from collections.abc import Iterator
from itertools import islice
from typing import Final

import msgspec

from messaging.relay.ports import LAST, Question
from messaging.relay.records import KEYS, Account, Act, Edge, Message, Sent
from messaging.relay.relay import Asking
from messaging.wire import limits
from messaging.wire.codec import Request

_MOST: Final = 4_096  # questions of one request
_LETTER: Final = ("account", "client_id", "sender")  # as messages.py asks for a letter that was sent before


class _To(msgspec.Struct):
    account: str


class _Letter(msgspec.Struct, rename="camel"):
    client_id: str
    to: list[_To]


class _Letters(msgspec.Struct, rename="camel"):
    account_id: str
    create: dict[str, _Letter] = {}


def foreseen(asking: Asking) -> Iterator[Question]:
    """The questions, perhaps some twice."""
    if isinstance(asking, Request):
        yield from islice(_of_calls(asking), _MOST)


def _of_calls(request: Request) -> Iterator[Question]:
    for call in request.method_calls:
        if call.name == "SealedMessage/set":
            try:
                letters = msgspec.json.decode(call.arguments, type=_Letters)
            except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
                continue
            yield from _of_letters(letters)


def _of_letters(letters: _Letters) -> Iterator[Question]:
    sender = letters.account_id
    yield _by_key(Account, sender)
    yield Act, LAST, (sender,)
    yield Message, LAST, (sender,)
    for letter in islice(letters.create.values(), limits.MAX_OBJECTS_IN_SET):
        yield Message, _LETTER, (sender, letter.client_id, sender)
        yield _by_key(Sent, sender, letter.client_id)
        for to in letter.to[: limits.MAX_RECIPIENTS]:
            yield _by_key(Account, to.account)
            yield _by_key(Edge, to.account, sender)
            yield _by_key(Edge, sender, to.account)


def _by_key(kind: type, *key: str) -> Question:
    return kind, KEYS[kind], key
