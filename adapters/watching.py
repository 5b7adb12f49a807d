"""The verbs of people who watch a task while others work on it.

What is next in the queue, which leases end next, what a pull would answer, what happened
last, and who shares items with whom. None of them costs more the larger the task is.
"""

from __future__ import annotations

from datetime import UTC, datetime

import attrs

from adapters.deciding import Deciding
from distribution.coverage import Coverage
from distribution.errors import InvalidInput
from distribution.events import Entry
from distribution.filters import EVERYTHING
from distribution.handing import pulling
from distribution.outcomes import Batch
from distribution.overview import coverage_of
from distribution.ports import PAGE_LIMIT, Page, Placement
from distribution.task import EXPIRED_LIMIT, Ask, Head, Row, View, the_task
from distribution.values import AssigneeId, ItemId, TaskId, check_count, check_id, check_index

NOBODY = ""
"""No id, so that whoever is asked for with it never had anything."""
END_OF_TIME = datetime.max.replace(tzinfo=UTC)


def _check_limit(limit: int) -> None:
    if check_count(limit, "limit", least=1) > PAGE_LIMIT:
        raise InvalidInput(subject="limit", must=f"be at most {PAGE_LIMIT}", got=limit)


@attrs.frozen(kw_only=True)
class Lease:
    """An open placement that is reserved for a while."""

    item: ItemId
    assignee: AssigneeId
    until: datetime


@attrs.frozen(kw_only=True)
class Sharing:
    """Who shares how many items with whom, as far as was looked."""

    coverage: Coverage
    """Of those who hold something, or have done it."""
    placements: int
    """Looked at."""
    whole: bool
    """These are all there are."""


class Watching(Deciding):
    """What those ask who watch."""

    def preview(self, task_id: TaskId, assignee: AssigneeId) -> Batch:
        """Tell what a pull would answer now: the batch she would get, or the reason why none.

        It is the decision of `pull` itself, and changes nothing.

        >>> tasks.preview(task.id, "ann").items, tasks.progress(task.id).open
        (('a', 'b'), 0)
        >>> _ = tasks.pull(task.id, "ann")
        >>> print(tasks.preview(task.id, "ann").reason)
        'ann' holds 2 items and with a batch of 2 would pass the cap of 3; complete some or raise max_batch_workload

        Raises:
            NotFound: there is no such task.
            Refused: it is distributed by load.
        """
        check_id(assignee, "assignee id")
        return self._try(task_id, pulling(task_id, assignee, self._stamp({})))

    def waiting(self, task_id: TaskId, *, limit: int = 20) -> list[Row]:
        """Give the head of the queue: items of which copies are left, the next to be handed out first.

        In a task distributed by load these are the few that nobody could take, and all of
        them are looked at: O(those).

        >>> _ = tasks.pull(task.id, "ann")
        >>> [row.item for row in tasks.waiting(task.id)]
        ['c', 'd']

        Raises:
            NotFound: there is no such task.
            InvalidInput: *limit* is no number of that kind.
        """
        _check_limit(limit)
        view = self._seen(task_id, Ask(head=Head(assignee=NOBODY, fresh=limit, where=EVERYTHING)))
        rows = view.fresh
        if the_task(view, task_id).pull is None:
            rows = self._seen(task_id, Ask(waiting=True)).rows
        return sorted(rows, key=lambda row: (row.rank, row.position))[:limit]

    def leases(self, task_id: TaskId, *, limit: int = 20) -> list[Lease]:
        """Give the leases that end next, a hundred at most; those that have ended already come first.

        >>> _ = tasks.pull(task.id, "ann")
        >>> [(lease.item, lease.assignee) for lease in tasks.leases(task.id)]
        [('a', 'ann'), ('b', 'ann')]

        Raises:
            NotFound: there is no such task.
            InvalidInput: *limit* is no number of that kind.
        """
        _check_limit(limit)
        view = self._seen(task_id, Ask(expired=END_OF_TIME))
        found = [
            Lease(item=row.item, assignee=who, until=cell.until)
            for row in view.expired
            for who, cell in row.cells.items()
            if cell.state == "open" and cell.until is not None
        ]
        # Of an item with several leases some may end later than some that were not looked at.
        return sorted(found, key=lambda lease: lease.until)[: min(limit, EXPIRED_LIMIT)]

    def recent(self, task_id: TaskId, *, before: int | None = None, limit: int = 20) -> list[Entry]:
        """Give what happened last, the newest first; *before* is the version of the last one seen.

        >>> _ = tasks.pull(task.id, "ann")
        >>> [(entry.version, entry.event.what) for entry in tasks.recent(task.id)]
        [(2, 'pulled'), (1, 'created')]

        Raises:
            NotFound: there is no such task.
            InvalidInput: *limit*, or *before*, is no number of that kind.
        """
        _check_limit(limit)
        newest = self._seen(task_id, Ask()).version
        end = newest if before is None else min(newest, check_index(before, "before") - 1)
        if end < 1:
            return []
        # Versions have no gaps.
        start = max(end - limit, 0)
        return list(self.store.history(task_id, Page(after=start, limit=end - start)))[::-1]

    def sharing(self, task_id: TaskId, *, most: int = 2 * PAGE_LIMIT) -> Sharing:
        """Count who shares how many items with whom, by who holds or has done them; gold aside.

        Looks at the first placements by position, somewhat more than *most* at the end of a
        page: where overlap is drawn by chance, they are as good as any. O(most + people^2).

        >>> found = tasks.sharing(overlapped.id)
        >>> found.coverage.pairs, found.coverage.groups, found.whole
        ({('ann', 'bob'): 2}, (('ann', 'bob'),), True)

        Raises:
            NotFound: there is no such task.
        """
        check_count(most, "most", least=1)
        view = self._seen(task_id, Ask(members=None))
        task = the_task(view, task_id)
        seen, whole = self._first(task_id, most)
        coverage = coverage_of(task, list(view.members), seen)
        return Sharing(coverage=coverage, placements=len(seen), whole=whole)

    def _first(self, task_id: TaskId, most: int) -> tuple[list[Placement], bool]:
        """Load the first placements by position, and tell whether these are all."""
        found: list[Placement] = []
        page = Page(limit=min(most, PAGE_LIMIT))
        while len(found) < most:
            rows = self.store.placements(task_id, page)
            found += rows
            if len(rows) < page.limit:
                return found, True
            page = attrs.evolve(page, after=rows[-1].position)
        return found, not self.store.placements(task_id, attrs.evolve(page, limit=1))

    def _seen(self, task_id: TaskId, ask: Ask) -> View:
        """Load what is asked for, of a task that is there.

        Raises:
            NotFound: there is no such task.
        """
        view = self.store.read(check_id(task_id, "task id"), ask)
        the_task(view, task_id)
        return view
