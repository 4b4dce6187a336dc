"""Asks PostgreSQL beforehand what the works of a batch are going to ask: one journey for each kind of question.

Laws: what is known is not asked; a question that was not foreseen is asked when it comes.
"""

from collections.abc import Iterable
from typing import Final

from messaging.relay.ports import LAST, Question
from messaging.relay.records import KEYS, Act, Message, Sent
from messaging.store.arrays import ENDS, LAST_ACTS, LAST_LETTERS, asking, existing, turned
from messaging.store.link import Link
from messaging.store.pending import How, Key, Names
from messaging.store.remembered import Remembered

Group = tuple[type, Names]
Absent = dict[Group, set[Key]]  # values of columns that no row has
_RARE: Final = (Message, Sent)  # what is asked in order to find nothing


def foresee(link: Link, known: Remembered, questions: Iterable[Question]) -> Absent:
    """Fill `known`; what is no key comes back. Raises what the link raises."""
    wanted: dict[Group, dict[Key, None]] = {}
    for kind, names, values in questions:
        if not _knows(known, kind, names, values) and "\0" not in "".join(values):
            wanted.setdefault((kind, names), {})[values] = None
    rare: dict[Group, list[Key]] = {}
    for (kind, names), asked in wanted.items():
        if names == LAST:
            _last(link, known, kind, [values[0] for values in asked])
        elif kind in _RARE:
            rare[kind, names] = list(asked)
        else:
            _rows(link, known, kind, list(asked))
    if wanted and known.last_act is None:
        _ends(link, known)
    return _absent(link, known, rare) if rare else {}


def _knows(known: Remembered, kind: type, names: Names, values: Key) -> bool:
    if names == LAST:
        return values[0] in known.last_acts if kind is Act else (kind, values[0]) in known.latest
    return names == KEYS[kind] and values in known.rows[kind]


def _rows(link: Link, known: Remembered, kind: type, keys: list[Key]) -> None:
    found = [kind(*row) for row in link.fetch(asking(kind, KEYS[kind]), turned(keys, How.DROP))]
    rows, names = known.rows[kind], KEYS[kind]
    rows |= dict.fromkeys(keys)
    rows |= {tuple(getattr(record, name) for name in names): record for record in found}


def _absent(link: Link, known: Remembered, groups: dict[Group, list[Key]]) -> Absent:
    # Most have no row. Those that have one are asked for again, whole, by whoever wants it.
    given = [column for keys in groups.values() for column in turned(keys, How.DROP)]
    found = {tuple(row) for row in link.fetch(existing(tuple(groups)), given)}
    absent: Absent = {}
    for number, ((kind, names), keys) in enumerate(groups.items()):
        none = [key for key in keys if (number, *key, *[""] * (3 - len(key))) not in found]
        if names == KEYS[kind]:
            known.rows[kind] |= dict.fromkeys(none)
        else:
            absent[kind, names] = set(none)
    return absent


def _last(link: Link, known: Remembered, kind: type, accounts: list[str]) -> None:
    if kind is Act:
        acts = [Act(*row) for row in link.fetch(LAST_ACTS, (accounts,))]
        known.last_acts |= dict.fromkeys(accounts)
        known.last_acts |= {act.account: act for act in acts}
    else:
        for account, last in link.fetch(LAST_LETTERS, (accounts,)):
            known.latest[kind, account] = int(last)


def _ends(link: Link, known: Remembered) -> None:
    for *act, body in link.fetch(ENDS):
        known.last_act = Act(*act)
        known.last_body = int(body)
