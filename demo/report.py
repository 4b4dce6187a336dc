"""An invented laboratory report, as a CDA R2 document (level 3 header, tables in French) and as a readable PDF."""

import datetime as dt
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from lxml import etree

from demo.markup import maker
from demo.names import CAMILLE, TEST_INS_OID, Patient
from demo.pdf import Line, write_page

CDA: Final = "urn:hl7-org:v3"
XSI: Final = "http://www.w3.org/2001/XMLSchema-instance"
LOINC: Final = "2.16.840.1.113883.6.1"
RPPS_ROOT: Final = "1.2.250.1.71.4.2.1"
DOCUMENT_ROOT: Final = "1.2.250.1.213.1.1.1.55"
_e = maker(CDA, {None: CDA, "xsi": XSI})


@dataclass(frozen=True)
class Result:
    """One line of the report. `low` and `high` bound what is usual, in `unit`."""

    name: str
    code: str
    value: float
    unit: str
    low: float
    high: float

    @property
    def usual(self) -> str:
        return f"{_number(self.low)} à {_number(self.high)}"

    @property
    def outside(self) -> bool:
        return not self.low <= self.value <= self.high


CHAPTERS: Final = {
    "Bilan lipidique": (
        Result("Cholestérol total", "14647-2", 5.62, "mmol/L", 3.0, 5.2),
        Result("Cholestérol HDL", "14646-4", 1.48, "mmol/L", 1.0, 2.2),
        Result("Triglycérides", "14927-8", 1.12, "mmol/L", 0.4, 1.7),
    ),
    "Glycémie": (
        Result("Glucose à jeun", "14771-0", 4.9, "mmol/L", 3.9, 6.1),
        Result("Hémoglobine A1c", "4548-4", 5.4, "%", 4.0, 6.0),
    ),
}


@dataclass(frozen=True)
class Report:
    """What one report says. `identifier` is unique to the document; `remark` is the biologist's sentence."""

    drawn: dt.datetime
    patient: Patient = CAMILLE
    author_given: str = "Hélène"
    author_family: str = "ROSTAND"
    laboratory: str = "Laboratoire des Quatre-Vents"
    title: str = "Compte rendu d'examens biologiques"
    remark: str = "Cholestérol total légèrement au-dessus des valeurs habituelles. À revoir en consultation."
    identifier: str = field(default_factory=lambda: str(uuid.uuid4().int >> 64))

    @property
    def author(self) -> str:
        return f"Dr {self.author_given} {self.author_family}"


def as_cda(report: Report) -> bytes:
    """The report as a CDA R2 document in UTF-8."""
    document = _e("ClinicalDocument", *_header(report), _e("component", _e("structuredBody", *_sections(report))))
    return etree.tostring(document, xml_declaration=True, encoding="UTF-8", pretty_print=True)


def as_pdf(report: Report) -> bytes:
    """The same report for people without a CDA reader."""
    patient = report.patient
    lines = [
        Line((report.laboratory,), 12, bold=True),
        Line((report.title,), 18, bold=True, gap=18),
        Line((f"{patient.first_name} {patient.birth_name}, née le {_french(patient.birth_date)}",), gap=14),
        Line((f"Prélèvement du {report.drawn:%d/%m/%Y} à {report.drawn:%H h %M}",)),
        Line(("Examen", "Résultat", "Valeurs habituelles"), bold=True, gap=24, rule=True),
        *_table(),
        Line((report.remark,), gap=28),
        Line((f"Validé par {report.author}, biologiste",), gap=14),
        Line(("Document de démonstration : personne et résultats inventés.",), 9, gap=40),
    ]
    return write_page(report.title, lines)


def _table() -> Iterator[Line]:
    for chapter, results in CHAPTERS.items():
        yield Line((chapter,), bold=True, gap=14)
        for result in results:
            mark = " *" if result.outside else ""
            yield Line((result.name, f"{_number(result.value)} {result.unit}{mark}", result.usual), rule=True, gap=9)


def _header(report: Report) -> list[etree._Element]:
    made = f"{report.drawn:%Y%m%d%H%M%S%z}"
    return [
        _e("realmCode", code="FR"),
        _e("typeId", root="2.16.840.1.113883.1.3", extension="POCD_HD000040"),
        _e("templateId", root="2.16.840.1.113883.2.8.2.1"),
        _e("templateId", root="1.2.250.1.213.1.1.1.1"),
        _e("templateId", root=DOCUMENT_ROOT),
        _e("id", root=DOCUMENT_ROOT, extension=report.identifier),
        _e("code", code="11502-2", codeSystem=LOINC, codeSystemName="LOINC", displayName="CR d'examens biologiques"),
        _e("title", report.title),
        _e("effectiveTime", value=made),
        _e("confidentialityCode", code="N", codeSystem="2.16.840.1.113883.5.25", displayName="Normal"),
        _e("languageCode", code="fr-FR"),
        _e("setId", root=DOCUMENT_ROOT, extension=f"{report.identifier}-1"),
        _e("versionNumber", value="1"),
        _record_target(report.patient),
        _e("author", _e("time", value=made), _assigned(report, "assignedAuthor")),
        _e("custodian", _e("assignedCustodian", _organisation(report, "representedCustodianOrganization"))),
        _e(
            "legalAuthenticator",
            _e("time", value=made),
            _e("signatureCode", code="S"),
            _assigned(report, "assignedEntity"),
        ),
        _event(report),
        _encounter(report),
    ]


