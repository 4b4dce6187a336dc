"""What a row is made of: how to ask, and what each actor is to be told. Words for the usual cases."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from msgspec import Raw, json

from messaging.relay.relay import Asking
from messaging.wire import names
from messaging.wire.codec import Call, Request, encode
from messaging.wire.errors import Refusal
from tests.messaging.access.people import ACTORS, GONE, Asker, House

DONE: Final = "done"
OWN: Final = ""  # for `accountId`: the asker's own
Attempt = Callable[[House, Asker], str]  # DONE, or the name of the refusal
Expected = dict[str, str]

_HERE: Final = tuple(actor for actor in ACTORS if actor not in GONE)
INSIDE: Final = ("owner", "unconfirmed owner", "delegate")
STRANGERS: Final = tuple(actor for actor in _HERE if actor not in INSIDE)


def everybody(said: str) -> Expected:
    """Whoever is logged in, and nobody."""
    return dict.fromkeys(_HERE, said)


# A method of the account: for its owner and their delegate, and for nobody else there is no such account.
SHARED: Final = everybody("accountNotFound") | dict.fromkeys(INSIDE, DONE)
# ... that asks for a confirmed device.
CONFIRMED: Final = SHARED | {"unconfirmed owner": "forbidden"}
# ... that only the owner has: a delegate knows that the account is there.
OWNERS: Final = SHARED | {"delegate": "accountNotSupportedByMethod"}


@dataclass(frozen=True)
class Row:
    """One row. `expected`: by every actor that is not gone."""

    attempt: Attempt
    expected: Expected


def method(name: str, expected: Expected, **given: Any) -> Row:
    """A method call for the account that is asked about; callables among the arguments are filled in."""

    def attempt(house: House, asker: Asker) -> str:
        values = {key: value(house) if callable(value) else value for key, value in given.items()}
        if values.get("accountId") == OWN:
            values["accountId"] = asker.caller.account
        answer = house.desk.one(asker.caller, name, **({"accountId": house.account} | values))
        refused = answer.get("notCreated") or answer.get("notUpdated") or answer.get("notDestroyed")
        return str(next(iter(refused.values()))["type"]) if refused else DONE

    return Row(attempt, expected)


def without_account(name: str, expected: Expected, **given: Any) -> Row:
    """A method call that names no account."""

    def attempt(house: House, asker: Asker) -> str:
        values = {key: value(house) if callable(value) else value for key, value in given.items()}
        call = Call(name, Raw(encode(values)), "c")
        response = house.desk.ask(Request(using=[names.CORE], method_calls=[call]), asker.caller)
        ((said, answer, _),) = json.decode(encode(response))["methodResponses"]
        if said == "error":
            return str(answer["type"])
        refused = answer.get("notCreated") or answer.get("notUpdated") or answer.get("notDestroyed")
        return str(next(iter(refused.values()))["type"]) if refused else DONE

    return Row(attempt, expected)


def door(asking: Callable[[House], Asking], expected: Expected) -> Row:
    """A request at a door, as its handler asks the rules."""

    def attempt(house: House, asker: Asker) -> str:
        house.desk.ask(asking(house), asker.caller)
        return DONE

    return Row(attempt, expected)


def came(row: Row, house: House, asker: Asker) -> str:
    """What it came to."""
    try:
        return row.attempt(house, asker)
    except Refusal as refused:
        return refused.name
