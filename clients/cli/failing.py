"""Every expected failure in two lines: what happened, what to do. Never a traceback for a refusal."""

from dataclasses import dataclass

from clients.cli import exits
from clients.session.keyring import Distrusted
from crypto.errors import BadCode, CannotOpen, CryptoError, OlderBox, WeakKdf
from messaging.wire.errors import TABLE, Refusal


class Stop(Exception):
    """A command cannot go on: what happened, what to do about it, the exit code."""

    def __init__(self, what: str, todo: str, code: int = exits.LOCAL) -> None:
        super().__init__(what)
        self.failure = Failure("local", what, todo, code)


@dataclass(frozen=True)
class Failure:
    """`name` is for scripts, the two sentences are for people."""

    name: str
    what: str
    todo: str
    code: int


_LOGIN = {
    "wrongCredentials": "Check the log-in name and the password or key.",
    "mfaRequired": "Give the one-time code of your authenticator with --code.",
    "wrongCode": "Wait for the next code (30 seconds), then try again.",
    "ticketExpired": "Start again.",
    "unauthorized": "Log in again.",
    "tooManyAttempts": "Wait, then try again: more attempts make the wait longer.",
}
_REFUSED = {
    "recipientNotFound": "Check the recipient: they may have closed their account.",
    "recipientRefuses": "A professional has to write first, or they closed the exchange.",
    "recipientKeyStale": "Try again: the recipient has just changed keys.",
    "overQuota": "Delete something, or ask the operator for more room.",
    "tooLarge": "Send less at once.",
    "forbidden": "Ask the operator whether this log-in may do this.",
    "rateLimit": "Wait, then run the same command again.",
    "tooLate": "Open the account with `pli activate`, then close it with `pli close`.",
    "confirmFirst": "Log in again with the password, then run the same command.",
    "stateMismatch": "Run the same command again.",
    "notFound": "Check the id or name: it may have been removed.",
    "invalidProperties": "Correct what is named, then run the same command again.",
}


def explain(error: Exception) -> Failure | None:
    """The failure for people; None for an error that nobody expects."""
    match error:
        case Stop():
            return error.failure
        case Refusal():
            return _refused(error)
        case Distrusted():
            return _distrusted(error)
        case CryptoError():
            return _crypto(error)
        case FileNotFoundError() | PermissionError() | IsADirectoryError() | NotADirectoryError():
            return Failure("file", f"{error.strerror}: {error.filename}", "Check the path and its rights.", exits.LOCAL)
        case OSError():
            return Failure("system", error.strerror or "The system refused it.", "Check disk and network.", exits.LOCAL)
        case _:
            return None


def _refused(refusal: Refusal) -> Failure:
    after = refusal.members.get("retryAfter")
    title, properties = TABLE[refusal.name].title, refusal.members.get("properties")
    detail = ", ".join(map(str, properties)) if isinstance(properties, list) else refusal.detail
    # A SetError brings the title as its description (RFC 8620, 5.3).
    what = f"{title} ({detail})" if detail and detail != title else title
    wait = f" Wait {after} seconds." if after else ""
    if refusal.name in _LOGIN:
        return Failure(refusal.name, what, _LOGIN[refusal.name] + wait, exits.LOGIN)
    if refusal.name == "serverUnavailable":
        what = f"{refusal.detail[0].upper()}{refusal.detail[1:]}." if refusal.detail else what
        todo = "Check --relay and the network; `pli doctor --relay URL` looks closer."
        return Failure(refusal.name, what, todo + wait, exits.UNREACHABLE)
    todo = _REFUSED.get(
        refusal.name, "Run `pli doctor`; if it finds nothing, tell the operator this name: " + refusal.name
    )
    return Failure(refusal.name, what, todo + wait, exits.REFUSED)


def _distrusted(error: Distrusted) -> Failure:
    what = {
        "badCheckpoint": "The relay's key log is not signed by those whom its policy names.",
        "staleCheckpoint": "The relay's key log was not signed within the last 24 hours, or a clock is wrong.",
        "logForked": "The relay's key log is not the one that was seen before, or that others see.",
        "policyChanged": "The relay names others than before who have to sign its key log.",
        "notInLog": "The relay shows a key that does not stand in its key log.",
        "notTheirs": "No enrolment station vouches that this account has this address.",
        "keyChanged": "The relay shows other keys for this person than those seen before, and no statement joins them.",
        "brokenChain": "The relay shows keys whose statements do not follow from one another.",
        "ownKeyChanged": "The relay shows other keys for your own account than those in your key box.",
    }[error.reason]
    person = f" and the person ({error.account})" if error.account else ""
    todo = f"Nothing was sent. Do not go on: tell the operator{person}."
    if error.of_everybody and error.reason in ("logForked", "policyChanged"):
        todo = f"{todo} `pli log accept` shows what is distrusted."
    if error.reason == "notInLog":
        todo = f"{todo} Your own new keys are shown within the hour, when the log's witnesses have signed."
    if error.reason == "staleCheckpoint":
        todo = "Nothing was sent. Check this machine's clock; if it is right, tell the operator."
    return Failure(error.reason, what, todo, exits.DISTRUST)


def _crypto(error: CryptoError) -> Failure:
    match error:
        case BadCode():
            return Failure("badCode", "This is not a letter code.", "Type the 27 characters again.", exits.LOGIN)
        case OlderBox():
            todo = "Do not go on: tell the operator."
            return Failure("olderBox", "The relay sent an older key box than before.", todo, exits.DISTRUST)
        case WeakKdf():
            todo = "Do not go on: somebody may be fishing for your password. Check --relay."
            return Failure("weakKdf", "The relay asked for weak password parameters.", todo, exits.DISTRUST)
        case CannotOpen():
            todo = "Check the password or key; if it is right, tell the operator."
            return Failure("cannotOpen", "Something sealed could not be opened.", todo, exits.DISTRUST)
        case _:
            return Failure("badBytes", "Bytes from the relay were refused.", "Tell the operator.", exits.DISTRUST)
