"""One object of a `/set`: its SetError becomes the Refusal (RFC 8620, 5.3)."""

from typing import Any

from clients.sdk.connection import Connection
from messaging.wire.errors import Refusal, from_error
from messaging.wire.methods import Set, SetDone


async def set_one(connection: Connection, method: str, arguments: Set) -> dict[str, Any]:
    """What the relay adds to the one object that `arguments` create, update or destroy. Raises its Refusal."""
    done: SetDone = await connection.call(method, arguments)
    for refused in (done.not_created, done.not_updated, done.not_destroyed):
        for error in (refused or {}).values():
            raise from_error(error)
    for answered in (done.created, done.updated):
        for added in (answered or {}).values():
            return added or {}
    if not done.destroyed:
        raise Refusal("serverFail", "nothing was said of the object")
    return {}
