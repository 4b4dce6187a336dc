"""Pairing, the old device: it reads the new one's code and hands the box key over (docs/spec/pairing.md).

Laws: nobody is handed a box key before a person said that both devices show the same six digits; before that they are
shown where the new device asks from: a stranger's page can show a code and digits, too.
"""

from datetime import datetime

from clients.sdk.connection import Connection
from crypto.code import Code, code_text
from crypto.encoding import b64u, unb64u
from crypto.errors import CannotOpen, NotCanonical, WeakKey
from crypto.keybox import OpenedBox
from crypto.keys import SealingPublic
from crypto.pairing import digits, make_grant, make_hello
from messaging.wire import codec, names
from messaging.wire.pairing import PairingEnd, PairingFind, PairingFound, PairingGrant, PairingHello


class OldDevice:
    """Show `digits`, and `network` and `since` (where and when the new device asked).

    hand_over() only after the person said that these are theirs, and that the new device, on a page that they opened
    themselves, shows the same digits.
    """

    def __init__(self, connection: Connection, opened: OpenedBox, code: Code, found: PairingFound) -> None:
        self._connection, self._opened = connection, opened
        self._code, self._key = code, _key(found)
        self.network, self.since = found.network, datetime.fromisoformat(found.since)
        self.digits = ""

    @classmethod
    async def read(cls, connection: Connection, opened: OpenedBox, code: Code) -> "OldDevice":
        """Greet the device that shows `code`. Raises Refusal `notFound`, CannotOpen (another key than the code's)."""
        found = codec.decode(
            await connection.post(names.PAIRING_FIND, PairingFind(pairing=code_text(code))), PairingFound
        )
        device = cls(connection, opened, code, found)
        await device._greet()
        return device

    async def hand_over(self) -> None:
        """The box key, and a log-in of its own, to the new device. Raises Refusal."""
        opened = self._opened
        sealed = make_grant(
            opened.account, opened.content.keys.signing, self._key, self._code,
            box_key=opened.box_key, login=self._connection.login, version=opened.version,
        )  # fmt: skip
        asked = PairingGrant(pairing=code_text(self._code), sealed=b64u(sealed))
        await self._connection.post_confirmed(names.PAIRING_GRANT, asked)

    async def refuse(self) -> None:
        """The digits differ: nothing is handed over. Raises Refusal."""
        await self._connection.post(names.PAIRING_END, PairingEnd(pairing=code_text(self._code)))

    async def _greet(self) -> None:
        signer = self._opened.content.keys.signing
        sealed, comparison = make_hello(self._opened.account, signer, self._key, self._code)
        asked = PairingHello(pairing=code_text(self._code), sealed=b64u(sealed))
        await self._connection.post(names.PAIRING_HELLO, asked, repeatable=False)
        self.digits = digits(comparison, self._code, signer.public())


def _key(found: PairingFound) -> SealingPublic:
    try:
        return SealingPublic.load(unb64u(found.key, 1216))
    except (NotCanonical, WeakKey) as error:
        raise CannotOpen("pairing/1") from error
