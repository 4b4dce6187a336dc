"""Every limit of the protocol, named once. The session object and the refusals quote them (docs/spec/protocol.md)."""

from typing import Final

MAX_SIZE_REQUEST: Final = 10_000_000  # bytes of one API request
MAX_CALLS_IN_REQUEST: Final = 32
MAX_OBJECTS_IN_GET: Final = 500
MAX_OBJECTS_IN_SET: Final = 500
MAX_CONCURRENT_REQUESTS: Final = 8  # of one device
MAX_CONCURRENT_REQUESTS_FOR_MANY: Final = 256  # of a bridge or station, which asks for many people
MAX_WAITING_REQUESTS: Final = 64  # of one device, beyond those: they wait, one more is refused
MAX_SIZE_UPLOAD: Final = 50_000_000  # bytes of one upload; sealed attachment chunks are 4 MiB + 16
MAX_CONCURRENT_UPLOAD: Final = 8  # of one device
MAX_CONCURRENT_UPLOAD_FOR_MANY: Final = 256  # of a bridge or station
MAX_RECIPIENTS: Final = 64
MAX_INLINE_SEALED: Final = 64 * 1024  # bytes; a larger letter travels as a blob
MAX_SEALED: Final = 64 * 1024 * 1024  # bytes of one envelope, wherever it is kept
MAX_BLOBS_PER_MESSAGE: Final = 256
MAX_ATTACHMENTS_TOTAL: Final = 100 * 1024 * 1024 + 256 * 16  # sealed bytes of all blobs of one message
MAX_STATE_SEALED: Final = 64 * 1024
MAX_KEY_BOX: Final = 64 * 1024
MAX_STATES: Final = 10_000  # SealedState objects of one account
MAX_STATEMENT: Final = 4 * 1024
MAX_LOOKUP: Final = 500
MAX_PROVE: Final = 100  # sizes of one KeyLog/prove
MAX_RESOLVE: Final = 100
MAX_ENROL: Final = 500
MAX_PASSKEYS: Final = 16
MAX_CREDENTIAL: Final = 1023  # bytes of a passkey's id (WebAuthn, 4)
MAX_DELEGATIONS: Final = 16  # of one account, either way
MAX_GRANTS: Final = 500  # AppGrants that a patient has given, ended ones among them
MAX_EMERGENCY_GRANTS: Final = 100
MAX_GRANT_TERMS: Final = 4 * 1024  # sealed bytes
MAX_DEVICE_LABEL: Final = 1024  # sealed bytes
MAX_PAIRING_SEALED: Final = 16 * 1024  # bytes of a hello or a grant
MAX_LOGIN_NAME: Final = 254  # characters
MAX_URL: Final = 2_048  # characters of a URL that something is pushed to
MAX_TYPES: Final = 32  # of a subscription or webhook
MAX_CLIENT_NAME: Final = 128  # characters of a deviceClientId
MAX_SUBSCRIPTIONS: Final = 16  # of one account
MAX_WEBHOOKS: Final = 5  # of one account
SUBSCRIPTION_DAYS: Final = 90
CODE_SECONDS: Final = 1_800  # that a code sent by mail is good for
CODE_TRIES: Final = 5
CODES_PER_HOUR: Final = 5  # codes and trials of one account
MAIL_DELAY_SECONDS: Final = 120  # before a notice, so that whoever is reading gets none
NOTICE_LEASE_SECONDS: Final = 300  # that one attempt may take
UNREFERENCED_BLOB_HOURS: Final = 24
MAX_SIZE_ANSWER: Final = 32_000_000  # bytes of sealed letters in the answers of one API request
UPLOAD_QUOTA: Final = 1_000_000_000  # bytes of blobs not yet in a message, per account
STORAGE_QUOTA: Final = 20_000_000_000  # sealed bytes of the letters that an account keeps; the operator may set it
MAX_BLOB_SET: Final = 5_000_000  # bytes of one blob of Blob/upload; larger things go through the upload door
MAX_BLOB_CREATES: Final = 64  # of one API request
MAX_BLOB_SOURCES: Final = 64  # of one blob (RFC 9404, 3.1: at least 64)
MAX_ENTRY_TEXT: Final = 120  # characters of one text of a DirectoryEntry
MAX_IDENTIFIERS: Final = 8  # of one DirectoryEntry
MAX_SEARCH_WORDS: Final = 8
MAX_SEARCH_LIMIT: Final = 50
SEARCH_LOOKS_AT: Final = 4_000  # entries that one search looks at: of commoner words, the first in the order of names
SEARCHES_PER_MINUTE: Final = 120  # of one log-in

CHALLENGE_SECONDS: Final = 60
TICKET_SECONDS: Final = 300
ACCESS_SECONDS: Final = 900
REFRESH_DAYS: Final = 30
REFRESH_GRACE_SECONDS: Final = 10  # a page reloaded while it refreshed may present the old token once more
CONFIRM_SECONDS: Final = 600  # for so long a device may change factors
GRANT_DAYS: Final = 366  # a grant ends within a year
TRUST_DAYS: Final = 30
OPPOSITION_DAYS: Final = 42  # since enrolment; the operator may set it, and the next
ARCHIVE_DAYS: Final = 3_653  # of a closed account: ten years
LOGIN_FREE_FAILURES: Final = 5
LOGIN_FIRST_DELAY_SECONDS: Final = 30  # after that many failures in a row; doubles with each further one
LOGIN_MAX_DELAY_SECONDS: Final = 900
LOGIN_NETWORK_PER_MINUTE: Final = 30

PAIRING_SECONDS: Final = 300
PAIRINGS_PER_MINUTE: Final = 30  # begun by one network
PAIRING_POLLS_PER_MINUTE: Final = 600  # of one network, claims among them

PATIENT_MESSAGES_PER_HOUR: Final = 60
PATIENT_MESSAGES_PER_DAY: Final = 300
INTEGRATOR_MESSAGES_PER_SECOND: Final = 20
INTEGRATOR_MESSAGES_BURST: Final = 1_000
TOKENS_PER_MINUTE: Final = 60  # that one OAuth client asks for; they live ten
RESOLVES_PER_MINUTE: Final = 600
LOG_READS_PER_MINUTE: Final = 1_200  # tiles and checkpoints that one network reads

MAX_ANSWERS_UNDER_WAY: Final = 2_000  # of one process; one more is refused
MAX_LOOP_LAG_SECONDS: Final = 2.0  # twice in a row, and requests are refused until it is less

POLL_SECONDS: Final = 30  # a reader asks /changes at least this often: an event is a hint
PING_SECONDS: Final = 30
PUBLISH_SECONDS: Final = 5  # for so long a door waits until witnesses have cosigned what it appended
RESIGN_SECONDS: Final = 3_000  # a checkpoint older than that is signed anew
KEY_AHEAD_SECONDS: Final = 1_800  # of a statement's time; witnesses, whose clocks differ, allow an hour
DEVICE_CUT_SECONDS: Final = 4  # how often open streams are compared with the ended devices
STREAMS_PER_DEVICE: Final = 8  # open event streams; one more ends the oldest
