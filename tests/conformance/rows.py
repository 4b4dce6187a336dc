"""The table: which sections every method must have rows for. A method or type without its rows fails test_table.py.

`@row(verb, section)` makes a test of every method of that verb, so that a new method has the standard rows at once.
"""

from collections.abc import Callable
from typing import Any, Final

import pytest

from messaging.wire.described.objects import SETTABLE
from messaging.wire.methods import METHODS

Test = Callable[..., None]

STANDARD: Final[dict[str, tuple[str, ...]]] = {
    "get": (
        "5.1 ids null", "5.1 ids", "5.1 ids empty", "5.1 ids repeated", "5.1 notFound", "5.1 properties",
        "5.1 unknown property", "5.1 requestTooLarge", "5.1 state", "3.6.2 accountNotFound", "3.6.2 invalidArguments",
    ),
    "changes": (
        "5.2 nothing new", "5.2 everything", "5.2 maxChanges", "5.2 maxChanges not positive",
        "5.2 cannotCalculateChanges", "3.6.2 accountNotFound", "3.6.2 invalidArguments",
    ),
    "set": (
        "5.3 nothing", "5.3 ifInState", "5.3 notFound", "5.3 each on its own", "5.3 requestTooLarge",
        "3.6.2 accountNotFound", "3.6.2 invalidArguments",
    ),
    "query": (
        "5.5 order", "5.5 position", "5.5 limit", "5.5 calculateTotal", "5.5 filter", "5.5 unknown filter",
        "5.5 queryState", "3.6.2 accountNotFound", "3.6.2 invalidArguments",
    ),
}  # fmt: skip
# And what depends on what the type's `/set` takes: the rows where it does, and those where it does not.
WHERE: Final[dict[tuple[str, str], tuple[tuple[str, ...], tuple[str, ...]]]] = {
    ("set", "create"): (("5.3 create", "5.3 create invalid"), ("5.3 create not supported",)),
    ("set", "update"): (("5.3 update", "5.3 update invalid"), ("5.3 update not supported",)),
    ("set", "destroy"): (("5.3 destroy",), ("5.3 destroy not supported",)),
    ("changes", "update"): (("5.2 updated",), ()),
    ("changes", "destroy"): (("5.2 destroyed",), ()),
}
# Methods that RFC 8620 does not know: protocol.md says what they do.
OWN: Final[dict[str, tuple[str, ...]]] = {
    "Core/echo": ("4 echo",),
    "PublicKey/lookup": ("answer", "history", "notFound", "since", "requestTooLarge", "3.6.2 accountNotFound"),
    "KeyLog/prove": ("answer", "requestTooLarge", "3.6.2 accountNotFound"),
    "NotificationSettings/confirm": ("codeExpired", "3.6.2 accountNotFound", "3.6.2 invalidArguments"),
    "NotificationSettings/test": ("answer", "3.6.2 accountNotFound", "3.6.2 invalidArguments"),
    "PushSubscription/get": ("7.2.1 get", "7.2.1 forbidden", "3.6.2 invalidArguments"),
    "PushSubscription/set": ("7.2.2 create", "7.2.2 verificationCode", "7.2.2 destroy", "3.6.2 invalidArguments"),
    "Quota/query": ("4.4 order", "4.4 filter", "4.4 sort", "3.6.2 accountNotFound", "3.6.2 invalidArguments"),
    "Quota/queryChanges": ("4.5 cannotCalculateChanges", "3.6.2 accountNotFound"),
    "Blob/get": ("4.2 data", "4.2 range", "4.2 digest", "4.2 notFound", "4.2 properties", "3.6.2 accountNotFound"),
    "Blob/upload": ("4.1 data", "4.1 blobId", "4.1 refused", "3.6.2 accountNotFound"),
    "Blob/copy": ("6.3 copy", "6.3 notFound", "6.3 one account", "3.6.2 accountNotFound"),
    "DirectoryEntry/query": (
        "answer",
        "filter",
        "position",
        "unsupportedFilter",
        "3.6.2 accountNotFound",
        "3.6.2 invalidArguments",
    ),
    "EmergencyGrant/use": ("answer", "notFound", "3.6.2 accountNotFound", "3.6.2 invalidArguments"),
    "Address/resolve": ("answer", "notFound", "requestTooLarge", "forbidden", "3.6.2 accountNotFound"),
}

_found: set[tuple[str, str]] = set()


def required(method: str) -> tuple[str, ...]:
    """The sections that a method must have rows for. Raises KeyError for one that this table does not know."""
    if method in OWN:
        return OWN[method]
    name, _, verb = method.partition("/")
    where = [rows[not takes(name, part)] for (of, part), rows in WHERE.items() if of == verb]
    return (*STANDARD[verb], *(section for sections in where for section in sections))


def takes(name: str, part: str) -> bool:
    """Whether a type's `/set` takes `create`, `update` or `destroy`."""
    return name in SETTABLE and bool(getattr(SETTABLE[name], part))


def found(method: str) -> set[str]:
    """The sections that it has rows for, once the test files are loaded."""
    return {section for name, section in _found if name == method}


def row(verb: str, section: str) -> Callable[[Test], Test]:
    """This test is the section's row for all types that must have it; it gets the type's name as `name`."""
    of_verb = [method for method in METHODS if method.partition("/")[2] == verb and method not in OWN]
    methods = [method for method in of_verb if section in required(method)]
    return _rows(methods, section, pytest.mark.parametrize("name", [method.partition("/")[0] for method in methods]))


def own(method: str, section: str) -> Callable[[Test], Test]:
    """This test is a row of one method. Raises KeyError for a section that OWN does not ask for."""
    return _rows([method] if section in OWN[method] else [], section, lambda test: test)


def _rows(methods: list[str], section: str, mark: Callable[[Any], Any]) -> Callable[[Test], Test]:
    if not methods:
        raise KeyError(section)
    _found.update((method, section) for method in methods)
    return mark
