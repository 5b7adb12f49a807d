"""Open work that needs somebody, in a task distributed by load.

Holds: who gets items that came late, or came back.
Does not hold: moving work between people who are all there (see moving).
Depends on: events, ledger, members, taking, task, values, workload.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from distribution.events import Cell
from distribution.ledger import Ledger
from distribution.members import Standing
from distribution.taking import can_take
from distribution.task import Row
from distribution.values import AssigneeId
from distribution.workload import Workload


def spread(
    ledger: Ledger,
    rows: Sequence[Row],
    *,
    but: Iterable[AssigneeId] = (),
    again: bool = False,
    by: Workload | None = None,
) -> list[tuple[Row, AssigneeId | None]]:
    """Give every copy that is left to whoever is furthest below her share of all that is held, of those who can take it.

    Ties go to the earlier of the workload. Items that nobody can take wait: the next
    change of the team or of loads looks at them again. All members must have been
    asked for. *but* are passed over. With *again* whoever lost an item gets it again
    where nobody else can take it. *by* are other loads than the task's.

    Runtime: O(items * people).
    """
    workload = by or ledger.task.workload
    if workload is None or ledger.task.workload is None:
        return []
    share = dict(zip(workload.assignees, workload.shares, strict=True))
    passed = set(but)
    takers = [
        standing
        for name, weight in share.items()
        if weight and name not in passed and (standing := ledger.members.get(name)) and standing.active
    ]
    weights = sum(share[taker.id] for taker in takers)
    total = sum(ledger.holds(taker.id) for taker in takers)
    given: list[tuple[Row, AssigneeId | None]] = []
    for row in rows:
        for _ in range(ledger.left(row)):
            now = _now(ledger, row)
            free = [taker for taker in takers if ledger.room(taker.id) != 0]
            able = [taker for taker in free if _may(ledger, taker, now)]
            if again and not able:
                able = [taker for taker in free if _may(ledger, taker, now, alone=True)]
            if not able:
                given.append((row, None))
                break
            best = max(able, key=lambda t: share[t.id] * (total + 1) - ledger.holds(t.id) * weights)
            ledger.put(row, best.id, Cell("open", ledger.stamp.at))
            total += 1
            given.append((row, best.id))
    return given


def _now(ledger: Ledger, row: Row) -> Row:
    """Give an item with what has changed, where rules look at who has it."""
    return row if ledger.task.rules is None else ledger.as_it_stands(row)


def _may(ledger: Ledger, taker: Standing, row: Row, *, alone: bool = False) -> bool:
    return can_take(ledger.task, taker, row, ledger.cell(row, taker.id), alone=alone) is None
