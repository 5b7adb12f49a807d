"""Stores to test on, and everything that is kept of a task, as data to be compared."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import attrs

from adapters.dispatcher import Dispatcher
from adapters.memory import MemoryStore
from adapters.sqlite import SqliteStore
from distribution.codec import encode
from distribution.events import Cell
from distribution.outcomes import Changed
from distribution.task import Ask

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
STORES = ("memory", "sqlite")


@attrs.define
class Clock:
    """A clock that stands until somebody moves it."""

    at: datetime = NOON

    def __call__(self) -> datetime:
        return self.at

    def passes(self, **time: float) -> None:
        self.at += timedelta(**time)


@contextmanager
def opened(kind: str, clock: Clock | None = None) -> Iterator[Dispatcher]:
    """Give a dispatcher on an empty store, whose tasks are called t1, t2 and so on."""
    numbers = count(1)
    with TemporaryDirectory() as folder:
        store = MemoryStore() if kind == "memory" else SqliteStore(Path(folder) / "work.db")
        with Dispatcher(store, clock=clock or Clock(), ids=lambda: f"t{next(numbers)}") as tasks:
            yield tasks


@attrs.frozen
class Kept:
    """Everything there is of one task."""

    task: Any
    members: dict[str, tuple[Any, ...]]
    """Of each: member, number, open, done, skipped, lost, when she last worked."""
    items: dict[str, tuple[Any, ...]]
    """Of each: position, left, rank, removed, effort, attributes, cells."""
    versions: int


def kept(tasks: Dispatcher, task_id: str) -> Kept:
    """Read everything that is kept of a task, deleted or not; check that it agrees with itself."""
    view = tasks.store.read(task_id, Ask(members=None))
    assert view.task is not None
    view = tasks.store.read(task_id, Ask(members=None, positions=tuple(range(view.task.positions))))
    assert view.task is not None
    found = Kept(
        task=encode(view.task),
        members={name: attrs.astuple(s, recurse=False) for name, s in view.members.items()},
        items={
            row.item: (
                row.position,
                row.left,
                row.rank,
                row.removed,
                row.effort,
                row.attributes,
                dict(row.cells),
            )
            for row in sorted(view.rows, key=lambda row: row.position)
        },
        versions=view.version,
    )
    _agrees(found, view.task.items)
    return found


def _agrees(found: Kept, items: int) -> None:
    """Check that every count follows from the placements, and that nobody who is away holds work."""
    assert sum(not row[3] for row in found.items.values()) == items
    counts = {name: dict.fromkeys(("open", "done", "skipped", "returned"), 0) for name in found.members}
    for item, (_, left, _, removed, _, _, cells) in found.items.items():
        held = [who for who, cell in cells.items() if cell.state in {"open", "done"}]
        assert left + len(held) == 1, f"{item} is with {held} and {left} are left"
        assert not (removed and held), f"{item} was removed and is with {held}"
        for who, cell in cells.items():
            counts[who][cell.state] += 1
            active = found.members[who][0].state == "active"
            assert active or cell.state != "open", f"{item} is open with {who}, who is away"
    for name, (_, _, *told) in found.members.items():
        assert told[:4] == list(counts[name].values()), name


def state(found: Kept) -> Any:
    """Give what counts of a task: not what was taken out again, nor who left without a trace."""
    task = {name: value for name, value in found.task.items() if name != "positions"}
    members = {
        name: standing
        for name, standing in found.members.items()
        if standing[0].state != "removed" or any(standing[2:6])
    }
    items = {item: row for item, row in found.items.items() if not row[3]}
    return task, members, items


def holders(found: Kept) -> dict[str, str | None]:
    """Give who has each item that is in the task; None for nobody."""
    return {
        item: next((who for who, cell in row[6].items() if cell.state in {"open", "done"}), None)
        for item, row in found.items.items()
        if not row[3]
    }


def who_has(tasks: Dispatcher, task_id: str) -> dict[str, str | None]:
    """Give who has each item of a task; None for nobody."""
    return holders(kept(tasks, task_id))


def cells_of(found: Kept) -> dict[tuple[int, str], Cell]:
    """Give how each placement stands, by position and assignee."""
    return {(row[0], who): cell for row in found.items.values() for who, cell in row[6].items()}


def load(tasks: Dispatcher, task_id: str) -> dict[str, int]:
    """Count what everybody holds, open and done."""
    return {a.assignee: a.total for a in tasks.assignments(task_id, empty=True)}


def told(change: Changed) -> Any:
    """Give what a change answers, but for the instant."""
    data = encode(change)
    return _without(data, {"since", "until"})


def _without(data: Any, names: set[str]) -> Any:
    if isinstance(data, dict):
        return {key: _without(part, names) for key, part in data.items() if key not in names}
    return [_without(part, names) for part in data] if isinstance(data, list) else data
