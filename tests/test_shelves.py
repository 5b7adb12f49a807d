"""Every shelf keeps the contract, and all of them answer alike."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.memory_shelf import MemoryShelf
from adapters.sqlite import SqliteStore
from adapters.sqlite_shelf import SqliteShelf
from distribution.errors import InvalidInput
from distribution.filters import Filter
from distribution.shelf import Document
from distribution.task import Ask
from distribution.testing import strategies
from distribution.testing.shelf_contract import (
    IDS,
    Change,
    DurableShelfContract,
    ShelfContract,
    applied,
    changes,
)
from distribution.testing.store_contract import make


class TestMemoryShelf(ShelfContract):
    @pytest.fixture
    def shelf(self) -> Iterator[MemoryShelf]:
        with MemoryShelf() as shelf:
            yield shelf


class TestSqliteShelf(DurableShelfContract):
    @pytest.fixture
    def shelf(self, tmp_path: Path) -> Iterator[SqliteShelf]:
        with SqliteShelf(tmp_path / "work.db") as shelf:
            yield shelf

    def again(self, shelf: Any) -> SqliteShelf:
        return SqliteShelf(shelf._file.path)


@given(made=changes(), where=strategies.filters(6), key=st.sampled_from([None, "k", "é"]))
def test_after_any_changes_both_shelves_answer_alike(
    made: list[Change], where: Filter, key: str | None
) -> None:
    with (
        tempfile.TemporaryDirectory() as folder,
        MemoryShelf() as memory,
        SqliteShelf(Path(folder) / "work.db") as sqlite,
    ):
        for change in made:
            for shelf in (memory, sqlite):
                applied(shelf, change)

        assert memory.find("item") == sqlite.find("item")
        assert memory.ids("item", key=key, where=where) == sqlite.ids("item", key=key, where=where)
        assert [memory.content("item", name) for name in IDS] == [
            sqlite.content("item", name) for name in IDS
        ]


def test_tasks_and_documents_share_a_file(tmp_path: Path) -> None:
    path = tmp_path / "work.db"
    with SqliteStore(path) as store, SqliteShelf(path) as shelf:
        store.transact("t", Ask(), make("t")[1])
        shelf.transact(lambda desk: desk.put("item", [Document("a", {})]))

        assert store.read("t", Ask()).version == 1
        assert shelf.ids("item") == ["a"]


def test_a_desk_may_not_call_its_shelf(tmp_path: Path) -> None:
    with SqliteShelf(tmp_path / "work.db") as shelf, pytest.raises(InvalidInput, match="must be pure"):
        shelf.transact(lambda _: shelf.transact(lambda desk: desk.ids("item")))


@pytest.mark.parametrize(
    ("make_it", "message"),
    [
        (lambda: Document("", {}), "document id must "),
        (lambda: Document("a", []), r"body of a document must be a mapping, got \[\]"),  # type: ignore[arg-type]
        (lambda: Document("a", {}, "k"), "keys of a document must be a list of texts, got 'k'"),
        (lambda: Document("a", {}, ["\n"]), "key of a document must "),
    ],
)
def test_bad_documents_are_refused(make_it: Any, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        make_it()
