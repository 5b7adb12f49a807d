"""Somebody who reads the pages without a browser: asks the application itself, no port and no thread."""

from __future__ import annotations

import asyncio
from html.parser import HTMLParser

import attrs
import httpx
from starlette.types import ASGIApp

BASE = "http://pages.test"


@attrs.frozen
class Reader:
    """Asks an application for pages."""

    app: ASGIApp
    cookies: httpx.Cookies = attrs.field(factory=httpx.Cookies)
    """What the application wants kept."""

    def post(self, path: str, **fields: str) -> httpx.Response:
        return asyncio.run(self._ask("POST", path, {}, fields))

    def get(self, path: str, **headers: str) -> httpx.Response:
        return self.ask("GET", path, **headers)

    def ask(self, method: str, path: str, **headers: str) -> httpx.Response:
        return asyncio.run(self._ask(method, path, headers))

    async def _ask(
        self, method: str, path: str, headers: dict[str, str], fields: dict[str, str] | None = None
    ) -> httpx.Response:
        # What fails inside is an answer, as it is with a real server.
        transport = httpx.ASGITransport(self.app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url=BASE, cookies=self.cookies) as client:
            answer = await client.request(method, path, headers=headers, data=fields)
            self.cookies.jar.clear()
            for cookie in client.cookies.jar:
                self.cookies.jar.set_cookie(cookie)
            return answer

    def page(self, path: str) -> Sight:
        """Expect a page."""
        answer = self.get(path)
        assert answer.status_code == 200, answer.text
        return Sight.of(answer.text)


class Sight(HTMLParser):
    """What there is to see on a page: its text, where its links lead, its elements."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self.links: dict[str, str] = {}
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self._hidden = 0
        self._link: tuple[str, list[str]] | None = None

    @classmethod
    def of(cls, text: str) -> Sight:
        sight = cls()
        sight.feed(text)
        sight.close()
        return sight

    @property
    def text(self) -> str:
        """Give all words, with single spaces."""
        return " ".join(" ".join(self.words).split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag in {"style", "title", "desc"}:
            self._hidden += 1
        if tag == "a":
            self._link = (dict(attrs).get("href") or "", [])

    def handle_endtag(self, tag: str) -> None:
        if tag in {"style", "title", "desc"}:
            self._hidden -= 1
        if tag == "a" and self._link is not None:
            self.links[" ".join("".join(self._link[1]).split())] = self._link[0]
            self._link = None

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.words.append(data)
        if self._link is not None:
            self._link[1].append(data)


def walk(reader: Reader, start: str, most: int = 400) -> dict[str, Sight]:
    """Follow every link of the same site once; all of them lead somewhere."""
    seen: dict[str, Sight] = {}
    rest = [start]
    while rest and len(seen) < most:
        path = rest.pop()
        if path in seen:
            continue
        seen[path] = reader.page(path)
        for link in seen[path].links.values():
            if link.startswith("#"):
                continue
            rest.append(path.partition("?")[0] + link if link.startswith("?") else link)
    return seen
