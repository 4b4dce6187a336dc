"""A password while a client runs: it opens the log-in and the key box. Stretched once for each set of parameters."""

import asyncio

import msgspec

from clients.session.session import Challenged
from crypto.errors import NotCanonical, WeakKdf
from crypto.keybox import Master, PasswordKdf, PasswordKey, stretch
from crypto.keys import SigningSeed
from messaging.wire.errors import Refusal


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
        return self._master.login_seed(said.account)
