"""`DirectoryEntry`: what professionals, organisations and apps say of themselves, and how others find it.

Laws: nobody is an entry without having asked for it, and a patient never is. The directory is one numbered list; its
words are those of listed entries alone. A search looks at a bounded number of words, however many entries there are.
"""

from collections.abc import Iterable
from typing import Final

import msgspec
from msgspec import UNSET
from msgspec.structs import replace

from messaging.relay.accesslog import log
from messaging.relay.addresses import address_id
from messaging.relay.moments import date_text
from messaging.relay.records import Account, Edge, Entry, Gone, Word
from messaging.relay.records import Address as AddressRow
from messaging.relay.sets import apply, changes_of, invalid, parse, wanted
from messaging.relay.turn import Turn
from messaging.relay.words import order, words
from messaging.wire import limits
from messaging.wire.directory import DirectoryEntry, EntryUpdate, Identifier
from messaging.wire.errors import Refusal
from messaging.wire.methods import Changed, Changes, Get, Got, Set, SetDone

LIST: Final = "directory"  # the account of the records: the list is nobody's
KINDS: Final = ("professional", "organisation", "app")
KIND_WORD: Final = b"\x01"  # before a kind, a city, a postal code: no text has it
CITY_WORD: Final = b"\x02"
POSTAL_WORD: Final = b"\x03"
_DIGITS: Final = {"rpps": 11, "finess": 9, "siret": 14}
_TEXTS: Final = ("name", "profession", "specialty", "organisation", "city")


def get(turn: Turn, arguments: Get) -> Got[DirectoryEntry]:
    """`DirectoryEntry/get`; without ids, while there are few. Raises Refusal `requestTooLarge`."""
    turn.mailbox(arguments.account_id)
    ids = wanted(arguments.ids)
    if ids is None:
        ids = [change.id for change in turn.tx.changes(Entry, LIST, 0, limits.MAX_OBJECTS_IN_GET + 1)]
        if len(ids) > limits.MAX_OBJECTS_IN_GET:
            raise Refusal("requestTooLarge", members={"limit": limits.MAX_OBJECTS_IN_GET})
        missing: list[str] = []
        found = visible(turn, arguments.account_id, ids)
    else:
        found = visible(turn, arguments.account_id, ids)
        missing = [id_ for id_ in ids if id_ not in {entry.id for entry in found}]
    return Got(
        account_id=arguments.account_id,
        state=state(turn),
        list_=[_seen(entry) for entry in found],
        not_found=missing,
    )


def get_changes(turn: Turn, arguments: Changes) -> Changed:
    """`DirectoryEntry/changes`, of the whole directory: what the caller may not see any more was destroyed."""
    account = turn.mailbox(arguments.account_id).id
    said = changes_of(turn, account, LIST, arguments, Entry)
    seen = {entry.id for entry in visible(turn, account, [*said.created, *said.updated])}
    hidden = [id_ for id_ in (*said.created, *said.updated) if id_ not in seen]
    return replace(
        said,
        created=[id_ for id_ in said.created if id_ in seen],
        updated=[id_ for id_ in said.updated if id_ in seen],
        destroyed=[*said.destroyed, *hidden],
    )


def set_(turn: Turn, arguments: Set) -> SetDone:
    """`DirectoryEntry/set`: one's own, by update (which also makes it) and destroy. Raises Refusal `accountNotFound`,
    `accountNotSupportedByMethod` for whoever is never listed.
    """
    if turn.mailbox(arguments.account_id).kind not in KINDS:
        raise Refusal("accountNotSupportedByMethod")
    return apply(turn, arguments, lambda: state(turn), update=_update, destroy=_destroy)


def state(turn: Turn) -> str:
    """Of the whole directory."""
    return str(turn.tx.latest(Entry, LIST))


def visible(turn: Turn, asker: str, ids: Iterable[str]) -> list[Entry]:
    """Those that are listed, the asker's own, and those that the asker has a contact with."""
    found = (turn.tx.one(Entry, LIST, id_) for id_ in ids)
    return [entry for entry in found if entry is not None and (entry.listed or _knows(turn, asker, entry.id))]


def remove(turn: Turn, account: str) -> None:
    """The account is not in the directory any more: it was closed or erased."""
    if (held := turn.tx.one(Entry, LIST, account)) is not None:
        number = int(state(turn)) + 1
        _forget(turn, held)
        turn.tx.drop(Entry, LIST, account)
        turn.tx.add(Gone(LIST, Entry.__name__, number, account))


