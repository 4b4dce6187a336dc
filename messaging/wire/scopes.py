"""Which method and which door a log-in by OAuth may use, by its scopes. What is not here, it may not.

The relay sees no part of a letter: `*.add` sends as `letters.send` does, `*.read` receives as `letters.receive` does.
"""

from collections.abc import Collection
from typing import Final

from messaging.wire.grants import RECEIVING, SENDING
from messaging.wire.oauth import SCOPES

ANY: Final = frozenset(SCOPES)
# Of these, what a log-in by one patient's grant may use as well (authorization code): its own part of the account.
GRANTED: Final = frozenset({
    "Core/echo", "AccountInfo/get", "PublicKey/get", "PublicKey/lookup", "KeyLog/prove", "KeyBox/get", "AppGrant/get",
    "SealedMessage/get", "SealedMessage/changes", "SealedMessage/query", "SealedMessage/set",
})  # fmt: skip
METHODS: Final[dict[str, frozenset[str]]] = {
    **dict.fromkeys(GRANTED, ANY),
    **dict.fromkeys(
        ("AppGrant/changes", "Contact/get", "Contact/changes", "SealedState/get", "SealedState/changes",
         "SealedState/set", "DirectoryEntry/get", "DirectoryEntry/changes", "DirectoryEntry/query", "Quota/get",
         "Quota/changes", "Quota/query", "Quota/queryChanges"),
        ANY,
    ),
    **dict.fromkeys(("Address/resolve", "Blob/upload"), SENDING),
    **dict.fromkeys(("SealedMessage/get", "SealedMessage/changes", "SealedMessage/query", "Blob/get"), RECEIVING),
}  # fmt: skip


def allow(method: str, scopes: Collection[str], *, granted: bool) -> bool:
    """Whether these scopes open a method. `granted`: they are of one patient's grant."""
    if granted and method not in GRANTED:
        return False
    return not METHODS.get(method, frozenset()).isdisjoint(scopes)
