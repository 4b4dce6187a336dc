"""One row for each type: who asks, what is there, and good values for `/set`. A type without its row fails a test."""

import datetime as dt
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from crypto.encoding import b64u, utc
from messaging.wire import names
from tests.conformance.household import Actor, Household, code, log_in, new_patient, new_person
from tests.conformance.site import Site
from tests.messaging.desk import box, letter

Patch = dict[str, Any]
HOOK = "https://127.0.0.1:9/hook"  # inside: nothing is sent there


@dataclass(frozen=True)
class Kind:
    """`create` gives a new create value, `make` the id of an object made just now, `update` an id and a good patch.

    None where the type has no such thing. `absent` is an id of the right form that nothing has. `moment` is the
    property that queries go by, and `happen` changes what they find.
    """

    who: Actor
    absent: str
    create: Callable[[], Patch] | None = None
    make: Callable[[], str] | None = None
    update: Callable[[], tuple[str, Patch]] | None = None
    moment: str = ""
    happen: Callable[[], object] | None = None


@dataclass
class Kinds:
    """Makes them, over one household."""

    home: Household
    _trust: str = ""
    _given: int = 0
    _spare: list[str] = field(default_factory=list)

    def all(self) -> dict[str, Kind]:
        """By type name."""
        patient, bridge = self.home.patient, self.home.bridge
        quiet = new_patient(self._site, self.home.station, "quiet")
        surgeon = new_person(self._site, self.home.station, "professional", "dr.durand")
        self._list(self.home.doctor, "Élise Martin")
        hook = self._hooked(surgeon)
        self._ask("NotificationSettings/set", update={"settings": {"push": True}})
        return {
            "NotificationSettings": Kind(patient, "nosettings", update=self._settings),
            "PushSubscription": Kind(patient, "p" + "2" * 26, create=_pushed, make=self._pushing,
                                     update=lambda: (self._pushing(), {"types": ["SealedMessage"]})),
            "Webhook": Kind(surgeon, "w" + "2" * 26, create=lambda: {"url": HOOK}, make=lambda: self._hooked(surgeon),
                            update=lambda: (hook, {"url": HOOK, "types": ["SealedMessage"]})),
            "Quota": Kind(patient, "octets"),
            "Blob": Kind(patient, "b" + "2" * 64),
            "DirectoryEntry": Kind(surgeon, "a" + "2" * 26, make=lambda: self._list(surgeon, "Anne Durand"),
                                   update=lambda: (self._list(surgeon, "Anne Durand"), {"city": "Nîmes"})),
            "AccountInfo": Kind(patient, "a" + "2" * 26),
            "PublicKey": Kind(patient, "k" + "2" * 26),
            "KeyBox": Kind(patient, "nobox", update=self._next_box),
            "Device": Kind(patient, "d" + "2" * 26, make=self._device, update=self._label),
            "Delegation": Kind(patient, "g" + "2" * 26, create=self._delegate, make=self._delegation),
            "AppGrant": Kind(patient, "h" + "2" * 26, create=self._grant, update=self._revoked_grant),
            "EmergencyGrant": Kind(patient, "u" + "2" * 26, create=self._deposit, update=self._revoked_deposit),
            "SealedMessage": Kind(patient, "m" + "2" * 26, create=self._letter, make=self._sent,
                                  moment="receivedAt", happen=self._sent),
            "SealedState": Kind(patient, b64u(bytes(32)), make=self._state, update=self._next_state),
            "Contact": Kind(patient, "a" + "2" * 26, update=lambda: (self.home.doctor.account, {"blocked": False})),
            "AccessLogEntry": Kind(quiet, "e999999999", moment="at", happen=lambda: self._act(quiet)),
            "Core": Kind(patient, ""),
            "KeyLog": Kind(patient, ""),
            "Address": Kind(bridge, ""),
        }  # fmt: skip

    @property
    def _site(self) -> Site:
        return self.home.site

    def _ask(self, method: str, **arguments: Any) -> Any:
        patient = self.home.patient
        ((_, answer, _),) = self._site.call(patient.token, (method, {"accountId": patient.account, **arguments}))
        return answer

    def _list(self, who: Actor, name: str) -> str:
        given = {"accountId": who.account, "update": {who.account: {"name": name}}}
        ((_, answer, _),) = self._site.call(who.token, ("DirectoryEntry/set", given))
        assert answer["updated"] == {who.account: None}, answer
        return who.account

    def _settings(self) -> tuple[str, Patch]:
        return "settings", {"emailWhen": "daily", "quiet": {"from": "22:00", "to": "07:00", "zone": "Europe/Paris"}}

    def _pushing(self) -> str:
        given = {"create": {"p": _pushed()}}
        ((_, answer, _),) = self._site.call(self.home.patient.token, ("PushSubscription/set", given))
        return str(answer["created"]["p"]["id"])

    def _hooked(self, who: Actor) -> str:
        given = {"accountId": who.account, "create": {"h": {"url": HOOK}}}
        ((_, answer, _),) = self._site.call(who.token, ("Webhook/set", given))
        return str(answer["created"]["h"]["id"])

    def _letter(self) -> Patch:
        return letter(self.home.doctor.person, self.home.patient.person, sealed=secrets.token_bytes(8))

    def _sent(self) -> str:
        return str(self._ask("SealedMessage/set", create={"l": self._letter()})["created"]["l"]["id"])

    def _state(self) -> str:
        name = b64u(secrets.token_bytes(32))
        self._ask("SealedState/set", update={name: {"version": 1, "sealed": "AAAA"}})
        return name

    def _next_state(self) -> tuple[str, Patch]:
        return self._state(), {"version": 2, "sealed": b64u(secrets.token_bytes(8))}

    def _next_box(self) -> tuple[str, Patch]:
        version = self._ask("KeyBox/get")["list"][0]["version"] + 1
        return "box", {"version": version, "box": box(version)}

    def _act(self, who: Actor) -> None:
        given = {"accountId": who.account, "update": {"box": {"version": 3, "box": box(3)}}}
        self._site.call(who.token, ("KeyBox/set", given))

    def _delegate(self) -> Patch:
        login = "carer" + secrets.token_hex(4)
        return {"delegate": new_patient(self._site, self.home.station, login).account}

    def _delegation(self) -> str:
        return str(self._ask("Delegation/set", create={"d": self._delegate()})["created"]["d"]["id"])

    def _grant(self) -> Patch:
        return {"app": self.home.app.account, "scopes": ["letters.send"], "until": self._soon()}

    def _revoked_grant(self) -> tuple[str, Patch]:
        made = self._ask("AppGrant/set", create={"g": self._grant()})
        return made["created"]["g"]["id"], {"revoked": True}

    def _deposit(self) -> Patch:
        return {"grantee": self.home.doctor.account, "sealed": "AAAA", "until": self._soon()}

    def _revoked_deposit(self) -> tuple[str, Patch]:
        made = self._ask("EmergencyGrant/set", create={"g": self._deposit()})
        return made["created"]["g"]["id"], {"revoked": True}

    def _soon(self) -> str:
        # Another moment each time: the same grant again would be the one that is there.
        self._given += 1
        return utc(dt.datetime.now(dt.UTC) + dt.timedelta(days=30, seconds=self._given))

    def _label(self) -> tuple[str, Patch]:
        (current,) = [device["id"] for device in self._ask("Device/get")["list"] if device["current"]]
        return current, {"label": b64u(secrets.token_bytes(8))}

    def _device(self) -> str:
        # A trust token is of the device that last used it: the one before may end, and others can still be made.
        if not self._trust:
            self._spare.append(self._trusted())
        self._spare.append(self._another(trustToken=self._trust))
        return self._spare.pop(0)

    def _trusted(self) -> str:
        patient = self.home.patient
        asked = log_in(self._site, patient.person.login, "password", patient.password).json
        given = {"ticket": asked["ticket"], "code": code(1), "trustDevice": True}
        tokens = self._site.ask("POST", names.TOTP, given).json
        self._trust = tokens["trustToken"]
        return self._current(tokens["accessToken"])

    def _another(self, **device: Any) -> str:
        patient = self.home.patient
        tokens = log_in(self._site, patient.person.login, "password", patient.password, **device).json
        return self._current(tokens["accessToken"])

    def _current(self, token: str) -> str:
        account = self.home.patient.account
        ((_, answer, _),) = self._site.call(token, ("Device/get", {"accountId": account}))
        return next(str(device["id"]) for device in answer["list"] if device["current"])


def _pushed() -> Patch:
    keys = {"p256dh": "B" + "A" * 86, "auth": "A" * 22}
    return {"deviceClientId": secrets.token_hex(4), "url": "https://127.0.0.1:9/push", "keys": keys}
