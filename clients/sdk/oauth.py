"""An app's OAuth tokens at one relay, over the network: for any JMAP client, ours or another."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Self

from treq.client import HTTPClient

from clients.session import oauth
from clients.session.oauth import OAuthApp
from clients.session.transport import Transport
from crypto.keys import SigningSeed
from messaging.wire.oauth import TokenAnswer


class OAuth:
    """Close it, or use it as `async with`. Nothing of it is safe to log."""

    def __init__(self, relay: str, account: str, seed: SigningSeed, *, http: HTTPClient | None = None) -> None:
        """`relay` is the address by which it names itself. Raises ValueError (address)."""
        self._transport = Transport(relay, http)
        self.app = OAuthApp(self._transport.origin, account, seed)

    async def token(self, scopes: Sequence[str] = ()) -> TokenAnswer:
        """Ten minutes for the app itself. Raises Refusal (`invalid_client`, `invalid_scope`, `rateLimit`)."""
        return oauth.tokens_of(await self._transport.carry(self.app.token_request(_now(), scopes)))

    async def exchange(self, code: str, redirect_uri: str, verifier: str) -> TokenAnswer:
        """Tokens for a code. Raises Refusal (`invalid_grant`)."""
        request = self.app.exchange_request(_now(), code, redirect_uri, verifier)
        return oauth.tokens_of(await self._transport.carry(request))

    async def refresh(self, refresh_token: str) -> TokenAnswer:
        """The next tokens; the old refresh token must never be used again. Raises Refusal (`invalid_grant`)."""
        return oauth.tokens_of(await self._transport.carry(self.app.refresh_request(_now(), refresh_token)))

    async def revoke(self, token: str) -> None:
        """End what a token is of. Raises Refusal."""
        oauth.check_revoked(await self._transport.carry(self.app.revoke_request(_now(), token)))

    async def close(self) -> None:
        """Close the connections."""
        await self._transport.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()


def _now() -> datetime:
    return datetime.now(UTC)
