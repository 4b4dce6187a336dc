"""What is said about a document of the record wherever it travels: its code, its author, its patient."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, Literal, TypeAlias, get_args

from clients.content.ins import OIDS

Format: TypeAlias = Literal["cda-r2", "pdf", "image", "text", "dicom", "fhir", "other"]
FORMATS: Final[tuple[Format, ...]] = get_args(Format)


@dataclass(frozen=True)
class Code:
    """A coded value: code, name for people, OID of the code system."""

    code: str
    label: str
    system: str


@dataclass(frozen=True)
class Author:
    """Who wrote it, and for which organisation; either may be empty."""

    name: str
    organization: str = ""


@dataclass(frozen=True)
class Patient:
    """The identity as the document states it. `birth_date` is YYYY-MM-DD or empty; `sex` an HL7 gender code."""

    ins: str
    oid: str
    birth_name: str
    first_name: str
    birth_date: str
    sex: str

    @property
    def name(self) -> str:
        """For people: NAME First."""
        return f"{self.birth_name} {self.first_name}".strip()

    @property
    def qualified(self) -> bool:
        """Whether all five traits and a known OID are there: what `X-MSS-INS: O` promises."""
        traits = (self.ins, self.birth_name, self.first_name, self.birth_date, self.sex)
        return self.oid in OIDS and all(traits)


def iso_day(when: date | datetime) -> str:
    """YYYY-MM-DD."""
    return when.strftime("%Y-%m-%d")
