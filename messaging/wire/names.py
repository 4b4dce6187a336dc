"""The names of capabilities and doors (docs/spec/protocol.md): constants of the project, not of one operator."""

from typing import Final

CORE: Final = "urn:ietf:params:jmap:core"
NAMESPACE: Final = "https://pli.example/ns"
ACCOUNT: Final = f"{NAMESPACE}/account/1"
KEYS: Final = f"{NAMESPACE}/keys/1"
SEALED: Final = f"{NAMESPACE}/sealed/1"
BRIDGE: Final = f"{NAMESPACE}/bridge/1"
EVERYONE: Final = (CORE, ACCOUNT, KEYS, SEALED)
PROBLEMS: Final = "https://pli.example/problems/"
JMAP_ERRORS: Final = "urn:ietf:params:jmap:error:"

WELL_KNOWN: Final = "/.well-known/jmap"
API: Final = "/jmap/api"
UPLOAD: Final = "/jmap/upload/{accountId}"
DOWNLOAD: Final = "/jmap/download/{accountId}/{blobId}/{name}?type={type}"
EVENTS: Final = "/jmap/events?types={types}&closeafter={closeafter}&ping={ping}"
CHALLENGE: Final = "/auth/challenge"
LOGIN: Final = "/auth/login"
TOTP: Final = "/auth/totp"
BOX: Final = "/auth/box"
ACTIVATE: Final = "/auth/activate"
REFRESH: Final = "/auth/refresh"
LOGOUT: Final = "/auth/logout"
ENROL: Final = "/enrol/people"
