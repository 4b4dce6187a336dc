"""Tokens on their way out and back: the refresh token of a browser is in a cookie that no script can read."""

from http.cookies import CookieError, SimpleCookie
from typing import Final

from messaging.relay.devices import Issued
from messaging.server.exchange import NO_STORE, Asked, Reply, json_reply
from messaging.wire import limits

COOKIE: Final = "__Host-pli"
CLEARED: Final = f"{COOKIE}=; Path=/; Max-Age=0; Secure; HttpOnly; SameSite=Strict"
_DAY: Final = 86_400


def tokens(issued: Issued) -> Reply:
    """An answer with tokens, and the cookie where one was asked for."""
    headers = NO_STORE
    if issued.cookie:
        age = limits.REFRESH_DAYS * _DAY
        value = f"{COOKIE}={issued.cookie}; Path=/; Max-Age={age}; Secure; HttpOnly; SameSite=Strict"
        headers += (("Set-Cookie", value),)
    return json_reply(issued.tokens, headers=headers, account=issued.tokens.account)


def token_in(asked: Asked) -> str:
    """The refresh token that a browser sent; empty without one."""
    try:
        found = SimpleCookie(asked.header("cookie") or "").get(COOKIE)
    except CookieError:
        return ""
    return found.value if found else ""
