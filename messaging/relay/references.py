"""Result references (RFC 8620, 3.7) and creation ids (5.3): arguments filled in from earlier answers."""

from typing import Any

from messaging.wire.errors import Refusal

Answer = tuple[str, Any, str]
_IDS = ("ids", "destroy")


def fill_in(arguments: dict[str, Any], answers: list[Answer], created: dict[str, str]) -> dict[str, Any]:
    """`arguments` with references resolved. Raises Refusal `invalidArguments`, `invalidResultReference`."""
    filled = {name: value for name, value in arguments.items() if not name.startswith("#")}
    for name, reference in arguments.items():
        if name.startswith("#"):
            if name[1:] in filled:
                raise Refusal("invalidArguments", "an argument is there twice")
            filled[name[1:]] = _resolve(reference, answers)
    return _created_ids(filled, created)


def needs_filling(raw: bytes) -> bool:
    """Whether these arguments may hold a reference: the sign must be in the bytes, however it is escaped."""
    return b"#" in raw or b"\\u0023" in raw


def _resolve(reference: Any, answers: list[Answer]) -> Any:
    if not isinstance(reference, dict) or reference.keys() != {"resultOf", "name", "path"}:
        raise Refusal("invalidResultReference")
    call, name, path = reference["resultOf"], reference["name"], reference["path"]
    found = [answer for answer in answers if answer[2] == call]
    if not found or found[0][0] != name or not isinstance(path, str) or not path.startswith("/"):
        raise Refusal("invalidResultReference")
    return _walk(found[0][1], [step.replace("~1", "/").replace("~0", "~") for step in path[1:].split("/")])


def _walk(value: Any, steps: list[str]) -> Any:
    for position, step in enumerate(steps):
        if step == "*" and isinstance(value, list):
            found = [_walk(item, steps[position + 1 :]) for item in value]
            return [part for item in found for part in (item if isinstance(item, list) else [item])]
        value = _step(value, step)
    return value


def _step(value: Any, step: str) -> Any:
    if isinstance(value, dict) and step in value:
        return value[step]
    # No list is longer than nine digits; Python refuses to read thousands of them.
    if isinstance(value, list) and len(step) < 10 and step.isascii() and step.isdigit() and int(step) < len(value):
        return value[int(step)]
    raise Refusal("invalidResultReference")


def _created_ids(arguments: dict[str, Any], created: dict[str, str]) -> dict[str, Any]:
    for name in _IDS:
        if isinstance(arguments.get(name), list):
            arguments[name] = [_real(id_, created) for id_ in arguments[name]]
    if isinstance(arguments.get("update"), dict):
        arguments["update"] = {_real(id_, created): value for id_, value in arguments["update"].items()}
    return arguments


def _real(id_: Any, created: dict[str, str]) -> Any:
    return created.get(id_[1:], id_) if isinstance(id_, str) and id_.startswith("#") else id_
