"""The stores side by side, through everything a task can go through."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import settings

from adapters.sqlite import SqliteStore
from distribution.testing.machine import machine_for


class OnItsOwn(SqliteStore):
    """A store whose file goes when it is closed."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory()
        super().__init__(Path(self._folder.name) / "work.db")

    def close(self) -> None:
        super().close()
        self._folder.cleanup()


Machine = machine_for({"sqlite": OnItsOwn})
TestStoresAgree = Machine.TestCase
TestStoresAgree.settings = settings(max_examples=settings().max_examples * 2 // 3, stateful_step_count=30)
