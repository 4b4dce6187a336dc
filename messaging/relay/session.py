"""The session object (RFC 8620, 2): what this log-in may do, where, and with which limits."""

from typing import Any

from crypto.encoding import b64u
from messaging.relay.delegations import held_by, state_of
from messaging.relay.records import Account
from messaging.relay.turn import NAMES, Turn
from messaging.wire import limits, names


def capabilities(kind: str) -> tuple[str, ...]:
    """The capabilities of a log-in of this kind."""
    return (*of_accounts(kind), names.CORE, names.VAPID)


def of_accounts(kind: str) -> tuple[str, ...]:
    """Those that an account has."""
    return (*names.EVERYONE[1:], names.BRIDGE) if kind == "bridge" else names.EVERYONE[1:]


def state(turn: Turn) -> str:
    """Changes when the session object does: a bridge's change number counts the accounts it was given."""
    account = turn.tx.one(Account, turn.caller.account)
    if account is None or account.kind not in ("bridge", "patient"):
        return "0"
    if account.kind == "bridge":
        return str(account.changed)
    return state_of([held.id for held in held_by(turn, account.id)])


def accounts(turn: Turn) -> list[Account]:
    """The caller's own and those that it may act for."""
    mine = turn.mailbox(turn.caller.account)
    managed = [account for account in turn.tx.where(Account, parent=mine.id) if account.state != "closed"]
    return [mine, *managed, *(held_by(turn, mine.id) if mine.kind == "patient" else [])]


def session(turn: Turn) -> dict[str, Any]:
    """The session object."""
    origin, kind = turn.house.origin, turn.caller.kind
    mine = {account.id: _account(account, kind, turn.caller.account) for account in accounts(turn)}
    return {
        "capabilities": {name: _capability(turn, name) for name in capabilities(kind)},
        "accounts": mine,
        "primaryAccounts": dict.fromkeys(of_accounts(kind), turn.caller.account),
        "username": turn.caller.account,
        "apiUrl": origin + names.API,
        "downloadUrl": origin + names.DOWNLOAD,
        "uploadUrl": origin + names.UPLOAD,
        "eventSourceUrl": origin + names.EVENTS,
        "state": state(turn),
    }


def _account(account: Account, kind: str, caller: str) -> dict[str, Any]:
    return {
        "name": account.id,
        "isPersonal": account.id == caller,
        "isReadOnly": False,
        "accountCapabilities": {name: _of_account(name) for name in of_accounts(kind)},
    }


def _of_account(name: str) -> dict[str, Any]:
    if name != names.BLOB:
        return {}
    return {
        "maxSizeBlobSet": limits.MAX_BLOB_SET,
        "maxDataSources": limits.MAX_BLOB_SOURCES,
        "supportedTypeNames": [],
        "supportedDigestAlgorithms": ["sha-256"],
    }


def concurrent_requests(kind: str) -> int:
    """How many API requests of one device of such an account are answered at once."""
    return limits.MAX_CONCURRENT_REQUESTS_FOR_MANY if _asks_for_many(kind) else limits.MAX_CONCURRENT_REQUESTS


def concurrent_uploads(kind: str) -> int:
    """How many uploads of one device of such an account may be under way."""
    return limits.MAX_CONCURRENT_UPLOAD_FOR_MANY if _asks_for_many(kind) else limits.MAX_CONCURRENT_UPLOAD


def _asks_for_many(kind: str) -> bool:
    return kind in ("bridge", "station")


def _capability(turn: Turn, name: str) -> dict[str, Any]:
    match name:
        case names.CORE:
            return {
                "maxSizeUpload": limits.MAX_SIZE_UPLOAD,
                "maxConcurrentUpload": concurrent_uploads(turn.caller.kind),
                "maxSizeRequest": limits.MAX_SIZE_REQUEST,
                "maxConcurrentRequests": concurrent_requests(turn.caller.kind),
                "maxCallsInRequest": limits.MAX_CALLS_IN_REQUEST,
                "maxObjectsInGet": limits.MAX_OBJECTS_IN_GET,
                "maxObjectsInSet": limits.MAX_OBJECTS_IN_SET,
                "collationAlgorithms": [],
            }
        case names.ACCOUNT:
            return {"catalogueKeys": [b64u(key) for key in turn.house.authorities]}
        case names.SEALED:
            return {
                "maxRecipients": limits.MAX_RECIPIENTS,
                "maxInlineSealed": limits.MAX_INLINE_SEALED,
                "maxBlobsPerMessage": limits.MAX_BLOBS_PER_MESSAGE,
                "maxAttachmentsTotal": limits.MAX_ATTACHMENTS_TOTAL,
                "maxStateSealed": limits.MAX_STATE_SEALED,
            }
        case names.DIRECTORY:
            return {"maxSearchWords": limits.MAX_SEARCH_WORDS, "maxSearchLimit": limits.MAX_SEARCH_LIMIT}
        case names.VAPID:
            return {"applicationServerKey": turn.house.vapid}
        case names.BRIDGE:
            return {"maxResolve": limits.MAX_RESOLVE, "maxEnrol": limits.MAX_ENROL}
        case _:
            return {}


def states(turn: Turn, since: int | None) -> tuple[list[str], dict[str, dict[str, str]]]:
    """The caller's accounts, and the states of those that changed after `since`.

    Numbers are an account's own: whoever has several cannot say with one number what it has seen, and gets all states.
    """
    mine = accounts(turn)
    if since is None:
        return [account.id for account in mine], {}
    newer = [account for account in mine if account.changed > since or len(mine) > 1]
    return [account.id for account in mine], {
        account.id: {name: str(turn.tx.latest(kind, account.id)) for kind, name in NAMES.items()} for account in newer
    }
