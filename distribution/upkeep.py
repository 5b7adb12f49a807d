"""Work that lies: leases that ended, and placements nobody touches.

Holds: the decision to take it back.
Does not hold: what pulls clean up on their way (see handing).
Depends on: asking, decision, errors, events, handing, ledger, lifecycle, lone_gold,
members, outcomes, pull, requests, spreading, task, values.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta

from distribution.asking import settle_copies
from distribution.decision import Decide, Decision
from distribution.errors import InvalidInput
from distribution.events import Cell, Stamp
from distribution.handing import expire
from distribution.ledger import Ledger
from distribution.lifecycle import HELD
from distribution.lone_gold import take_gold_too
from distribution.members import Standing
from distribution.outcomes import Changed
from distribution.pull import LEASE_LIMIT
from distribution.requests import once
from distribution.spreading import spread
from distribution.task import EXPIRED_LIMIT, Ask, Held, Row, View, the_task
from distribution.values import AssigneeId, TaskId


def reclaiming(task_id: TaskId, idle: timedelta | None, stamp: Stamp) -> tuple[Ask, Decide[Changed]]:
    """Decide to take back a hundred expired leases, and all that has lain untouched for *idle*.

    Untouched is what is open for that long with somebody who submitted, cleared, skipped,
    renewed or released nothing meanwhile; with None only leases count. In a pulling task it
    returns to the head of the queue. In a task distributed by load it goes by their shares
    to those who are not idle themselves; where there is nobody it stays. Gold goes back with
    the last of what its holder has open.

    Raises, when decided:
        NotFound: there is no such task.

    Raises, at once:
        InvalidInput: *idle* is no such length of time.
    """
    _check_idle(idle)
    first = Ask(request=stamp.request, members=None, expired=stamp.at)

    def lies(standing: Standing) -> bool:
        if idle is None or not (standing.open or standing.gold_open):
            return False
        return standing.worked_at is None or standing.worked_at <= stamp.at - idle

    def decide(view: View) -> Decision[Changed] | Ask:
        task = the_task(view, task_id)
        lying = tuple(standing.id for standing in view.members.values() if lies(standing))
        if lying and view.ask.held is None:
            return Ask(members=None, expired=stamp.at, held=Held(assignees=lying))
        ledger = Ledger(view, task, stamp)
        returned = expire(ledger, view.expired)
        idlers: set[AssigneeId] = set()
        if idle is not None:
            untouched = list(_untouched(ledger, view, lying, idle))
            idlers = {who for _, who in untouched}
            returned += _returned(ledger, untouched)
        # Who has not begun either gets no more: two idle people would swap their work for ever.
        spread(ledger, returned, but=lying)
        if task.pull is None:
            _stay(ledger, returned)
        more = len(view.expired) == EXPIRED_LIMIT
        return take_gold_too(ledger, view, idlers) or ledger.change(
            "reclaimed", facts={"more": True} if more else None
        )

    return first, once(decide, stamp, "reclaim", (idle,), Changed)


def _check_idle(value: object) -> None:
    """Refuse what is no length of time, and what would lead out of the calendar."""
    if value is not None and not (isinstance(value, timedelta) and timedelta(0) <= value <= LEASE_LIMIT):
        raise InvalidInput(
            subject="idle",
            must="be a timedelta that is not negative, at most ten years",
            got=value,
            remedy="use timedelta(days=1)",
        )


def _untouched(
    ledger: Ledger, view: View, lying: tuple[AssigneeId, ...], idle: timedelta
) -> Iterator[tuple[Row, AssigneeId]]:
    """Find what has lain with these people for so long."""
    for row in view.rows:
        for assignee in lying:
            cell = ledger.cell(row, assignee)
            if cell is not None and cell.state == "open" and cell.since <= ledger.stamp.at - idle:
                yield row, assignee


def _returned(ledger: Ledger, untouched: Iterable[tuple[Row, AssigneeId]]) -> list[Row]:
    """Return all of it but gold; give its items, each once."""
    found: dict[int, Row] = {}
    for row, assignee in untouched:
        if not ledger.task.is_gold(row.position):
            ledger.put(row, assignee, Cell("returned", ledger.stamp.at))
            settle_copies(ledger, row)
            found[row.position] = row
    return list(found.values())


def _stay(ledger: Ledger, rows: list[Row]) -> None:
    """Leave with its holder what nobody else can take; not if a copy came to a team mate of hers."""
    for row in rows:
        came = [who for who, cell in ledger.as_it_stands(row).cells.items() if cell.state in HELD]
        came = [who for who in came if who not in row.cells or row.cells[who].state not in HELD]
        for assignee, cell in row.cells.items():
            now = ledger.cell(row, assignee)
            went = cell.state == "open" and now is not None and now.state == "returned"
            if went and ledger.left(row) > 0 and not _mates(ledger, assignee, came):
                ledger.keep(row, assignee)


def _mates(ledger: Ledger, assignee: AssigneeId, others: list[AssigneeId]) -> bool:
    """Tell whether any of these is of her team."""
    rules = ledger.task.rules
    return rules is not None and any(rules.mates(assignee, others))
