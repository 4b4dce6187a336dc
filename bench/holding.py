"""Opens a stream for each token on standard input, says `open`, and holds them until standard input ends."""

import asyncio
import ssl
import sys

from bench.streams import asked

_AT_ONCE = 50


async def _main(port: int, context: ssl.SSLContext | None) -> None:
    tokens = [line.strip() for line in iter(sys.stdin.readline, "\n")]
    free = asyncio.Semaphore(_AT_ONCE)
    held: list[asyncio.StreamWriter] = []

    async def one(token: str) -> None:
        async with free:
            # A small limit: what is measured is the relay's memory, but both share the machine.
            reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context, limit=4096)
            writer.write(asked(token))
            await reader.readuntil(b": hello")
            held.append(writer)

    await asyncio.gather(*map(one, tokens))
    print("open", flush=True)
    await asyncio.to_thread(sys.stdin.read)
    for writer in held:
        writer.transport.abort()


def _unchecked() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


if __name__ == "__main__":
    asyncio.run(_main(int(sys.argv[1]), _unchecked() if sys.argv[2] == "tls" else None))
