"""A patient on the Python SDK, as a program: one JSON command a line in, one JSON answer a line out.

A program of its own, because the SDK lives on Twisted's loop and the live tests do not. Started by `tests.live.desk`.
Commands: {"do": "news"} and {"do": "answer", "to": letter id, "text", "name", "data": base64}.
"""

import asyncio
import base64
import json
import sys
from typing import Any

from clients.content.file import FilePart
from clients.content.letter import Letter, Mail
from clients.content.part import Part
from clients.sdk import Arrived, Client, Draft, Mailbox, Refusal
from clients.session import reactor
from tests.live.everything import everything


async def main(relay: str, login: str, password: str, address: str) -> None:
    """Log in once, then obey until the input ends."""
    client = await Client.with_password(relay, login, password, _code)
    key = client.password_key
    assert key is not None
    mailbox = await client.mailbox(client.account, key, name=login, address=address)
    _say({"ready": client.account})
    while line := await asyncio.to_thread(sys.stdin.readline):
        command = json.loads(line)
        try:
            _say(await _obey(mailbox, command))
        except Refusal as refusal:
            _say({"refused": refusal.name})
    await client.close()


async def _obey(mailbox: Mailbox, command: dict[str, Any]) -> dict[str, Any]:
    letters = [item for item in await everything(mailbox) if isinstance(item, Arrived)]
    if command["do"] == "news":
        return {"letters": [_described(item) for item in letters]}
    answered = next(item.letter for item in letters if item.letter.message == command["to"])
    done = await mailbox.send(await _draft(mailbox, answered, command), [answered.sender.account])
    return {"sent": done.client_id}


async def _draft(mailbox: Mailbox, answered: Letter, command: dict[str, Any]) -> Draft:
    data = base64.b64decode(command["data"])
    parts: list[Part] = [FilePart(await mailbox.attach(command["name"], "application/octet-stream", data))]
    came = answered.mail
    references = (*came.references, came.message_id)[-50:] if came and came.message_id else ()
    mail = Mail(
        from_=mailbox.address,
        to=answered.sender.address,
        message_id=None,
        in_reply_to=came.message_id if came else None,
        references=references,
    )
    return Draft(
        subject=f"Re: {answered.subject}",
        text=command["text"],
        parts=tuple(parts),
        thread=answered.thread,
        in_reply_to=answered.message,
        mail=mail,
    )


def _described(item: Arrived) -> dict[str, Any]:
    letter = item.letter
    mail_id = letter.mail.message_id if letter.mail else None
    kinds = [part.kind for part in letter.parts]
    return {"id": letter.message, "box": item.box, "subject": letter.subject, "mail": mail_id, "kinds": kinds}


def _code() -> str:
    _say({"code": "please"})
    return sys.stdin.readline().strip()


def _say(value: dict[str, Any]) -> None:
    print(json.dumps(value), flush=True)


if __name__ == "__main__":
    reactor.run(main(*sys.argv[1:]))
