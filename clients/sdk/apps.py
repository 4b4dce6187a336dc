"""An app's account: made by who runs the app, vouched by the station. No key of it leaves the app's own machine.

One key file (32 bytes) is all that an app keeps: it logs in with it, signs its OAuth assertions with it, and what
opens its key box is derived from it.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from msgspec.structs import replace

from crypto.encoding import b64u, hkdf, unb64u
from crypto.errors import BadStatement, NotCanonical, WeakKey
from crypto.keybox import BoxContent, DeviceKey, new_box
from crypto.keys import KeyPairs, PublicKeys, SigningPublic, SigningSeed, account_id
from crypto.randomness import SYSTEM
from crypto.transparency.statement import Announcement, holder, make_statement, verify_statement, vouch
from messaging.wire.types import EnrolPerson

_DEVICE: Final = b"pli app device v1"


class NotAnApp(Exception):
    """A request that a station must not vouch for; the text says why."""


def device_key(seed: SigningSeed) -> DeviceKey:
    """What opens the key box of the app with this key file."""
    return DeviceKey(hkdf(seed.raw, b"", _DEVICE))


def app_request(
    login: str, addresses: Sequence[str], seed: SigningSeed, station: SigningPublic, now: datetime
) -> EnrolPerson:
    """What the app asks the station to enrol: new keys and a first statement that waits for the voucher."""
    account, pairs = account_id(), KeyPairs.generate()
    salts = [SYSTEM.take(32) for _ in addresses]
    holders = [holder(salt, address) for salt, address in zip(salts, addresses, strict=True)]
    box, _ = new_box(account, BoxContent.first(pairs, now), [device_key(seed)])
    public = pairs.public()
    made = make_statement(account, public, pairs.signing, now, box=1, by=station, holders=holders)
    return EnrolPerson(
        account=account,
        kind="app",
        addresses=list(addresses),
        managed=False,
        login=login,
        letter_key=b64u(seed.public().raw),
        box=b64u(box),
        sealing_key=b64u(public.sealing.raw),
        signing_key=b64u(public.signing.raw),
        statement=b64u(made.statement),
        signature=b64u(made.signature),
        voucher=None,
        salts=[b64u(salt) for salt in salts],
    )


def vouched(request: EnrolPerson, station: SigningSeed) -> EnrolPerson:
    """The request with the station's voucher, which the relay takes. Raises NotAnApp."""
    try:
        statement = unb64u(request.statement)
        voucher = vouch(statement, station)
        keys = PublicKeys.load(unb64u(request.signing_key, 32), unb64u(request.sealing_key, 1216))
        said = Announcement(statement, unb64u(request.signature, 64), voucher)
        verify_statement(said, None, account=request.account, keys=keys)
    except (NotCanonical, WeakKey):
        raise NotAnApp("its keys are not keys") from None
    except BadStatement:
        raise NotAnApp("its statement does not fit, or names another station") from None
    if request.kind != "app" or request.managed:
        raise NotAnApp("it is not an app's")
    return replace(request, voucher=b64u(voucher))
