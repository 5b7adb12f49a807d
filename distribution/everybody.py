"""Qualification: everybody gets every item, newcomers too.

Holds: how many copies items have then, and that everybody has hers.
Does not hold: who passes (see gates), overlap with a number (see overlap, asking).
Depends on: events, ledger, lifecycle, members, task, values.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from distribution.events import Cell
from distribution.ledger import Ledger
from distribution.lifecycle import HELD
from distribution.members import Standing
from distribution.task import Row, Task
from distribution.values import AssigneeId


def for_everybody(task: Task) -> bool:
    """Tell whether everybody gets every item of a task."""
    return task.overlap is not None and task.overlap.everyone


def staying(members: Mapping[AssigneeId, Standing]) -> list[AssigneeId]:
    """Name those who are not removed: who is paused comes back to her items."""
    return [who for who, standing in members.items() if standing.member.state != "removed"]


def give_everything(ledger: Ledger, rows: Sequence[Row]) -> None:
    """Let items have a copy for everybody who stays, or has done them; without a queue everybody gets hers.

    *rows* are all items of the task. Runtime: O(items * people).
    """
    here = set(staying(ledger.members))
    active = [who for who, standing in ledger.members.items() if standing.active]
    open_ = Cell("open", ledger.stamp.at)
    for row in rows:
        if ledger.task.is_gold(row.position):
            continue
        done = {who for who in row.cells if (cell := ledger.cell(row, who)) and cell.state == "done"}
        more = len(here | done) - ledger.copies(row)
        ledger.more(row, max(more, -ledger.left(row)))
        if ledger.task.pull is None:
            for who in active:
                cell = ledger.cell(row, who)
                if (cell is None or cell.state not in HELD | {"skipped"}) and ledger.left(row) > 0:
                    ledger.put(row, who, open_)
