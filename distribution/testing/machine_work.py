"""The rules of the state machine that people who work follow.

Holds: pulling, submitting, skipping, renewing, releasing, stealing; what each must answer.
Does not hold: those who run tasks (see machine_team), the comparison (see agreement).
Depends on: agreement, twins; company, events, outcomes, ranks, refusals, taking.
"""

from __future__ import annotations

from collections import Counter

from hypothesis import strategies as st
from hypothesis.stateful import rule

from distribution.company import RECENT, has_company, window
from distribution.events import Cell
from distribution.lifecycle import HELD
from distribution.members import Standing
from distribution.outcomes import Batch, Turn
from distribution.ranks import band, base
from distribution.refusals import (
    AllReserved,
    NobodyToStealFrom,
    NothingForHer,
    OnlyHers,
    OnlyLost,
    OnlySkipped,
    QueueEmpty,
)
from distribution.task import Row, Task
from distribution.testing.agreement import Agreement, Asked, Failed, numbers, people, requests, which
from distribution.testing.invariants import Seen
from distribution.testing.twins import company
from distribution.values import ItemId, TaskId

said = st.text("xy-", max_size=3)
"""What she answers about her items, one after the other and over again; - for nothing."""


class Working(Agreement):
    """What assignees do."""

    @rule(number=numbers, who=people, request=requests)
    def pull(self, number: int, who: str, request: bool) -> None:  # noqa: FBT001  drawn
        """Pull: the head of the queue, as sorting all of it gives it."""
        self._pull(self.task(number, "pulling"), who, request=request)

    @rule(number=numbers)
    def everybody_pulls(self, number: int) -> None:
        """Let all the team pull, one after the other."""
        task_id = self.task(number, "pulling")
        for who in self.seen(task_id).members:
            self._pull(task_id, who, request=False)

    def _pull(self, task_id: TaskId, who: str, *, request: bool) -> None:
        before = self.seen(task_id)
        batch = self.batch(self.call("pull", task_id, who, **self.by(request)))
        if batch is not None:
            self._check_head(before, batch)

    def _check_head(self, before: Seen, batch: Batch) -> None:
        """Sort everything that she never had and that is free by now: a batch must begin with it."""
        now, who = self.seen(before.task.id), batch.assignee
        ended = {
            (row.position, other)
            for row in before.ordinary()
            for other, cell in row.cells.items()
            if cell.state == "open" and cell.until is not None and cell.until <= self.now
        }
        free = [
            row
            for row in before.ordinary()
            if not row.removed and (row.left or any(position == row.position for position, _ in ended))
        ]
        may = {row.position: _may(before.task, row, who, ended) for row in free}
        ranks = {row.position: row.rank for row in now.rows}
        free.sort(key=lambda row: (ranks[row.position], row.position))
        if batch.items:
            standing, task = now.members[who], now.task
            size = _size(task, before, standing, len([1 for _, other in ended if other == who]))
            line = [row for row in free if who not in row.cells and may[row.position]]
            fresh = [row.item for row in line][:size]
            if has_company(task):
                fresh = _in_company(before, who, line[: window(size)], (ended, ranks), size)
            names = {row.item for row in now.ordinary()}
            got = [item for item in batch.items if item in names]
            # Gold takes places of a batch, and none of a limit; then fewer are chosen for their company.
            first = fresh[: len(got)] if len(got) < len(batch.items) else fresh
            if has_company(task) and task.gold is not None:
                assert set(got[: len(first)]) <= {row.item for row in free}, f"{batch} instead of {fresh}"
            else:
                assert got[: len(first)] == first, f"{batch} instead of {fresh}"
            assert len(got) <= size, f"{batch} has more than {size}"
            assert task.pull is not None and len(batch.items) <= task.pull.batch_size, batch  # noqa: PT018
        elif isinstance(batch.reason, (QueueEmpty, AllReserved)):
            assert not free, f"{batch} and there is {free}"
        elif isinstance(batch.reason, OnlyHers):
            hers = [row.cells[who].state in HELD for row in free if who in row.cells]
            assert len(hers) == len(free) > 0, f"{batch} and there is {free}"
            assert all(hers), f"{batch} and there is {free}"
        elif isinstance(batch.reason, (OnlySkipped, OnlyLost)):
            assert free, f"{batch} and there is nothing"
            assert all(who in row.cells for row in free if may[row.position]), f"{batch} and there is {free}"
        elif isinstance(batch.reason, NothingForHer):
            hers = [row.cells[who].state in HELD for row in free if who in row.cells and may[row.position]]
            assert free, f"{batch} and there is nothing"
            assert all(who in row.cells for row in free if may[row.position]), f"{batch} and there is {free}"
            assert all(hers), f"{batch} and there is {free}"

    @rule(
        number=numbers, who=people, which=which("open", "open", "done", "ended"), said=said, request=requests
    )
    def submit_and_pull(
        self, number: int, who: str, which: tuple[str, int], said: str, request: bool  # noqa: FBT001
    ) -> None:  # fmt: skip
        """Hand in and pull as one change: both are what they would be alone."""
        task_id = self.task(number, "pulling")
        who, items = self.some(task_id, who, which)
        told = {"answers": _answers(items, said), **self.by(request)}
        turn = self.call("submit_and_pull", task_id, who, items, "completed", **told)
        if isinstance(turn, Turn):
            for item in turn.done.changed:
                cell = self._cell(task_id, who, item)
                assert cell is not None and (cell.state, cell.status) == ("done", "completed"), cell  # noqa: PT018
                assert cell.answer == told["answers"].get(item), cell
            assert not set(turn.batch.items) & set(turn.done.changed), turn

    @rule(who=people, request=requests)
    def pull_next(self, who: str, request: bool) -> None:  # noqa: FBT001  drawn
        """Pull from whichever task is most urgent."""
        before = {task_id: max(self.known[task_id]) for task_id in self.tasks}
        by = self.by(request)
        answer = self.answers("pull_next", who, **by)
        kept = self.answered(by["request"]) if by else ()
        for task_id, version in before.items():
            # What was only looked at on the way may have taken back leases, under no request id.
            self.compare(task_id, version, by if task_id in {entry.task for entry in kept} else {})
        if isinstance(answer, Failed):
            return
        assert isinstance(answer, Batch) or len(answer.reasons) <= len(self.tasks)
        assert len(kept) == (request and (isinstance(answer, Batch) or bool(answer.batches))), kept
        if kept:
            self.asked.append(Asked("pull_next", (who,), by, answer))

    @rule(number=numbers, who=people, which=which("open", "open", "open", "done", "ended"), status=st.sampled_from(["completed", "discard", "fine"]), said=said, request=requests)  # fmt: skip
    def submit(
        self, number: int, who: str, which: tuple[str, int], status: str, said: str, request: bool  # noqa: FBT001
    ) -> None:  # fmt: skip
        """Set a status: what is accepted is done and hers."""
        task_id = self.task(number)
        who, items = self.some(task_id, who, which)
        told = {"answers": _answers(items, said), **self.by(request)}
        outcome = self.call("set_status", task_id, who, items, status, **told)
        for item in getattr(outcome, "changed", ()):
            cell = self._cell(task_id, who, item)
            assert cell is not None and (cell.state, cell.status) == ("done", status), cell  # noqa: PT018
            assert cell.answer == told["answers"].get(item), cell

    def _cell(self, task_id: TaskId, who: str, item: ItemId) -> Cell | None:
        return next(row.cells.get(who) for row in self.seen(task_id).rows if row.item == item)

    @rule(number=numbers, who=people, which=which("done", "done", "open"), request=requests)
    def clear(self, number: int, who: str, which: tuple[str, int], request: bool) -> None:  # noqa: FBT001
        """Take statuses off."""
        task_id = self.task(number)
        who, items = self.some(task_id, who, which)
        outcome = self.call("clear_status", task_id, who, items, **self.by(request))
        for item in getattr(outcome, "changed", ()):
            cell = self._cell(task_id, who, item)
            assert cell is not None and cell.state == "open", cell  # noqa: PT018

    @rule(number=numbers, who=people, which=which("open", "open", "open"), request=requests)
    def skip(self, number: int, who: str, which: tuple[str, int], request: bool) -> None:  # noqa: FBT001
        """Skip: nobody has it any more, or it counts as done, by the policy of the task."""
        task_id = self.task(number)
        who, items = self.some(task_id, who, which)
        outcome = self.call("skip", task_id, who, items, **self.by(request))
        pull = self.seen(task_id).task.pull
        state = "done" if pull is not None and pull.skip == "done" else "skipped"
        for item in getattr(outcome, "changed", ()):
            cell = self._cell(task_id, who, item)
            assert cell is not None and cell.state == state, cell  # noqa: PT018

    @rule(number=numbers, who=people, which=st.none() | which("open", "open"), request=requests)
    def renew(self, number: int, who: str, which: tuple[str, int] | None, request: bool) -> None:  # noqa: FBT001
        """Prolong leases: none gets shorter, and only hers change."""
        task_id = self.task(number)
        before = self.seen(task_id)
        who, items = (who, None) if which is None else self.some(task_id, who, which)
        self.call("renew", task_id, who, items, **self.by(request))
        after = self.seen(task_id).cells()
        pull = before.task.pull
        lifted = pull is None or pull.lease is None
        for key, cell in before.cells().items():
            if cell.until is not None:
                end = after[key].until
                assert lifted if end is None else end >= cell.until, (key, cell, after[key])
            assert key[1] == who or after[key] == cell

    @rule(number=numbers, who=people, which=st.none() | which("open", "open"), request=requests)
    def release(self, number: int, who: str, which: tuple[str, int] | None, request: bool) -> None:  # noqa: FBT001
        """Give back: with None she has nothing open any more."""
        task_id = self.task(number)
        who, items = (who, None) if which is None else self.some(task_id, who, which)
        outcome = self.call("release", task_id, who, items, **self.by(request))
        for item in getattr(outcome, "changed", ()):
            cell = self._cell(task_id, who, item)
            assert cell is None or cell.state not in HELD, cell

    @rule(number=numbers, who=people, limit=st.none() | st.integers(1, 3), request=requests)
    def steal(self, number: int, who: str, limit: int | None, request: bool) -> None:  # noqa: FBT001
        """Take over: from somebody who never worked, at most half, rounded up."""
        task_id = self.task(number)
        before = self.seen(task_id)
        idle = [standing.id for standing in before.members.values() if not standing.open]
        who = who if who in idle else next(iter(idle), who)
        batch = self.batch(self.call("steal", task_id, who, limit=limit, **self.by(request)))
        if batch is None or isinstance(batch.reason, NobodyToStealFrom):
            return
        taken = {row.position for row in before.rows if row.item in batch.items}
        now = self.seen(task_id).cells()
        donors = {
            who
            for (position, who), cell in before.cells().items()
            if position in taken and cell.state == "open" and now[position, who].state == "returned"
        }
        for donor in donors:
            standing = before.members[donor]
            assert standing.worked_at is None
            assert len(taken) <= -(-standing.open // 2), (batch, standing)
        assert len(donors) == bool(taken)
        assert limit is None or len(taken) <= limit


def _answers(items: list[ItemId], said: str) -> dict[ItemId, str]:
    """Give what she answers about each item."""
    return {
        item: said[at % len(said)] for at, item in enumerate(items) if said and said[at % len(said)] != "-"
    }


def _may(task: Task, row: Row, who: str, ended: set[tuple[int, str]]) -> bool:
    """Tell whether the rules let somebody have an item, once leases that have ended are over."""
    if task.rules is None:
        return True
    mates = task.rules.mates(who, _held(row, ended))
    return task.rules.why_not(who, row.attributes) is None and not any(mates)


def _in_company(
    before: Seen,
    who: str,
    line: list[Row],
    now: tuple[set[tuple[int, str]], dict[int, int]],
    size: int,
) -> list[ItemId]:
    """Choose from a stretch of the queue by whom she met, of the last items that she had."""
    ended, ranks = now
    there = [row for row in before.rows if who in row.cells]
    there.sort(key=lambda row: (base(row.rank), row.position), reverse=True)
    met: Counter[str] = Counter()
    for row in there[:RECENT]:
        held = _held(row, ended)
        if who in held and not before.task.is_gold(row.position):
            met.update(held - {who})
    entries = [(row.item, band(ranks[row.position]), _held(row, ended)) for row in line]
    return company(entries, met, size)


def _held(row: Row, ended: set[tuple[int, str]]) -> frozenset[str]:
    """Name those who have an item, once leases that have ended are over."""
    return frozenset(
        other
        for other, cell in row.cells.items()
        if cell.state in HELD and (row.position, other) not in ended
    )


def _size(task: Task, before: Seen, standing: Standing, ended: int) -> int:
    """Tell how many items she may get: a batch, or what her limit leaves."""
    if task.pull is None:
        return 0
    limit = None if standing.member.limit is None else standing.member.limit.of(task.items)
    held = before.members[standing.id].holds - ended
    return task.pull.batch_size if limit is None else min(task.pull.batch_size, limit - held)
