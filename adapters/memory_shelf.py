"""The shelf in memory: the reference, and the double for tests. Nothing survives the process."""

from __future__ import annotations

import json
import threading
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import Self, TypeVar

from sortedcontainers import SortedDict

from distribution.filters import EVERYTHING, Filter, matches
from distribution.shelf import Desk, Document

R = TypeVar("R")


class MemoryShelf:
    """A `KeepingShelf` in memory, and its own `Desk`.

    >>> with MemoryShelf() as shelf:
    ...     shelf.transact(lambda desk: desk.put("item", [Document("a", {"size": 1})]))
    ...     shelf.ids("item")
    ['a']
    """

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._kept: dict[str, SortedDict[str, Document]] = defaultdict(SortedDict)
        self._contents: dict[tuple[str, str], bytes] = {}
        self._stamps: dict[str, int] = defaultdict(int)

    def get(self, kind: str, ids: Iterable[str]) -> dict[str, Document]:
        """See `Shelf.get`."""
        with self._lock:
            return {id: self._kept[kind][id] for id in ids if id in self._kept[kind]}  # noqa: A001

    def find(
        self,
        kind: str,
        *,
        key: str | None = None,
        where: Filter | None = None,
        after: str | None = None,
        limit: int = 1000,
    ) -> Sequence[Document]:
        """See `Shelf.find`."""
        with self._lock:
            found: list[Document] = []
            for document in self._kept[kind].irange(after, inclusive=(False, True)):
                if len(found) == limit:
                    break
                kept = self._kept[kind][document]
                if (key is None or key in kept.keys) and matches(where or EVERYTHING, kept.body):
                    found.append(kept)
            return found

    def ids(self, kind: str, *, key: str | None = None, where: Filter | None = None) -> list[str]:
        """See `Shelf.ids`."""
        with self._lock:
            return [found.id for found in self.find(kind, key=key, where=where, limit=len(self._kept[kind]))]

    def stamp(self, kind: str) -> int:
        """See `Shelf.stamp`."""
        return self._stamps[kind]

    def content(self, kind: str, document: str) -> bytes | None:
        """See `Shelf.content`."""
        return self._contents.get((kind, document))

    def put(self, kind: str, documents: Iterable[Document]) -> None:
        """See `Desk.put`."""
        for document in documents:
            # As it would come back from a file.
            body = json.loads(json.dumps(document.body, default=dict))
            self._kept[kind][document.id] = Document(document.id, body, document.keys)
            self._stamps[kind] += 1

    def drop(self, kind: str, ids: Iterable[str]) -> None:
        """See `Desk.drop`."""
        for document in ids:
            if self._kept[kind].pop(document, None) is not None:
                self._stamps[kind] += 1
            self._contents.pop((kind, document), None)

    def keep(self, kind: str, document: str, content: bytes) -> None:
        """See `Desk.keep`."""
        self._contents[kind, document] = content

    def transact(self, work: Callable[[Desk], R]) -> R:
        """See `KeepingShelf.transact`."""
        with self._lock:
            before = {kind: kept.copy() for kind, kept in self._kept.items()}
            contents, stamps = dict(self._contents), dict(self._stamps)
            try:
                return work(self)
            except BaseException:
                self._kept = defaultdict(SortedDict, before)
                self._contents, self._stamps = contents, defaultdict(int, stamps)
                raise

    def close(self) -> None:
        """See `KeepingShelf.close`."""

    def __enter__(self) -> Self:
        """Return the shelf."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close it."""
