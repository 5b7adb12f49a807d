"""The port for what surrounds tasks: documents, that decisions never look at.

Holds: the document, what a shelf must promise.
Does not hold: any shelf (see adapters), the contract as tests (see testing).
Depends on: errors, filters, values.

A task knows ids and attributes of its items. What else a service keeps of them and
around them (projects, folders, annotations, pipelines) are documents of a kind, found
by id, by key and by filter. Nobody decides who gets what by them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Protocol, Self, TypeVar

import attrs

from distribution.errors import InvalidInput
from distribution.filters import Filter
from distribution.values import ITEM_ID_LIMIT, Json, check_id

R = TypeVar("R")

FOUND_LIMIT = 10_000
"""Documents of one page at most."""


def _id(value: object) -> str:
    return check_id(value, "document id", ITEM_ID_LIMIT)


def _keys(value: Iterable[str]) -> tuple[str, ...]:
    if isinstance(value, str):
        raise InvalidInput(subject="keys of a document", must="be a list of texts", got=value)
    return tuple(dict.fromkeys(check_id(key, "key of a document", ITEM_ID_LIMIT) for key in value))


def _body(value: Mapping[str, Json]) -> Mapping[str, Json]:
    if not isinstance(value, Mapping):
        raise InvalidInput(subject="body of a document", must="be a mapping", got=value)
    return value


@attrs.frozen
class Document:
    """A JSON object with an id, and keys under which it is found fast.

    >>> Document("i1", {"dir": "/a"}, keys=["dataset 7"]).keys
    ('dataset 7',)
    """

    id: str = attrs.field(converter=_id)
    body: Mapping[str, Json] = attrs.field(converter=_body, hash=False)
    """Nobody changes it; what changes is put anew."""
    keys: tuple[str, ...] = attrs.field(default=(), converter=_keys)
    """It is found under each; several documents may have the same."""

    @classmethod
    def kept(cls, name: str, body: Mapping[str, Json], keys: Iterable[str]) -> Self:
        """Give one as a shelf kept it: what was checked when it was put is not checked again.

        >>> Document.kept("i1", {"dir": "/a"}, ["dataset 7"]) == Document("i1", {"dir": "/a"}, ["dataset 7"])
        True
        """
        document = cls.__new__(cls)
        for field, value in (("id", name), ("body", body), ("keys", tuple(keys))):
            object.__setattr__(document, field, value)
        return document


class Shelf(Protocol):
    """Finds documents. Safe to use from several threads.

    A *kind* names a set of documents with ids of their own. Every method raises
    `StoreFailed` when the world fails, and `StoreBusy` when others hold it for longer
    than it waits.
    """

    def get(self, kind: str, ids: Iterable[str]) -> dict[str, Document]:
        """Give those of these documents that are there, by id, in the order asked for."""
        ...

    def find(
        self,
        kind: str,
        *,
        key: str | None = None,
        where: Filter | None = None,
        after: str | None = None,
        limit: int = 1000,
    ) -> Sequence[Document]:
        """List documents by id (code point by code point), those after an id, so many at most.

        Only those with *key*, and those whose body *where* lets through, as `filters.matches` does.

        Runtime: O(documents with the key, up to the last one found).
        """
        ...

    def ids(self, kind: str, *, key: str | None = None, where: Filter | None = None) -> list[str]:
        """List the ids of all documents that fit, in order."""
        ...

    def stamp(self, kind: str) -> int:
        """Give a number that is another one after each change of a document of the kind."""
        ...

    def content(self, kind: str, document: str) -> bytes | None:
        """Give the bytes kept with a document; None where there are none."""
        ...


class Desk(Shelf, Protocol):
    """A shelf inside one transaction: sees what it changed itself."""

    def put(self, kind: str, documents: Iterable[Document]) -> None:
        """Keep these documents in the place of what had their ids."""
        ...

    def drop(self, kind: str, ids: Iterable[str]) -> None:
        """Take these documents away with their bytes; those that are not there are no error."""
        ...

    def keep(self, kind: str, document: str, content: bytes) -> None:
        """Keep these bytes with a document, in the place of what was there."""
        ...


class KeepingShelf(Shelf, Protocol):
    """A shelf that can be changed."""

    def transact(self, work: Callable[[Desk], R]) -> R:
        """Let *work* read and change documents, alone, and return its result.

        Atomic: all its changes become visible together, or none where it raises; then
            what it raised reaches the caller unchanged.
        Order: of several calls each sees all of the one before.
        Durable: when it returns, a crash loses nothing, where the shelf outlives the process.
        Called: once; *work* must not call the shelf, nor a store in the same file.
        """
        ...

    def close(self) -> None:
        """Let go of files; can be called repeatedly."""
        ...

    def __enter__(self) -> Self:
        """Return the shelf, to be closed on leaving."""
        ...

    def __exit__(self, *_: object) -> None:
        """Close it."""
        ...
