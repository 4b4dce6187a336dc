"""The typed face for integrators: a client, its mailboxes, letters in and out. asyncio-native."""

from clients.content.part import File, MailContext, Part
from clients.sdk.activation import activate
from clients.sdk.apps import app_request, vouched
from clients.sdk.client import Client
from clients.sdk.devices import OwnDevice
from clients.sdk.enrolment import letter_account, managed_account
from clients.sdk.exporting import Exported
from clients.sdk.files import Enclosed
from clients.sdk.handing import OldDevice
from clients.sdk.life import new_receipt, oppose
from clients.sdk.mailbox import Mailbox
from clients.sdk.oauth import OAuth
from clients.sdk.pairing import NewDevice
from clients.sdk.person import Person
from clients.sdk.recovering import recover
from clients.sdk.remembered import ANY_STATION, LogMemory, Trust
from clients.sdk.values import Arrived, News, Prepared, Submitted, Unreadable
from clients.session.incoming import Reason
from clients.session.keyring import Distrusted
from clients.session.outgoing import Draft
from messaging.wire.errors import Refusal

__all__ = [
    "ANY_STATION",
    "Arrived",
    "Client",
    "Distrusted",
    "Draft",
    "Enclosed",
    "Exported",
    "File",
    "LogMemory",
    "MailContext",
    "Mailbox",
    "NewDevice",
    "News",
    "OAuth",
    "OldDevice",
    "OwnDevice",
    "Part",
    "Person",
    "Prepared",
    "Reason",
    "Refusal",
    "Submitted",
    "Trust",
    "Unreadable",
    "activate",
    "app_request",
    "letter_account",
    "managed_account",
    "new_receipt",
    "oppose",
    "recover",
    "vouched",
]
