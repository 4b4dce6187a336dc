"""`DirectoryEntry/query`: the entries that have a word beginning with each of the words asked for, best first.

Best: whole words before beginnings, names before what else is said, then by name. Of words so common that more than
`SEARCH_LOOKS_AT` entries have them, the first in the order of names are looked at: the cost does not grow.
"""

from typing import Final

from msgspec import UNSET

from messaging.relay.directory import CITY_WORD, KIND_WORD, POSTAL_WORD, state, visible, words_of
from messaging.relay.moments import SECOND
from messaging.relay.ports import Range
from messaging.relay.records import Edge, Entry, Word
from messaging.relay.turn import Turn
from messaging.relay.words import prefix, whole, words
from messaging.wire import limits
from messaging.wire.directory import EntryFilter, EntryQuery
from messaging.wire.errors import Refusal
from messaging.wire.methods import QueryDone

_ANYONE: Final = (KIND_WORD, KIND_WORD + b"\xff")
_Rank = tuple[int, bytes, str]  # the lower the better


def query(turn: Turn, arguments: EntryQuery) -> QueryDone:
    """`DirectoryEntry/query`. Raises Refusal `accountNotFound`, `unsupportedFilter`, `rateLimit`."""
    asker = turn.mailbox(arguments.account_id).id
    asked = arguments.filter or EntryFilter()
    ranges = _ranges(asked)
    _count(turn)
    most = limits.MAX_SEARCH_LIMIT if arguments.limit is None else min(arguments.limit, limits.MAX_SEARCH_LIMIT)
    typed = words(asked.text) if asked.text is not UNSET else []
    found = _ranked(_listed(turn, ranges), _unlisted(turn, asker, ranges), typed)
    position = arguments.position if arguments.position >= 0 else max(0, len(found) + arguments.position)
    capped = arguments.limit is None or arguments.limit > most
    return QueryDone(
        account_id=asker,
        query_state=state(turn),
        can_calculate_changes=False,
        position=position,
        ids=found[position : position + most],
        limit=most if capped else UNSET,
    )


def _ranges(asked: EntryFilter) -> list[Range]:
    typed = words(asked.text) if asked.text is not UNSET else []
    if len(typed) > limits.MAX_SEARCH_WORDS:
        raise Refusal("unsupportedFilter", f"at most {limits.MAX_SEARCH_WORDS} words")
    ranges = [prefix(word) for word in typed]
    if asked.kind is not UNSET:
        ranges.append(whole(KIND_WORD + asked.kind.encode()))
    if asked.city is not UNSET:
        ranges.append(whole(CITY_WORD + b" ".join(words(asked.city))))
    if asked.postal_code is not UNSET:
        ranges.append(prefix(POSTAL_WORD + b" ".join(words(asked.postal_code))))
    return ranges or [_ANYONE]


def _count(turn: Turn) -> None:
    meter = turn.house.rates.search
    if wait := meter.wait(turn.caller.account, turn.stamp):
        raise Refusal("rateLimit", members={"limit": meter.burst, "retryAfter": -(-wait // SECOND)})
    meter.take(turn.caller.account, turn.stamp)


def _listed(turn: Turn, ranges: list[Range]) -> dict[str, list[Word]]:
    # The rarest word leads, so that the others are only asked of its entries.
    counted = [(turn.tx.count_words(one, limits.SEARCH_LOOKS_AT), number) for number, one in enumerate(ranges)]
    rarest = min(counted)[1]
    leading = [ranges[rarest], *(one for number, one in enumerate(ranges) if number != rarest)]
    found: dict[str, list[Word]] = {}
    for word in turn.tx.words(leading, limits.SEARCH_LOOKS_AT):
        found.setdefault(word.id, []).append(word)
    return found


def _unlisted(turn: Turn, asker: str, ranges: list[Range]) -> dict[str, list[Word]]:
    # Whoever has a contact with somebody finds them: patients, whose contacts are few and are professionals.
    if turn.caller.kind != "patient":
        return {}
    edges = turn.tx.where(Edge, account=asker)[: limits.SEARCH_LOOKS_AT]
    hidden = [entry for entry in visible(turn, asker, [edge.id for edge in edges]) if not entry.listed]
    all_words = {entry.id: _as_listed(entry) for entry in hidden}
    return {
        id_: held
        for id_, held in all_words.items()
        if all(any(low <= word.word < high for word in held) for low, high in ranges)
    }


def _as_listed(entry: Entry) -> list[Word]:
    return sorted(words_of(Entry(**{n: getattr(entry, n) for n in Entry.__struct_fields__} | {"listed": 1})),
                  key=lambda word: (word.word, word.weight))  # fmt: skip


def _ranked(listed: dict[str, list[Word]], unlisted: dict[str, list[Word]], typed: list[bytes]) -> list[str]:
    ranks = {id_: _rank(id_, held, typed) for id_, held in (listed | unlisted).items()}
    return sorted(ranks, key=ranks.__getitem__)


def _rank(id_: str, held: list[Word], typed: list[bytes]) -> _Rank:
    best = min((2 * (word.word not in typed) + word.weight for word in held), default=0)
    return best, held[0].order, id_
