"""One's own account in the key log: it shows the keys of the key box, all of them and no others, to everybody."""

import asyncio
from typing import Final

from clients.sdk.directory import Directory
from clients.session.keyring import Chain, check_own, is_behind
from crypto.keybox import OpenedBox

_PUBLISHED: Final = (0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4)  # seconds between looks: the log's witnesses sign first


async def own_line(directory: Directory, opened: OpenedBox) -> Chain:
    """The account's line, which is that of its box, in a log that goes on from the one which the box remembers.

    Raises Refusal; Distrusted; OlderBox when the log knows of keys that a later box than this one holds.
    """
    account, content = opened.account, opened.content
    await directory.log.join(account, content.last_checkpoint)
    own = [*(old.keys.public() for old in content.previous), content.keys.public()]
    found: Chain = ()
    for seconds in (*_PUBLISHED, 0.0):
        found = (await directory.chains(account, [account], fresh=True)).get(account, ())
        if not is_behind(found, own):
            break
        await asyncio.sleep(seconds)  # new keys are shown once a published checkpoint covers them
    check_own(account, found, own, opened.version)
    return found
