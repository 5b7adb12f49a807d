"""The one door: whether somebody may take an item.

Holds: `can_take`, and whether a task hands out anything at all.
Does not hold: how many she may have at once (see handing), who decides what she gets.
Depends on: events, lifecycle, members, refusals, rules, task, values.

Every path by which work reaches somebody goes through here: add, pull, steal, reassign,
redistribute, whatever spreads what another leaves. Whatever else shall keep people from
items belongs here. Two paths do not ask: a plan is made of the rules themselves (see
fitting), before there is a task to ask about; and an undo gives back what was hers, also
what she lost or skipped, and beside a team mate who got another copy. That both give
nothing else is a property that tests hold them to.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from datetime import datetime

from distribution.events import Cell
from distribution.lifecycle import HELD
from distribution.members import Standing
from distribution.refusals import (
    HasIt,
    Locked,
    LostIt,
    NotEligible,
    NotInTask,
    PastDue,
    SkippedIt,
    TaskNotOpen,
    TeamHasIt,
    WhyNot,
)
from distribution.rules import Rules
from distribution.task import Row, Task
from distribution.values import AssigneeId


def can_take(
    task: Task, taker: Standing, row: Row, cell: Cell | None, *, alone: bool = False
) -> WhyNot | None:
    """Tell why she may not take an item; None where she may.

    *cell* is what she has, or had, of it. *alone* says that nobody else can take it (see
    `too_few_others`), or that somebody who may decided it so: only then whoever lost an item gets it again.
    """
    member = taker.member
    if member.state != "active":
        return Locked(member.id, member.state)
    if row.removed:
        return NotInTask(row.item)
    if cell is not None and cell.state in HELD:
        return HasIt(row.item, taker.id, cell.state)
    if task.rules is not None and (barred := _barred(task.rules, taker.id, row)) is not None:
        return barred
    if cell is None:
        return None
    if cell.state == "skipped":
        return None if task.pull is not None and task.pull.skip == "later" else SkippedIt(row.item, taker.id)
    return None if alone else LostIt(row.item, taker.id)


def _barred(rules: Rules, who: AssigneeId, row: Row) -> NotEligible | TeamHasIt | None:
    """Tell which rule keeps her from an item."""
    bar = rules.why_not(who, row.attributes)
    if bar is not None:
        return NotEligible(row.item, who, bar)
    return mate_has(rules, who, row)


def mate_has(rules: Rules, who: AssigneeId, row: Row) -> TeamHasIt | None:
    """Tell whether somebody else of her team has an item, or has done it."""
    held = (other for other, cell in row.cells.items() if cell.state in HELD)
    mate = next(rules.mates(who, held), None)
    return None if mate is None else TeamHasIt(row.item, who, mate)


def sameness(task: Task, row: Row) -> Hashable:
    """Give a key that items share of which `can_take` says the same of everybody."""
    marks = None if task.rules is None else task.rules.marks(row.attributes)
    return row.removed, marks, tuple((who, cell.state) for who, cell in row.cells.items())


def too_few_others(task: Task, taker: Standing, row: Row, able: Iterable[Standing], left: int) -> bool:
    """Tell whether more copies are left than others can take, of those who are not at their limit. O(people)."""
    others = sum(
        other.id != taker.id and can_take(task, other, row, row.cells.get(other.id)) is None for other in able
    )
    return others < left


def hands_out(task: Task, at: datetime) -> TaskNotOpen | PastDue | None:
    """Tell why a task hands out nothing at a moment; None where it does."""
    if task.state != "open":
        return TaskNotOpen(task.id, task.state)
    if task.due is not None and at >= task.due:
        return PastDue(task.id, task.due)
    return None
