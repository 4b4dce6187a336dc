"""What a process that serves for long does with its memory, once all that it needs is loaded."""

import gc


def settle() -> None:
    """What is loaded now stays: the collector need not walk it again and again, which cost a send 4 % of its time and a
    mail 2 to 3 %. Once for a process."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)
