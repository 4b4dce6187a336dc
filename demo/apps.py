"""One certified app of the demonstration: an authority signs the catalogue, the station enrols the app."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from demo.installation import run_pli
from demo.layout import Layout
from demo.names import STATION_LOGIN

APP_LOGIN: Final = "carnet-glycemie"
_DAYS: Final = 365


def prepare(layout: Layout) -> None:
    """Keys of the authority and the app, and a signed catalogue that relay.toml names. Before the relay starts.

    What is there stays: the app keeps its account, and the relay takes no other catalogue of the same version.
    """
    authority, signed = _key(layout, "authority"), layout.folder / "catalogue.json"
    if not signed.exists():
        listed = layout.folder / "apps.json"
        listed.write_text(json.dumps(_catalogue(_account(layout)), ensure_ascii=False))
        run_pli("catalogue", "sign", str(listed), "--key-file", str(layout.folder / "authority.key"),
                "--out", str(signed))  # fmt: skip
    with layout.relay_config.open("a") as config:
        config.write(f'\n[catalogue]\nfile = "{signed}"\nauthority = "{authority}"\n')


def enrol(layout: Layout) -> str:
    """The app's account; the relay must run. The same again changes nothing."""
    done = run_pli("app", "enrol", str(_request(layout)), "--relay", layout.origin, "--login", STATION_LOGIN,
                   "--key-file", str(layout.station_key))  # fmt: skip
    return str(done["account"])


def _account(layout: Layout) -> str:
    _key(layout, "app")
    request = _request(layout)
    if not request.exists():
        station = str(run_pli("keys", "show", str(layout.station_key))["publicKey"])
        run_pli("app", "request", "--login", APP_LOGIN, "--key-file", str(layout.folder / "app.key"),
                "--station", station, "--out", str(request))  # fmt: skip
    return str(json.loads(request.read_text())["account"])


def _key(layout: Layout, name: str) -> str:
    path = layout.folder / f"{name}.key"
    if not path.exists():
        run_pli("keys", "new", str(path))
    return str(run_pli("keys", "show", str(path))["publicKey"])


def _request(layout: Layout) -> Path:
    return layout.folder / "app-request.json"


def _catalogue(account: str) -> dict[str, Any]:
    now = datetime.now(UTC)
    until = f"{now + timedelta(days=_DAYS):%Y-%m-%dT%H:%M:%SZ}"
    app = {
        "account": account, "name": {"fr": "Carnet de glycémie", "en": "Glucose diary"}, "publisher": "Exemple SAS",
        "purpose": {"fr": "Noter sa glycémie et l’écrire à son médecin", "en": "Note one’s glucose, write to a doctor"},
        "scopes": ["letters.send", "letters.receive", "record.read"], "website": "https://carnet.example/",
        "redirectUris": ["http://localhost:8441/retour"], "certifiedUntil": until,
    }  # fmt: skip
    return {
        "version": 1, "issuedAt": f"{now:%Y-%m-%dT%H:%M:%SZ}", "validUntil": until,
        "authority": "Autorité de démonstration", "apps": [app],
    }  # fmt: skip
