"""All doors, described. One that the relay opens and this page does not know fails a test, and the other way round."""

from typing import Final

from messaging.wire.described.authdoors import ENROL_DOORS, FACTOR_DOORS, LIFE_DOORS, LOGIN_DOORS, PAIRING_DOORS
from messaging.wire.described.jmapdoors import CATALOGUE_DOORS, DESCRIPTION_DOORS, JMAP_DOORS, LOG_DOORS, OTHER_DOORS
from messaging.wire.described.oauthdoors import OAUTH_DOORS

DOORS: Final = (
    *JMAP_DOORS,
    *LOGIN_DOORS,
    *FACTOR_DOORS,
    *LIFE_DOORS,
    *PAIRING_DOORS,
    *ENROL_DOORS,
    *OAUTH_DOORS,
    *LOG_DOORS,
    *CATALOGUE_DOORS,
    *DESCRIPTION_DOORS,
    *OTHER_DOORS,
)
