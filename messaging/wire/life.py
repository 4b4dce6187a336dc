"""What the doors of an account's life take and give: opposition and closing (docs/spec/login.md)."""

from messaging.wire.types import AccountId, Date, Day, LoginName, Receipt, Wire


class OpposeRequest(Wire, frozen=True):
    """`ticket` is of the letter's log-in. The client draws `receipt`, so that the same again is the same answer."""

    login: LoginName
    receipt: Receipt
    ticket: str


class Opposition(Wire, frozen=True):
    """The account is gone. What remains is that somebody opposed, under this number, on this day."""

    receipt: Receipt
    opposed_on: Day


class CloseRequest(Wire, frozen=True):
    """`account` once more, so that no other is closed by mistake."""

    account: AccountId


class Closed(Wire, frozen=True):
    """Until `erased_after` the owner's recovery code opens it again; then nothing does."""

    account: AccountId
    closed_at: Date
    erased_after: Date
