"""Holds what a relay answers against what it says of itself: status, content type, headers and schema."""

import json
import re
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import jsonschema_rs


@dataclass(frozen=True)
class Documented:
    """An OpenAPI description, as the relay served it."""

    said: dict[str, Any]

    def check(self, method: str, path: str, status: int, headers: dict[str, str], body: bytes) -> None:
        """Raises AssertionError for an answer that is not described. Header names are small letters."""
        self.fits(method, self._template(path), status, headers, body)

    def fits(self, method: str, template: str, status: int, headers: dict[str, str], body: bytes) -> None:
        """The same for a path as the description names it."""
        place, item = f"{method} {template}: {status}", self.said["paths"][template]
        if method.lower() not in item:
            assert status == 405, f"{place}, but there is no such operation"
            self._fits(place, {"$ref": "#/components/schemas/problem.notAllowed"}, body)
            return
        response = item[method.lower()]["responses"].get(str(status))
        assert response is not None, f"{place} is not described: {body[:300]!r}"
        for name, header in response.get("headers", {}).items():
            assert name.lower() in headers or not header.get("required"), f"{place}: no {name}"
        if "content" not in response:
            assert body == b"", f"{place} has a body"
            return
        ((media_type, content),) = response["content"].items()
        assert headers["content-type"] == media_type or media_type == "*/*", f"{place}: {headers['content-type']}"
        if "schema" in content:
            self._fits(place, content["schema"], body)

    def _fits(self, place: str, schema: dict[str, Any], body: bytes) -> None:
        wrong = [str(error) for error in self._validator(schema).iter_errors(json.loads(body))]
        assert wrong == [], f"{place}: {wrong[0][:1500]}"

    def _template(self, path: str) -> str:
        if path in self.said["paths"]:
            return path
        found = [template for pattern, template in self._templates if pattern.fullmatch(path)]
        assert found, f"{path} is not described"
        return found[-1]

    @cached_property
    def _templates(self) -> list[tuple[re.Pattern[str], str]]:
        named = [path for path in self.said["paths"] if "{" in path]
        return [(re.compile(re.sub(r"\\{\w+\\}", "[^/]+", re.escape(path))), path) for path in named]

    def _validator(self, schema: dict[str, Any]) -> Any:
        key = json.dumps(schema, sort_keys=True)
        if key not in self._validators:
            whole = schema | {"components": {"schemas": self.said["components"]["schemas"]}}
            self._validators[key] = jsonschema_rs.Draft202012Validator(whole)
        return self._validators[key]

    @cached_property
    def _validators(self) -> dict[str, Any]:
        return {}
