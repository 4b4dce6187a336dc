"""The French document types: JDV_J07_XdsTypeCode_CISIS of 27/09/2024, 114 codes of LOINC and TRE_A04."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Final

LOINC: Final = "2.16.840.1.113883.6.1"
TRE_A04: Final = "1.2.250.1.213.1.1.4.12"


@dataclass(frozen=True)
class DocumentType:
    """A code, the OID of its system, its French name."""

    code: str
    system: str
    label: str


@cache
def document_types() -> Mapping[str, DocumentType]:
    """All of them, by code."""
    table = resources.files(__package__ or "clients.content").joinpath("document-types.tsv").read_text("utf-8")
    rows = (line.split("\t") for line in table.splitlines()[1:])
    return {code: DocumentType(code, system, label) for code, system, label in rows}


def label_of(code: str, otherwise: str = "Document") -> str:
    """The French name of a code; `otherwise` for one that is not in the table."""
    found = document_types().get(code)
    return found.label if found else otherwise
