"""A way between SDK and server on which an answer can be lost: the work is done, and nobody hears of it."""

from __future__ import annotations

import re
import signal
import socket
import threading
from contextlib import suppress

from tests.dataloop.service import Service

LENGTH = re.compile(rb"content-length: (\d+)", re.IGNORECASE)
CHUNK = 1 << 16


class Lossy:
    """Passes requests on, one connection at a time; what is to be lost is lost once."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listening.getsockname()[1]}"
        self._lost: tuple[bytes, bool] | None = None
        self.lost = 0
        threading.Thread(target=self._accept, daemon=True).start()

    def lose(self, request: str, *, crash: bool = False) -> None:
        """Lose the answer to the next request that begins so; the server dies before it can give it, if wanted."""
        method, _, path = request.partition(" ")
        self._lost = (f"{method} /api/v1{path}".encode(), crash)

    def close(self) -> None:
        """Stop listening."""
        self._listening.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listening.accept()
                threading.Thread(target=self._pass_on, args=[client], daemon=True).start()

    def _pass_on(self, client: socket.socket) -> None:
        """Serve one connection: requests in, answers out, until one of the sides is gone."""
        host, port = self._service.url.removeprefix("http://").split(":")
        with client, socket.create_connection((host, int(port))) as server, suppress(OSError):
            while request := _message(client):
                server.sendall(request)
                if self._is_lost(request):
                    _message(server)
                    if self._crashes:
                        self._service.restart(signal.SIGKILL)
                    return
                answer = _message(server)
                if not answer:
                    return
                client.sendall(answer)

    def _is_lost(self, request: bytes) -> bool:
        if self._lost is None or not request.startswith(self._lost[0]):
            return False
        self._crashes = self._lost[1]
        self._lost = None
        self.lost += 1
        return True


def _message(end: socket.socket) -> bytes:
    """Read one whole request or answer: its head, and its body by length or in chunks; nothing where the end is gone."""
    data = b""
    while not _is_whole(data):
        more = end.recv(CHUNK)
        if not more:
            return b""
        data += more
    return data


def _is_whole(data: bytes) -> bool:
    head, found, body = data.partition(b"\r\n\r\n")
    length = LENGTH.search(head)
    if length is not None:
        return bool(found) and len(body) >= int(length[1])
    chunked = b"transfer-encoding: chunked" in head.lower()
    return bool(found) and (not chunked or (b"\r\n" + body).endswith(b"\r\n0\r\n\r\n"))
