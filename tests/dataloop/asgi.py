"""HTTP to an application in this process: no socket, all of the wire's words."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx


class Client:
    """Sends one request at a time."""

    def __init__(self, app: Any, base_url: str, headers: dict[str, str] | None = None) -> None:
        self._app = app
        self._settings: dict[str, Any] = {"base_url": base_url, "headers": headers}

    def request(self, method: str, path: str, **said: Any) -> httpx.Response:
        """Send a request; give the answer."""
        if isinstance(said.get("content"), Iterator):
            said["content"] = _later(said["content"])

        async def sent() -> httpx.Response:
            transport = httpx.ASGITransport(self._app, raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=transport, **self._settings) as client:
                return await client.request(method, path, **said)

        return asyncio.run(sent())

    def get(self, path: str, **said: Any) -> httpx.Response:
        """Get something."""
        return self.request("GET", path, **said)

    def post(self, path: str, **said: Any) -> httpx.Response:
        """Post something."""
        return self.request("POST", path, **said)


async def _later(parts: Iterator[bytes]) -> AsyncIterator[bytes]:
    for part in parts:
        yield part
