"""The people, addresses and ports of the demonstration: invented, in the domains that RFC 2606 keeps for examples."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Patient:
    """A demonstration patient. `ins` is a matricule under the test OID: nobody's."""

    ins: str
    birth_name: str
    first_name: str
    birth_date: str
    sex: str

    @property
    def address(self) -> str:
        return f"{self.ins}@{PATIENT_DOMAIN}"

    @property
    def name(self) -> str:
        return f"{self.first_name.title()} {self.birth_name}"


@dataclass(frozen=True)
class Ports:
    """Where the parts of the demonstration listen, all on loopback."""

    relay: int = 8440
    gateway: int = 8425
    operator: int = 8426  # mail from the gateway
    submission: int = 8427  # mail from the clinician's mail program
    witness: int = 0  # of the key log; 0: any, chosen once and kept in the log's policy

    def all(self) -> dict[str, int]:
        """Port by the part that listens there, without those that are not chosen yet."""
        named = {
            "relay": self.relay,
            "gateway": self.gateway,
            "operator": self.operator,
            "submission": self.submission,
            "witness": self.witness,
        }
        return {name: port for name, port in named.items() if port}


PATIENT_DOMAIN: Final = "patient.pli.example"
CLINIC_DOMAIN: Final = "cabinet.mssante.example"
GATEWAY_HOST: Final = "passerelle.pli.example"
OPERATOR_HOST: Final = "mx.operateur.mssante.example"
TEST_INS_OID: Final = "1.2.250.1.213.1.4.10"

CLINICIAN_NAME: Final = "Dr Claire MARTIN"
CLINICIAN_ADDRESS: Final = f"dr.martin@{CLINIC_DOMAIN}"
CAMILLE: Final = Patient("285077505612370", "DURAND", "CAMILLE", "1985-07-14", "F")
CAMILLE_LOGIN: Final = "camille.durand"
CAMILLE_PASSWORD: Final = "le-tilleul-sent-bon-en-juin"  # a demonstration account on this machine only

HOME: Final = Ports(witness=8428)  # of `./dev run`

WITNESS_NAME: Final = "temoin.pli.example/w1"
GATEWAY_LOGIN: Final = "gateway"
STATION_LOGIN: Final = "station"
