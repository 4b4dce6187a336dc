"""Good inputs of what mail programs and registers write: clinical documents, archives, calendars, markup."""

import io
import zipfile
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Final

from clients.content.document import Author, Code, Patient
from clients.content.unzip import Limits
from clients.content.xdm import XdmDocument, XdmMetadata, write

NOW: Final = datetime(2026, 3, 4, 10, 0, tzinfo=UTC)
LIMITS: Final = Limits(archive=65_536, total=200_000)  # what a fuzzed archive may inflate to: its cost is counted
_CDA: Final = b"""<?xml version="1.0" encoding="UTF-8"?>
<ClinicalDocument xmlns="urn:hl7-org:v3"><id root="1.2" extension="3"/>
<code code="11502-2" codeSystem="2.16.840.1.113883.6.1"/><title>Analyses</title>
<effectiveTime value="20260301093000+0100"/><confidentialityCode code="N"/>
<recordTarget><patientRole><id root="1.2.250.1.213.1.4.10" extension="279035121518989"/>
<patient><name><family qualifier="BR">DURAND</family><given qualifier="BR">Camille</given></name>
<administrativeGenderCode code="F"/><birthTime value="19790328"/></patient></patientRole></recordTarget>
<author><assignedAuthor><assignedPerson><name><given>Claire</given><family>MARTIN</family></name></assignedPerson>
</assignedAuthor></author><relatedDocument typeCode="RPLC"><parentDocument><id root="1.1"/></parentDocument>
</relatedDocument><component><structuredBody/></component></ClinicalDocument>"""
_CALENDAR: Final = """BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//A//B//FR
METHOD:REQUEST
BEGIN:VEVENT
UID:rdv-1
DTSTAMP:20260304T100000Z
SEQUENCE:2
DTSTART;TZID=Europe/Paris:20260401T093000
DURATION:PT30M
RRULE:FREQ=WEEKLY;COUNT=4
SUMMARY:Suivi
DESCRIPTION:À jeun\\;\\nvenez tôt
ORGANIZER;CN="Dr Claire MARTIN":mailto:dr@cabinet.example
ATTENDEE;CN=Camille;PARTSTAT=NEEDS-ACTION:mailto:camille@patient.example
END:VEVENT
END:VCALENDAR
"""


def documents() -> Iterator[bytes]:
    """A clinical document, whole and empty."""
    yield _CDA
    yield b'<ClinicalDocument xmlns="urn:hl7-org:v3"/>'


def calendars() -> Iterator[bytes]:
    """An invitation with a series, and one for a day."""
    yield _CALENDAR.replace("\n", "\r\n").encode()
    day = _CALENDAR.replace(";TZID=Europe/Paris:20260401T093000", ";VALUE=DATE:20260401")
    yield day.replace("DURATION:PT30M\n", "").replace("\n", "\r\n").encode()


def archives() -> Iterator[bytes]:
    """An archive as MSSanté sends it."""
    patient = Patient("279035121518989", "1.2.250.1.213.1.4.10", "DURAND", "Camille", "1979-03-28", "F")
    code, author = Code("11502-2", "CR", "2.16.840.1.113883.6.1"), Author("Dr MARTIN", "Cabinet")
    said = XdmMetadata("text/xml", "cda-r2", "Analyses", code, author, date(2026, 3, 1), "1.2^3", patient, ("N",))
    yield write([XdmDocument("DOC0001.XML", _CDA, said)], "Pli", NOW)


def metadata() -> Iterator[bytes]:
    """The list of documents in it."""
    for archive in archives():
        with zipfile.ZipFile(io.BytesIO(archive)) as opened:
            yield opened.read("IHE_XDM/SUBSET01/METADATA.XML")


def markups() -> Iterator[bytes]:
    """Mail as mail programs write it."""
    yield b'<div><p style="x">a<br><b>b</b><a href="https://a.example" onclick="x()">c</a></p><script>d</script></div>'
    yield b"<table><tr><td colspan=2>a</table><ul><li>b<li>c</ul><!-- d --><![CDATA[e]]>&amp;&#x41;&lt;"
