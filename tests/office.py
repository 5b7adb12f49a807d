"""A dispatcher whose clock stands still until told otherwise, and short ways to fill it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from adapters.dispatcher import Dispatcher
from distribution import Item, Pull
from distribution.ports import TaskStore
from distribution.task import Ask, View
from distribution.values import TaskId

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
HALF_AN_HOUR = timedelta(minutes=30)
TEAM = ("ann", "bob", "eve")


class Office(Dispatcher):
    """Ids are t1, t2, ...; it is noon until somebody waits."""

    def __init__(self, store: TaskStore) -> None:
        numbers = count(1)
        self.now = NOON
        super().__init__(store, clock=lambda: self.now, ids=lambda: f"t{next(numbers)}")

    def wait(self, **length: float) -> datetime:
        """Let time go on, or back; give what time it is then."""
        self.now += timedelta(**length)
        return self.now

    def queue(
        self,
        items: Sequence[str | Item] | int,
        batch: int = 2,
        cap: int | None = None,
        *,
        people: Sequence[str] = TEAM,
        lease: timedelta | None = HALF_AN_HOUR,
        skip: Any = "others",
        order: Any = "fifo",
        **settings: Any,
    ) -> TaskId:
        """Create a task to be pulled from; so many items are called a, b, c, ..."""
        names = [chr(ord("a") + n) for n in range(items)] if isinstance(items, int) else items
        pull = Pull(
            batch_size=batch,
            max_batch_workload=batch if cap is None else cap,
            lease=lease,
            skip=skip,
            order=order,
        )
        return self.create("label cats", names, allowed=people, pull=pull, **settings).id

    def holds(self, task_id: TaskId, assignee: str, state: str = "open") -> list[str]:
        """Name what is with somebody, in her order of work."""
        return [row.item for row in self.placements(task_id, assignee=assignee, state=state)]

    def states(self, task_id: TaskId, item: str) -> dict[str, str]:
        """Tell who has or had an item, and how it stands with each."""
        row = next(row for row in self.items(task_id) if row.item == item)
        return {who: cell.state for who, cell in row.cells.items()}

    def view(self, task_id: TaskId) -> View:
        """Look at everything there is of a task."""
        return self.store.read(task_id, Ask(members=None, whole=True))
