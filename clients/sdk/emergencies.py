"""Summaries for when nobody can ask (docs/spec/protocol.md, EmergencyGrant): left by a patient, opened by who may.

Law: what none of the patient's own keys signed is nobody's summary, whoever the relay says it is of.
"""

from dataclasses import dataclass
from datetime import datetime

import msgspec

from clients.content.emergency import NAME_LENGTH, NotASummary, Summary
from clients.sdk.connection import Connection
from clients.sdk.directory import Directory
from clients.sdk.ownline import OwnKeys, require_published
from clients.sdk.setting import set_one
from clients.session.keyring import Chain
from crypto.encoding import b64u, canonical, unb64u, utc
from crypto.envelope import open_sealed, seal
from crypto.errors import NotCanonical
from messaging.wire import codec
from messaging.wire.errors import Refusal
from messaging.wire.grants import EmergencyGrant, NewEmergencyGrant, Reason, Use
from messaging.wire.methods import Get, Set


@dataclass(frozen=True)
class Emergencies:
    """Those of one mailbox, from either side. Made by Mailbox.emergencies."""

    connection: Connection
    directory: Directory
    own: OwnKeys
    account: str

    async def list(self) -> list[EmergencyGrant]:
        """What the patient left, or what was left for this professional or organisation; ended ones too.

        Raises Refusal.
        """
        answer = await self.connection.call("EmergencyGrant/get", Get(account_id=self.account))
        return [*answer.list_]

    async def open(self, grant: EmergencyGrant, reason: Reason) -> Summary:
        """What it says. The patient is told at once, and finds the reason in the access log.

        Raises Refusal `notFound` (over, revoked, another's); Distrusted; CannotOpen; NotASummary.
        """
        answer = await self.connection.call(
            "EmergencyGrant/use", Use(account_id=self.account, id=grant.id, reason=reason)
        )
        try:
            sealed = unb64u(answer.sealed)
        except NotCanonical as error:
            raise NotASummary("not base64url") from error
        opened = open_sealed(sealed, self.own.opened.content.sealing_seeds())
        line = await self._line(grant.account)
        if all(each.keys.signing != opened.sender for each in line):
            raise NotASummary("no key of the patient's signed it")
        return Summary.from_bytes(opened.plaintext)

    async def leave(self, grantee: str, called: str, summary: Summary, until: datetime) -> str:
        """The new grant's id. `called`: the grantee's name, which the patient alone reads again; `until` at most 366
        days away. The password is proven again where the relay asks for it.

        Raises Refusal: `recipientNotFound`, `invalidProperties` (`grantee`, `until`), `overQuota`, `forbidden`;
        Distrusted; ValueError (a length).
        """
        require_published(self.own.opened, self.own.line)
        theirs, mine = (await self._line(grantee))[-1], self.own.opened.content.keys
        own = mine.public().sealing
        sealed = seal(summary.to_bytes(), mine.signing, [own, theirs.keys.sealing])
        terms = seal(canonical({"name": called[:NAME_LENGTH]}), mine.signing, [own])
        new = NewEmergencyGrant(grantee=grantee, until=utc(until), sealed=b64u(sealed), terms=b64u(terms))
        made = await self._confirmed(Set(account_id=self.account, create={"e": msgspec.Raw(codec.encode(new))}))
        return str(made["id"])

    async def take_back(self, grant: str) -> None:
        """The relay keeps its bytes no more. Raises Refusal: `notFound`, `forbidden`."""
        update = {grant: msgspec.Raw(codec.encode({"revoked": True}))}
        await self._confirmed(Set(account_id=self.account, update=update))

    async def _line(self, account: str) -> Chain:
        self.directory.log.require_trust()
        line = (await self.directory.chains(self.account, [account])).get(account, ())
        if not line:
            raise Refusal("recipientNotFound", members={"recipients": [account]})
        return line

    async def _confirmed(self, arguments: Set) -> dict[str, object]:
        try:
            return await set_one(self.connection, "EmergencyGrant/set", arguments)
        except Refusal as refusal:
            if refusal.name != "forbidden":
                raise
        await self.connection.confirm()
        return await set_one(self.connection, "EmergencyGrant/set", arguments)
