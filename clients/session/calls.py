"""API requests and answers as values (RFC 8620, section 3): several calls at once, one typed outcome for each."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import msgspec

from clients.session.carried import HttpRequest, HttpResponse, json_request, refusal_of
from messaging.wire import codec, names
from messaging.wire.codec import Response
from messaging.wire.errors import Refusal, from_error
from messaging.wire.methods import METHODS


@dataclass(frozen=True)
class Call:
    """A method and its arguments, as a struct of messaging.wire.methods."""

    name: str
    arguments: msgspec.Struct


Outcome: TypeAlias = Any  # the answer's struct as METHODS names it, or the Refusal of this one call


def request(calls: Sequence[Call], token: str) -> HttpRequest:
    """One API request. Every method of Pli may be sent twice: what creates carries its own id."""
    using = sorted({names.CORE} | {METHODS[call.name].capability for call in calls})
    said = [[call.name, call.arguments, str(number)] for number, call in enumerate(calls)]
    return json_request(names.API, {"using": using, "methodCalls": said}, token=token, repeatable=True)


def outcomes(calls: Sequence[Call], response: HttpResponse) -> list[Outcome]:
    """One outcome for each call, in order. Raises Refusal when the request as a whole was refused."""
    refusal = refusal_of(response)
    if refusal is not None:
        raise refusal
    answers = {call_id: (name, raw) for name, raw, call_id in codec.decode(response.body, Response).method_responses}
    return [_outcome(call, answers.get(str(number))) for number, call in enumerate(calls)]


def _outcome(call: Call, answer: tuple[str, Any] | None) -> Outcome:
    if answer is None:
        return Refusal("serverFail", "a call was not answered")
    name, raw = answer
    if name == "error":
        return from_error(raw if isinstance(raw, dict) else {})
    if name != call.name:
        return Refusal("serverFail", "a call was answered by another")
    try:
        return codec.convert(raw, METHODS[name].answer)
    except Refusal:
        return Refusal("serverFail", f"an answer to {name} of another shape")
