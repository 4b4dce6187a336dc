"""A plain TCP relay between two mail servers that can be held at a chosen byte, to kill a sender there, or cut."""

import contextlib
import socket
import threading
from typing import Final

_PIECE: Final = 1024


class Proxy:
    """Carries connections to `target` unchanged, until told to hold or to cut one."""

    def __init__(self, port: int, target: int) -> None:
        self._target = target
        self._door = socket.create_server(("127.0.0.1", port))
        self._open = threading.Event()
        self._open.set()
        self._held_at: int | None = None
        self._cut_at: int | None = None
        self._answers_only = False
        self.reached = threading.Event()
        self.cut = threading.Event()
        self.carried: list[int] = []  # bytes from the sender of each connection that its sender ended
        threading.Thread(target=self._accept, daemon=True).start()

    def hold_after(self, sent: int, *, answers_only: bool = False) -> None:
        """Hold the next connection once `sent` bytes came from the sender; its answers alone, or both directions."""
        self.reached.clear()
        self._open.clear()
        self._answers_only = answers_only
        self._held_at = sent

    def cut_after(self, sent: int, *, answer_lost: bool = False) -> None:
        """Break one connection, both ends, once `sent` bytes of it went through; or instead of carrying the answer that
        comes next."""
        self.reached.clear()
        self.cut.clear()
        self._answers_only = answer_lost
        self._cut_at = sent

    def release(self) -> None:
        """Carry everything again; what was held goes on, or breaks if its sender died."""
        self._held_at = None
        self._open.set()

    def close(self) -> None:
        """Take no more connections."""
        self.release()
        self._door.close()

    def _accept(self) -> None:
        while True:
            try:
                sender, _ = self._door.accept()
            except OSError:
                return
            try:
                receiver = socket.create_connection(("127.0.0.1", self._target))
            except OSError:  # nobody is there now: whoever came hears so, and may come again
                sender.close()
                continue
            this = threading.Event()  # it is this connection's turn: an earlier one's answer may still be on its way
            threading.Thread(target=self._up, args=(sender, receiver, this), daemon=True).start()
            threading.Thread(target=self._down, args=(receiver, sender, this), daemon=True).start()

    def _up(self, sender: socket.socket, receiver: socket.socket, this: threading.Event) -> None:
        carried = 0
        with sender, receiver, contextlib.suppress(OSError):
            while piece := sender.recv(_PIECE):
                if self._is_cut(carried + len(piece), this):
                    receiver.sendall(piece[: (self._cut_at or 0) - carried])
                    self._break(sender, receiver)
                    return
                carried += len(piece)
                if self._held_at is not None and carried >= self._held_at:
                    this.set()
                    self.reached.set()
                    if not self._answers_only:
                        self._open.wait()
                receiver.sendall(piece)
            receiver.shutdown(socket.SHUT_WR)
            self.carried.append(carried)

    def _is_cut(self, carried: int, this: threading.Event) -> bool:
        if self._cut_at is None or carried < self._cut_at:
            return False
        this.set()
        self.reached.set()
        return not self._answers_only

    def _down(self, receiver: socket.socket, sender: socket.socket, this: threading.Event) -> None:
        with contextlib.suppress(OSError):
            while piece := receiver.recv(_PIECE):
                if this.is_set() and self._cut_at is not None:
                    self._break(sender, receiver)
                    return
                if this.is_set():
                    self._open.wait()
                sender.sendall(piece)
        with contextlib.suppress(OSError):
            sender.shutdown(socket.SHUT_WR)  # whoever answered has gone: the sender must not wait for more

    def _break(self, *ends: socket.socket) -> None:
        self._cut_at = None
        for end in ends:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        self.cut.set()
