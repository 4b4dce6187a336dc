"""The doors by which factors change, codes recover and carers adopt (docs/spec/login.md). Pure values."""

from typing import Annotated, Literal

from msgspec import Meta, field

from messaging.wire import limits
from messaging.wire.types import AccountId, B64u, B64u32, B64u64, Date, Kdf, NewKeys, TotpSecret, UnsignedInt, Wire


class ConfirmRequest(Wire, frozen=True):
    """A log-in's signature once more, by a device that is logged in."""

    challenge: B64u32
    method: Literal["password", "passkey"]
    signature: B64u64
    time: Date


class Confirmed(Wire, frozen=True):
    confirmed_until: Date


class PasskeyMethod(Wire, frozen=True):
    credential: Annotated[B64u, Meta(min_length=2)]
    login_key: B64u32


class PasswordMethod(Wire, frozen=True):
    kdf: Kdf
    login_key: B64u32


class RecoveryMethod(Wire, frozen=True):
    login_key: B64u32


class NewMethods(Wire, frozen=True):
    """What is None stays; `passkeys` are all that there shall be."""

    passkeys: Annotated[list[PasskeyMethod], Meta(max_length=limits.MAX_PASSKEYS)] | None = None
    password: PasswordMethod | None = None
    recovery: RecoveryMethod | None = None


class NewTotp(Wire, frozen=True):
    """`code`: a current code of `secret`, as proof that it was stored."""

    secret: TotpSecret
    code: str


class FactorsRequest(Wire, frozen=True):
    """`end_others`: all devices but the one that asks end."""

    box: B64u
    end_others: bool = False
    methods: NewMethods = field(default_factory=NewMethods)
    new_keys: NewKeys | None = None
    totp: NewTotp | None = None


class FactorsDone(Wire, frozen=True):
    version: UnsignedInt


class RecoverRequest(Wire, frozen=True, omit_defaults=True):
    """`code`: a current code of `totp_secret`; `recovery_key`: of the new recovery code, the old one is spent."""

    ticket: str
    box: B64u
    kdf: Kdf
    login_key: B64u32
    recovery_key: B64u32
    totp_secret: TotpSecret
    code: str
    cookie: bool = False


class AdoptRequest(Wire, frozen=True):
    """`ticket`: of the letter's code; `recovery_key`: of the new recovery code."""

    ticket: str
    box: B64u
    new_keys: NewKeys
    recovery_key: B64u32


class Adopted(Wire, frozen=True):
    account: AccountId
