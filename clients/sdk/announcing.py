"""New keys for an account as the doors take them: the statement by which the present ones hand it on. Pure."""

from datetime import datetime

from crypto.encoding import b64u
from crypto.keybox import OpenedBox
from crypto.keys import KeyPairs
from crypto.transparency.statement import Statement, make_statement
from messaging.wire.types import NewKeys


def new_keys(
    opened: OpenedBox, pairs: KeyPairs, previous: Statement, now: datetime, *, suspected: bool = False
) -> NewKeys:
    """`pairs`, announced by the keys of the box, which the next version of the box holds first."""
    public, signer = pairs.public(), opened.content.keys.signing
    announced = make_statement(
        opened.account, public, signer, now, box=opened.version + 1, previous=previous, suspected=suspected
    )
    return NewKeys(
        sealing_key=b64u(public.sealing.raw),
        signing_key=b64u(public.signing.raw),
        statement=b64u(announced.statement),
        signature=b64u(announced.signature),
    )
