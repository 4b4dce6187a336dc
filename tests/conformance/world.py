"""What the rows speak to: one household in one relay, and short ways to call a method of a type."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from messaging.wire import names
from tests.conformance.household import Actor, Household, settle
from tests.conformance.kinds import Kind, Kinds
from tests.conformance.site import Site
from tests.messaging.desk import letter

LETTERS = 5


@dataclass(frozen=True)
class World:
    """`kinds` by type name."""

    site: Site
    home: Household
    kinds: dict[str, Kind]

    @classmethod
    @contextlib.contextmanager
    def opened(cls, folder: Path) -> Iterator[Self]:
        """A relay with people, letters, sealed state."""
        with Site.opened(folder) as site:
            home = settle(site)
            made = cls(site, home, Kinds(home).all())
            made.furnish()
            yield made

    def furnish(self) -> None:
        """The professional writes, so that each type has something to read."""
        doctor, patient = self.home.doctor, self.home.patient
        for _ in range(LETTERS):
            self.done(self.ask(doctor, "SealedMessage/set", create={"l": letter(patient.person)}), "created", "l")
        if self.kinds["SealedState"].make is not None:
            self.kinds["SealedState"].make()
        for name in ("AppGrant", "EmergencyGrant"):
            for _ in range(3):
                create = self.kinds[name].create
                assert create is not None
                self.done(self.ask(patient, f"{name}/set", create={"g": create()}), "created", "g")

    def ask(self, who: Actor, method: str, **arguments: Any) -> tuple[str, Any]:
        """(name, answer) of one call; `accountId` is filled in, and left out where it is given as None."""
        given = {"accountId": who.account} | arguments
        if given["accountId"] is None:
            del given["accountId"]
        using = (*names.EVERYONE, names.BRIDGE) if who is self.home.bridge else names.EVERYONE
        ((said, answer, _),) = self.site.call(who.token, (method, given), using=using)
        return said, answer

    def good(self, name: str, verb: str, **arguments: Any) -> Any:
        """The answer of a type's method, which is no error."""
        method = f"{name}/{verb}"
        said, answer = self.ask(self.kinds[name].who, method, **arguments)
        assert said == method, answer
        return answer

    def error(self, name: str, verb: str, **arguments: Any) -> str:
        """The type of the method error."""
        said, answer = self.ask(self.kinds[name].who, f"{name}/{verb}", **arguments)
        assert said == "error", answer
        return str(answer["type"])

    def there(self, name: str) -> list[Any]:
        """All objects of a type; at least one."""
        found: list[Any] = self.good(name, "get")["list"]
        assert found
        return found

    def done(self, said: tuple[str, Any], what: str, key: str) -> Any:
        """One object of a `/set` that was done."""
        assert (said[1].get(what) or {}).keys() >= {key}, said
        return said[1][what][key]