def _record_target(patient: Patient) -> etree._Element:
    name = _e(
        "name",
        _e("family", patient.birth_name, qualifier="BR"),
        _e("given", patient.first_name),
        _e("given", patient.first_name, qualifier="BR"),
    )
    gender = _e(
        "administrativeGenderCode",
        code=patient.sex,
        codeSystem="2.16.840.1.113883.5.1",
        displayName="Féminin" if patient.sex == "F" else "Masculin",
    )
    born = _e("birthTime", value=patient.birth_date.replace("-", ""))
    person = _e("patient", name, gender, born, classCode="PSN")
    home = _e(
        "addr",
        _e("houseNumber", "12"),
        _e("streetName", "Rue des Tilleuls"),
        _e("postalCode", "75011"),
        _e("city", "Paris"),
    )
    return _e("recordTarget", _e("patientRole", _e("id", root=TEST_INS_OID, extension=patient.ins), home, person))


def _assigned(report: Report, tag: str) -> etree._Element:
    name = _e("name", _e("given", report.author_given), _e("family", report.author_family), _e("suffix", "DR"))
    profession = _e(
        "code", code="G15_10/SM03", codeSystem="1.2.250.1.213.1.1.4.5", displayName="Médecin - Biologie médicale (SM)"
    )
    return _e(
        tag,
        _e("id", root=RPPS_ROOT, extension="810000000001"),
        profession,
        _e("assignedPerson", name),
        _organisation(report, "representedOrganization"),
    )


def _organisation(report: Report, tag: str) -> etree._Element:
    return _e(tag, _e("id", root="1.2.250.1.71.4.2.2", extension="1750000001"), _e("name", report.laboratory))


def _event(report: Report) -> etree._Element:
    performed = _e("performer", _assigned(report, "assignedEntity"), typeCode="PRF")
    time = _e("effectiveTime", _e("low", value=f"{report.drawn:%Y%m%d%H%M%S%z}"))
    return _e("documentationOf", _e("serviceEvent", _e("code", code="11502-2", codeSystem=LOINC), time, performed))


def _encounter(report: Report) -> etree._Element:
    time = _e("effectiveTime", value=f"{report.drawn:%Y%m%d%H%M%S%z}")
    place = _e(
        "location",
        _e(
            "healthCareFacility",
            _e("code", code="SA25", codeSystem="1.2.250.1.71.4.2.4", displayName="Laboratoire de biologie médicale"),
        ),
    )
    return _e("componentOf", _e("encompassingEncounter", time, place))


def _sections(report: Report) -> Iterator[etree._Element]:
    for number, (chapter, results) in enumerate(CHAPTERS.items(), 1):
        code = _e("code", code="18719-5", codeSystem=LOINC, displayName="Biochimie")
        head = _e("thead", _e("tr", *(_e("th", label) for label in ("Examen", "Résultat", "Valeurs habituelles"))))
        rows = [_row(result, f"r{number}-{index}") for index, result in enumerate(results, 1)]
        text = _e("text", _e("table", head, _e("tbody", *rows), border="1"))
        yield _e("component", _e("section", code, _e("title", chapter), text, _entry(results, number)))
    remark = _e("text", _e("paragraph", report.remark))
    yield _e(
        "component", _e("section", _e("code", code="48767-8", codeSystem=LOINC), _e("title", "Commentaire"), remark)
    )


def _row(result: Result, identifier: str) -> etree._Element:
    value = _e("content", f"{_number(result.value)} {result.unit}")
    if result.outside:
        value.set("styleCode", "Bold")
    return _e("tr", _e("td", _e("content", result.name, ID=identifier)), _e("td", value), _e("td", result.usual))


def _entry(results: tuple[Result, ...], number: int) -> etree._Element:
    act = _e(
        "act",
        _e("code", code="18719-5", codeSystem=LOINC),
        _e("statusCode", code="completed"),
        classCode="ACT",
        moodCode="EVN",
    )
    for index, result in enumerate(results, 1):
        reference = _e("originalText", _e("reference", value=f"#r{number}-{index}"))
        value = _e("value", xsi_type="PQ", value=str(result.value), unit=result.unit)
        observation = _e(
            "observation",
            _e("code", reference, code=result.code, codeSystem=LOINC, displayName=result.name),
            _e("statusCode", code="completed"),
            value,
            _e("interpretationCode", code="H" if result.outside else "N", codeSystem="2.16.840.1.113883.5.83"),
            classCode="OBS",
            moodCode="EVN",
        )
        act.append(_e("entryRelationship", observation, typeCode="COMP"))
    return _e("entry", act, typeCode="DRIV")


def _number(value: float) -> str:
    return f"{value:g}".replace(".", ",")


def _french(date: str) -> str:
    return dt.date.fromisoformat(date).strftime("%d/%m/%Y")
