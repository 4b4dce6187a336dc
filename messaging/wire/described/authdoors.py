"""The doors of log-in, factors and enrolment (docs/spec/login.md), one row each."""

from typing import Final

from messaging.wire import names
from messaging.wire.described.answers import Nothing
from messaging.wire.described.door import Answer, Door, Parameter, json_door
from messaging.wire.factors import (
    Adopted,
    AdoptRequest,
    Confirmed,
    ConfirmRequest,
    FactorsDone,
    FactorsRequest,
    RecoverRequest,
)
from messaging.wire.life import Closed, CloseRequest, OpposeRequest, Opposition
from messaging.wire.pairing import (
    PairingBegin,
    PairingBegun,
    PairingClaim,
    PairingEnd,
    PairingFind,
    PairingFound,
    PairingGrant,
    PairingHello,
    PairingPoll,
    PairingSeen,
)
from messaging.wire.types import (
    AccountId,
    ActivateRequest,
    BoxAnswer,
    Challenge,
    ChallengeRequest,
    EnrolAnswer,
    EnrolRequest,
    LoginRequest,
    RefreshRequest,
    TicketRequest,
    Tokens,
    TotpRequest,
)

_COOKIE: Final = ("Set-Cookie", "The refresh token as `__Host-pli`, where a cookie was asked for.")
_TOKENS: Final = (Answer(kind=Tokens, about="Tokens.", headers=(_COOKIE,)),)
_TRIES: Final = ("wrongCredentials", "tooManyAttempts")
_CODE: Final = ("ticketExpired", "wrongCode", "tooManyAttempts")
_KEYS: Final = ("invalidKeys", "invalidProperties")
_ACCOUNT: Final = Parameter("account", "query", AccountId, "An account that the caller acts for, in place of its own.")

LOGIN_DOORS: Final = (
    json_door("challenge", names.CHALLENGE, "A challenge for a log-in; unknown names get one too.",
              ChallengeRequest, Challenge),
    Door("login", names.LOGIN, "A signature over the challenge.", _TOKENS, takes=LoginRequest,
         refuses=("mfaRequired", *_TRIES)),
    Door("totp", names.TOTP, "The one-time code that a ticket asks for.", _TOKENS, takes=TotpRequest, refuses=_CODE),
    json_door("box", names.BOX, "Box and newest statement, for the ticket of a letter's or a recovery code.",
              TicketRequest, BoxAnswer, "ticketExpired"),
    Door("activate", names.ACTIVATE, "The letter's code gives way to keys and factors of the owner.", _TOKENS,
         takes=ActivateRequest, refuses=(*_KEYS, *_CODE)),
    Door("refresh", names.REFRESH, "New tokens for a refresh token, in cookie or body; it is used up.", _TOKENS,
         takes=RefreshRequest, who="cookie", refuses=("forbidden",), optional=True),
    Door("logout", names.LOGOUT, "End this device's session.",
         (Answer(204, about="It is ended.", headers=(("Set-Cookie", "Clears the cookie."),)),), who="bearer"),
)  # fmt: skip

LIFE_DOORS: Final = (
    json_door("oppose", names.OPPOSE, "Refuse an account with its letter's code: only the fact remains.",
              OpposeRequest, Opposition, "ticketExpired", "tooLate"),
    Door("close", names.CLOSE, "Close an account: gone for everybody else, archived sealed, erased in the end.",
         (Answer(kind=Closed, headers=(("Set-Cookie", "Clears the cookie, where it was the caller's own."),)),),
         takes=CloseRequest, who="bearer", refuses=("confirmFirst", "accountNotFound", "forbidden")),
)  # fmt: skip

FACTOR_DOORS: Final = (
    json_door("confirm", names.CONFIRM, "A log-in's signature once more: this device may change factors.",
              ConfirmRequest, Confirmed, *_TRIES, who="bearer"),
    Door("factors", names.FACTORS, "Change password, recovery code, passkeys, second factor, keys and box.",
         (Answer(kind=FactorsDone),), takes=FactorsRequest, who="bearer", parameters=(_ACCOUNT,),
         refuses=("confirmFirst", "accountNotFound", "forbidden", "stateMismatch", *_KEYS, "wrongCode",
                  "tooManyAttempts")),
    Door("recover", names.RECOVER, "All factors anew, by the recovery code's ticket.", _TOKENS, takes=RecoverRequest,
         refuses=(*_KEYS, *_CODE, "stateMismatch")),
    json_door("adopt", names.ADOPT, "Activate a child's account that the caller holds from now on.",
              AdoptRequest, Adopted, "confirmFirst", "forbidden", "ticketExpired", "overQuota",
              *_KEYS, who="bearer"),
)  # fmt: skip

PAIRING_DOORS: Final = (
    json_door("pairing begin", names.PAIRING_BEGIN, "A new device waits for keys.", PairingBegin, PairingBegun,
              "invalidKeys", "rateLimit"),
    json_door("pairing poll", names.PAIRING_POLL, "What the old device has said so far.", PairingPoll, PairingSeen,
              "notFound", "rateLimit"),
    json_door("pairing find", names.PAIRING_FIND, "The new device's key.", PairingFind, PairingFound,
              "forbidden", "notFound", who="bearer"),
    json_door("pairing hello", names.PAIRING_HELLO, "The old device's first sealed note; once.", PairingHello, Nothing,
              "alreadyExists", "forbidden", "notFound", "invalidProperties", who="bearer"),
    json_door("pairing grant", names.PAIRING_GRANT, "The sealed box key, by a confirmed device; once.", PairingGrant,
              Nothing, "alreadyExists", "confirmFirst", "forbidden", "notFound", "invalidProperties", who="bearer"),
    json_door("pairing end", names.PAIRING_END, "It is gone; by its code for a bearer alone.", PairingEnd, Nothing,
              "forbidden", "invalidProperties", "rateLimit", who="either"),
    Door("pairing claim", names.PAIRING_CLAIM, "Tokens of the new device; once.", _TOKENS, takes=PairingClaim,
         refuses=("ticketExpired", "rateLimit")),
)  # fmt: skip

ENROL_DOORS: Final = (
    json_door("enrol", names.ENROL, "Create accounts; by a station or a bridge.", EnrolRequest, EnrolAnswer,
              "forbidden", who="bearer"),
)  # fmt: skip
