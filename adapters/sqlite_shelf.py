"""The shelf in the SQLite file of the tasks: same file, same lock, same durability."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from itertools import islice
from typing import Self, TypeVar

from adapters.sqlite_file import SqliteFile
from adapters.sqlite_filters import condition
from distribution.filters import Filter
from distribution.shelf import Desk, Document

R = TypeVar("R")
T = TypeVar("T")

AT_ONCE = 500
"""Ids looked up by one statement."""


_written = json.JSONEncoder(default=dict, separators=(",", ":")).encode
"""Writes bodies and keys."""


def batched(things: Iterable[T], most: int) -> Iterator[list[T]]:
    """Give so many at a time.

    >>> list(batched("abc", 2))
    [['a', 'b'], ['c']]
    """
    rest = iter(things)
    while some := list(islice(rest, most)):
        yield some


class _Reading:
    """What can be asked, in a transaction or outside of one."""

    def _connected(self) -> AbstractContextManager[sqlite3.Connection]:
        raise NotImplementedError

    def get(self, kind: str, ids: Iterable[str]) -> dict[str, Document]:
        """See `Shelf.get`."""
        wanted = list(dict.fromkeys(ids))
        found: dict[str, Document] = {}
        with self._connected() as connection:
            for start in range(0, len(wanted), AT_ONCE):
                some = wanted[start : start + AT_ONCE]
                rows = connection.execute(
                    "SELECT id, body, keys FROM document WHERE kind = ? AND id IN (SELECT value FROM json_each(?))",
                    (kind, json.dumps(some)),
                )
                found.update((row[0], _document(row)) for row in rows)
        return {name: found[name] for name in wanted if name in found}

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
        text, values = _selection(kind, key, where, after)
        with self._connected() as connection:
            rows = connection.execute(
                f"SELECT document.id, body, keys {text} ORDER BY {_order(key)} LIMIT ?", (*values, limit)
            )
            return [_document(row) for row in rows]

    def ids(self, kind: str, *, key: str | None = None, where: Filter | None = None) -> list[str]:
        """See `Shelf.ids`."""
        text, values = _selection(kind, key, where, None)
        with self._connected() as connection:
            rows = connection.execute(f"SELECT document.id {text} ORDER BY {_order(key)}", values)
            return [row[0] for row in rows]

    def stamp(self, kind: str) -> int:
        """See `Shelf.stamp`."""
        with self._connected() as connection:
            row = connection.execute("SELECT stamp FROM document_stamp WHERE kind = ?", (kind,)).fetchone()
            return 0 if row is None else int(row[0])

    def content(self, kind: str, document: str) -> bytes | None:
        """See `Shelf.content`."""
        with self._connected() as connection:
            row = connection.execute(
                "SELECT content FROM document_content WHERE kind = ? AND id = ?", (kind, document)
            ).fetchone()
            return None if row is None else bytes(row[0])


def _document(row: Sequence[str]) -> Document:
    return Document.kept(row[0], json.loads(row[1]), json.loads(row[2]))


def _order(key: str | None) -> str:
    """Name the column whose index gives the order."""
    return "document.id" if key is None else "document_key.id"


def _selection(
    kind: str, key: str | None, where: Filter | None, after: str | None
) -> tuple[str, list[object]]:
    """Write what follows the columns of a selection, with the values of its parameters."""
    if key is None:
        text, values = "FROM document NOT INDEXED WHERE document.kind = ?", list[object]([kind])
    else:
        text = """FROM document_key NOT INDEXED CROSS JOIN document NOT INDEXED
            ON document.kind = document_key.kind AND document.id = document_key.id
            WHERE document_key.kind = ? AND document_key.key = ?"""
        values = [kind, key]
    if after is not None:
        text, values = f"{text} AND {_order(key)} > ?", [*values, after]
    if where is not None:
        held, more = condition(where, "document.body")
        text, values = f"{text} AND {held}", [*values, *more]
    return text, values


class _Desk(_Reading):
    """The shelf inside one transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._touched: set[str] = set()

    @contextmanager
    def _connected(self) -> Iterator[sqlite3.Connection]:
        yield self._connection

    def put(self, kind: str, documents: Iterable[Document]) -> None:
        """See `Desk.put`."""
        for some in batched(documents, AT_ONCE):
            self._touch(kind)
            new = {document.id: document for document in some}
            old = self._keys(kind, new)
            self._connection.executemany(
                """INSERT INTO document (kind, id, body, keys) VALUES (?, ?, ?, ?)
                ON CONFLICT (kind, id) DO UPDATE SET body = excluded.body, keys = excluded.keys""",
                [(kind, name, _written(one.body), _written(one.keys)) for name, one in new.items()],
            )
            gone = [(name, key) for name, keys in old.items() for key in keys if key not in new[name].keys]
            came = [
                (name, key) for name, one in new.items() for key in one.keys if key not in old.get(name, ())
            ]
            self._unkey(kind, gone)
            self._connection.executemany(
                "INSERT INTO document_key (kind, key, id) VALUES (?, ?, ?)",
                [(kind, key, name) for name, key in came],
            )

    def _keys(self, kind: str, names: Iterable[str]) -> dict[str, list[str]]:
        """Give the keys of those of these documents that are there."""
        rows = self._connection.execute(
            "SELECT id, keys FROM document WHERE kind = ? AND id IN (SELECT value FROM json_each(?))",
            (kind, json.dumps(list(names))),
        )
        return {row[0]: json.loads(row[1]) for row in rows}

    def drop(self, kind: str, ids: Iterable[str]) -> None:
        """See `Desk.drop`."""
        for some in batched(ids, AT_ONCE):
            old = self._keys(kind, some)
            if old:
                self._touch(kind)
            self._unkey(kind, [(name, key) for name, keys in old.items() for key in keys])
            for table in ("document", "document_content"):
                self._connection.executemany(
                    f"DELETE FROM {table} WHERE kind = ? AND id = ?", [(kind, name) for name in some]
                )

    def _unkey(self, kind: str, pairs: Iterable[tuple[str, str]]) -> None:
        self._connection.executemany(
            "DELETE FROM document_key WHERE kind = ? AND key = ? AND id = ?",
            [(kind, key, name) for name, key in pairs],
        )

    def keep(self, kind: str, document: str, content: bytes) -> None:
        """See `Desk.keep`."""
        self._connection.execute(
            "INSERT OR REPLACE INTO document_content (kind, id, content) VALUES (?, ?, ?)",
            (kind, document, content),
        )

    def _touch(self, kind: str) -> None:
        """Give the kind another stamp; once a transaction, for nobody sees less of it."""
        if kind not in self._touched:
            self._touched.add(kind)
            self._connection.execute(
                """INSERT INTO document_stamp VALUES (?, 1)
                ON CONFLICT (kind) DO UPDATE SET stamp = stamp + 1""",
                (kind,),
            )


class SqliteShelf(_Reading):
    """A `KeepingShelf` in one file, which may be that of a `SqliteStore`, and is created where there is none.

    Raises:
        UnusableStore: the file is something else, or of a newer schema.
        StoreFailed: it cannot be opened.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._file = SqliteFile(path)

    def _connected(self) -> AbstractContextManager[sqlite3.Connection]:
        return self._file.reading("reading documents")

    def transact(self, work: Callable[[Desk], R]) -> R:
        """See `KeepingShelf.transact`."""
        self._file.refuse_nested()
        with self._file.writers, self._file.writing("changing documents") as turn:
            return work(_Desk(turn.connection))

    def close(self) -> None:
        """See `KeepingShelf.close`."""
        self._file.close()

    def __enter__(self) -> Self:
        """Return the shelf."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close it."""
        self.close()
