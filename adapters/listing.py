"""Items of a task, page by page: all of them, or those of somebody, in a state, with some attributes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import attrs

from adapters.dispatcher import Dispatcher
from distribution.filters import Filter, matches
from distribution.lifecycle import PlacementState
from distribution.ports import Placement
from distribution.task import Row
from distribution.values import AssigneeId, TaskId


@attrs.frozen(kw_only=True)
class Listing:
    """Which items, and from where on."""

    where: Filter | None = None
    """Only those with these attributes."""
    assignee: AssigneeId | None = None
    """Only hers, in her order of work."""
    state: PlacementState | None = None
    """Only what is so with somebody."""
    after: int | None = None
    """The position of the last one seen; of the last one of an assignee, its rank."""
    limit: int = 50

    @property
    def single(self) -> bool:
        """Tell whether single placements are found, not items with everybody who has them."""
        return self.assignee is not None or self.state is not None

    def found(self, tasks: Dispatcher, task_id: TaskId) -> Sequence[Row] | Sequence[Placement]:
        """Give a page of items; of placements, where an assignee or a state is asked for.

        O(page), except with *where*: then everything on the way to a full page is looked at.
        """
        if not self.single:
            return tasks.items(task_id, where=self.where, after=self.after, limit=self.limit)
        if self.where is None:
            return self._page(tasks, task_id, self.after)
        return self._matching(tasks, task_id, self.where)

    def _page(self, tasks: Dispatcher, task_id: TaskId, after: int | None) -> list[Placement]:
        return tasks.placements(
            task_id, assignee=self.assignee, state=self.state, after=after, limit=self.limit
        )

    def _matching(self, tasks: Dispatcher, task_id: TaskId, where: Filter) -> list[Placement]:
        """Go through placements until a page of them fits; those at one position stay together."""
        found: list[Placement] = []
        for placement in self._all(tasks, task_id):
            if matches(where, placement.attributes):
                if len(found) >= self.limit and self.key(placement) != self.key(found[-1]):
                    break
                found.append(placement)
        return found

    def _all(self, tasks: Dispatcher, task_id: TaskId) -> Iterator[Placement]:
        after = self.after
        while page := self._page(tasks, task_id, after):
            yield from page
            after = self.key(page[-1])

    def key(self, found: Row | Placement) -> int:
        """Give what the next page goes on after."""
        return found.rank if isinstance(found, Placement) and self.assignee is not None else found.position