def words_of(entry: Entry) -> set[Word]:
    """By which an entry is found; none of one that is not listed."""
    if not entry.listed:
        return set()
    place = order(entry.name)
    named = words(entry.name)
    others = [word for field in _TEXTS[1:] for word in words(getattr(entry, field)) if word not in named]
    marks = [KIND_WORD + entry.kind.encode(), *marked(CITY_WORD, entry.city), *marked(POSTAL_WORD, entry.postal)]
    weighed = [*((word, 0) for word in named), *((word, 1) for word in others), *((mark, 0) for mark in marks)]
    return {Word(word, weight, place, entry.id) for word, weight in weighed}


def marked(mark: bytes, text: str) -> list[bytes]:
    """The one word of a field as a whole, none where it is empty: a city of several words is one."""
    return [mark + b" ".join(words(text))] if words(text) else []


def _update(turn: Turn, account: str, id_: str, raw: msgspec.Raw) -> None:
    owner = turn.tx.one(Account, account)
    if id_ != account or owner is None:
        raise Refusal("notFound")
    new, before = parse(raw, EntryUpdate), turn.tx.one(Entry, LIST, account)
    if before is None and new.name is UNSET:
        raise invalid("name")
    entry = before or Entry(LIST, account, owner.kind, "", "", "", "", "", "", b"[]", "", 1, 0, 0, 0)
    entry = _with_identifiers(_with_address(turn, _with_texts(entry, new), new), new)
    if not words(entry.name):
        raise invalid("name")
    if new.listed is not UNSET:
        entry = replace(entry, listed=int(new.listed))
    number = int(state(turn)) + 1
    if before is not None:
        _forget(turn, before)
    kept = replace(entry, updated=turn.stamp, created=entry.created or number, changed=number)
    turn.tx.put(kept)
    for word in words_of(kept):
        turn.tx.add(word)
    log(turn, "directory", account=account)


def _destroy(turn: Turn, account: str, id_: str) -> None:
    if id_ != account or turn.tx.one(Entry, LIST, account) is None:
        raise Refusal("notFound")
    remove(turn, account)
    log(turn, "directory", account=account, target="removed")


def _with_texts(entry: Entry, new: EntryUpdate) -> Entry:
    given = {"postal": new.postal_code} | {name: getattr(new, name) for name in _TEXTS}
    return replace(entry, **{name: value or "" for name, value in given.items() if value is not UNSET})


def _with_address(turn: Turn, entry: Entry, new: EntryUpdate) -> Entry:
    if new.address is UNSET:
        return entry
    if new.address is None:
        return replace(entry, address="")
    try:
        held = turn.tx.one(AddressRow, address_id(turn.house.secrets.pepper, new.address))
    except UnicodeEncodeError:
        held = None
    if held is None or held.account != entry.id:
        raise invalid("address")
    return replace(entry, address=new.address)


def _with_identifiers(entry: Entry, new: EntryUpdate) -> Entry:
    if new.identifiers is UNSET:
        return entry
    pairs = [(one.system, one.value) for one in new.identifiers]
    if len(set(pairs)) != len(pairs) or any(len(value) != _DIGITS[system] for system, value in pairs):
        raise invalid("identifiers")
    if any(system != "finess" and not value.isdigit() for system, value in pairs):
        raise invalid("identifiers")
    return replace(entry, identifiers=msgspec.json.encode(new.identifiers))


def _forget(turn: Turn, entry: Entry) -> None:
    for word in words_of(entry):
        turn.tx.drop(Word, word.word, word.weight, word.order, word.id)


def _knows(turn: Turn, asker: str, account: str) -> bool:
    return asker == account or turn.tx.one(Edge, asker, account) is not None


def _seen(entry: Entry) -> DirectoryEntry:
    return DirectoryEntry(
        id=entry.id,
        kind=entry.kind,  # type: ignore[arg-type] # the column holds only kinds that are listed
        name=entry.name,
        profession=entry.profession or None,
        specialty=entry.specialty or None,
        organisation=entry.organisation or None,
        city=entry.city or None,
        postal_code=entry.postal or None,
        identifiers=msgspec.json.decode(entry.identifiers, type=list[Identifier]),
        address=entry.address or None,
        listed=bool(entry.listed),
        updated_at=date_text(entry.updated),
    )
