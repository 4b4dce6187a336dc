"""`pli watch`: letters as they arrive, until interrupted."""

from contextlib import aclosing
from typing import Annotated, Any

import typer

from clients.cli import loop, settings
from clients.cli.loop import Access
from clients.cli.output import Output
from clients.cli.settings import AsJson, Login, OneTimeCode, PasswordFile, Relay, TotpFile

app = typer.Typer()
Count = Annotated[int | None, typer.Option("--count", min=1, help="Stop after so many letters.")]


@app.command("watch")
def watch(
    context: typer.Context,
    count: Count = None,
    relay: Relay = None,
    login: Login = None,
    password_file: PasswordFile = None,
    totp_file: TotpFile = None,
    code: OneTimeCode = None,
    as_json: AsJson = False,
) -> None:
    """Print each letter as it arrives (with --json one object a line). Ctrl-C ends it."""
    found = settings.of(context)
    access = Access(relay, login, password_file, totp_file, code)
    try:
        loop.run(lambda: _watch(found, access, count, found.output(as_json)))
    except KeyboardInterrupt:
        return


async def _watch(found: settings.Settings, access: Access, count: int | None, output: Output) -> None:
    from clients.cli import reading  # noqa: PLC0415 - loads the content kinds

    async with loop.mailbox(found, access) as (client, mailbox):
        state, left = await _present(mailbox), count
        output.note("Watching. Ctrl-C ends it.")
        async with aclosing(client.watch()) as hints:
            async for _ in hints:
                news = await mailbox.news(state)
                while news.items or news.more:
                    for item in news.items:
                        _say(output, reading.row(item))
                        left = None if left is None else left - 1
                        if left == 0:
                            return
                    news = await mailbox.news(news.state)
                state = news.state


def _say(output: Output, said: dict[str, Any]) -> None:
    output.result(said, f"{said['when']}  {said['from']}  {said['shown']}  {said['letter']}")


async def _present(mailbox: Any) -> str:
    """The state after everything that is there already."""
    news = await mailbox.news(None)
    while news.more:
        news = await mailbox.news(news.state)
    return str(news.state)
