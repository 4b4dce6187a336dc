"""A password while a client runs: it opens the log-in and the key box. Stretched once for each set of parameters."""

import asyncio
import hmac
from dataclasses import dataclass, field

import msgspec
import pyotp

from clients.session.session import Challenged
from crypto.encoding import b64u
from crypto.errors import NotCanonical, WeakKdf
from crypto.keybox import Master, PasswordKdf, PasswordKey, stretch
from crypto.keys import SigningSeed
from messaging.wire import codec
from messaging.wire.errors import Refusal
from messaging.wire.factors import NewTotp, PasswordMethod
from messaging.wire.types import Kdf


@dataclass(frozen=True)
class NewSecrets:
    """A new password, stretched, and the secret of new one-time codes where they are new, too."""

    password: str = field(repr=False)
    master: Master = field(repr=False)
    totp_secret: str | None = field(repr=False)

    @classmethod
    async def of(cls, password: str, totp_secret: str | None = None) -> "NewSecrets":
        """Stretches it, in a thread."""
        return cls(password, await asyncio.to_thread(stretch, password, PasswordKdf.fresh()), totp_secret)

    @property
    def method(self) -> PasswordMethod:
        """The log-in of the new password."""
        kdf = codec.convert(self.master.kdf.to_json(), Kdf)
        return PasswordMethod(kdf=kdf, login_key=b64u(self.master.login_seed().public().raw))

    @property
    def totp(self) -> NewTotp | None:
        """The new one-time codes, with one of them as proof."""
        secret = self.totp_secret
        return None if secret is None else NewTotp(secret=secret, code=pyotp.TOTP(secret).now())


class Password:
    """Never prints itself."""

    def __init__(self, password: str) -> None:
        self._password = password
        self._master: Master | None = None

    @classmethod
    def of_master(cls, password: str, master: Master) -> "Password":
        """One that was stretched already."""
        found = cls(password)
        found._master = master
        return found

    def is_same(self, password: str) -> bool:
        """Whether it is this one."""
        return hmac.compare_digest(self._password.encode(), password.encode())

    def become(self, password: str, master: Master) -> None:
        """It was changed: later log-ins use the new one."""
        self._password, self._master = password, master

    @property
    def stretched(self) -> Master:
        """After the log-in. Raises Refusal `confirmFirst` before."""
        if self._master is None:
            raise Refusal("confirmFirst", "the password is not at hand")
        return self._master

    @property
    def slot_key(self) -> PasswordKey | None:
        """What opens the key box; None before the log-in."""
        return None if self._master is None else PasswordKey(self._master)

    async def unlock(self, said: Challenged) -> SigningSeed:
        """The log-in key under the parameters that the relay names. Raises WeakKdf before any work is done."""
        try:
            kdf = PasswordKdf.from_json(msgspec.to_builtins(said.kdf))
        except NotCanonical as error:
            raise WeakKdf("keybox/5") from error
        if self._master is None or self._master.kdf != kdf:
            self._master = await asyncio.to_thread(stretch, self._password, kdf)
        return self._master.login_seed()
