"""Every store keeps the contract, and the contract catches stores that do not."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from adapters.memory import MemoryStore
from adapters.sqlite import SqliteStore
from distribution.testing.store_contract import DurableStoreContract, TaskStoreContract


class TestMemoryStore(TaskStoreContract):
    @pytest.fixture
    def store(self) -> Iterator[MemoryStore]:
        with MemoryStore() as store:
            yield store

    def peek(self, store: Any, task_id: str) -> tuple[int, int]:
        kept = store._kept.get(task_id)
        return (len(kept.history), sum(len(item.cells) for item in kept.items)) if kept else (0, 0)


class TestSqliteStore(DurableStoreContract):
    @pytest.fixture
    def store(self, tmp_path: Path) -> Iterator[SqliteStore]:
        with SqliteStore(tmp_path / "work.db") as store:
            yield store

    def peek(self, store: Any, task_id: str) -> tuple[int, int]:
        query = """SELECT (SELECT count(*) FROM op WHERE task = key), (SELECT count(*) FROM placement WHERE task = key)
            FROM task WHERE id = ?"""
        with closing(sqlite3.connect(store._file.path)) as connection:
            row = connection.execute(query, (task_id,)).fetchone()
        return (int(row[0]), int(row[1])) if row else (0, 0)

    def again(self, store: Any) -> SqliteStore:
        return SqliteStore(store._file.path)
