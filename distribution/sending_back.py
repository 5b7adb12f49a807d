"""Finished work goes back: to its author, or to somebody who has not had it.

Holds: that decision.
Does not hold: what makes work go back (see qa), who gets it instead (see spreading, handing).
Depends on: events, handing, ledger, lifecycle, outcomes, qa, refusals, requests,
spreading, task, values, work.
"""

from __future__ import annotations

from collections.abc import Sequence

from distribution.events import Cell, Stamp
from distribution.handing import lease_end
from distribution.ledger import Ledger
from distribution.lifecycle import PLACEMENT, after
from distribution.outcomes import Changed, Left
from distribution.qa import Rejected, SendTo, is_work
from distribution.refusals import NotHers, NotInTask, WhyNot, WrongState
from distribution.requests import once
from distribution.spreading import spread
from distribution.task import Ask, Decide, Decision, Held, Row, View, the_task
from distribution.values import AssigneeId, ItemId, TaskId, check_id
from distribution.work import check_items


def sending_back(
    task_id: TaskId, work: Sequence[Rejected], sends: SendTo, stamp: Stamp
) -> tuple[Ask, Decide[Changed]]:
    """Decide to reopen finished work.

    For its author it is open again, whatever her cap: she is granted nothing until she is
    below it. Where it goes to others, or she takes no part any more, it returns to the
    head of the queue; in a task distributed by load to whoever is furthest below her share.
    What was done anew since the review stays, and is reported.

    Raises, when decided:
        NotFound: there is no such task.
    """
    ask = Ask(request=stamp.request, members=None, items=tuple(dict.fromkeys(w.item for w in work)))

    def decide(view: View) -> Decision[Changed]:
        ledger = Ledger(view, the_task(view, task_id), stamp)
        return _reopen(ledger, view, work, sends)

    told = [[w.item, w.author, w.finished.isoformat()] for w in work]
    return ask, once(decide, stamp, "send-back", (told, sends), Changed)


def recalling(
    task_id: TaskId,
    assignee: AssigneeId | None,
    items: Sequence[ItemId] | None,
    sends: SendTo,
    stamp: Stamp,
) -> tuple[Ask, Decide[Changed]]:
    """Decide to reopen all finished work: of one person, on some items, or all there is. Gold stays done.

    Raises, when decided:
        NotFound: there is no such task.
    """
    who = None if assignee is None else (check_id(assignee, "assignee id"),)
    wanted = None if items is None else check_items(items)
    ask = Ask(request=stamp.request, members=None, held=Held(states=("done",), assignees=who))

    def decide(view: View) -> Decision[Changed]:
        task = the_task(view, task_id)
        work = [
            Rejected(row.item, author, cell.since)
            for row in view.rows
            if (wanted is None or row.item in wanted) and not task.is_gold(row.position)
            for author, cell in row.cells.items()
            if is_work(cell, ()) and assignee in {None, author}
        ]
        return _reopen(Ledger(view, task, stamp), view, work, sends)

    return ask, once(decide, stamp, "recall", (assignee, wanted, sends), Changed)


def _reopen(ledger: Ledger, view: View, work: Sequence[Rejected], sends: SendTo) -> Decision[Changed]:
    """Reopen pieces of work, and find somebody else for those whose authors do not get them again."""
    task, stamp = ledger.task, ledger.stamp
    rows = {row.item: row for row in view.rows}
    refused: list[Left] = []
    others: list[Row] = []
    for piece in work:
        row = rows.get(piece.item)
        why = _why_not(row, piece)
        if row is None or why is not None:
            refused.append(Left(piece.item, why or NotInTask(piece.item)))
            continue
        verb = "reopen" if sends == "author" and ledger.members[piece.author].active else "reject"
        state = after(PLACEMENT, "done", verb, f"item {piece.item!r}")
        until = lease_end(task, stamp.at) if state == "open" else None
        ledger.put(row, piece.author, Cell(state, stamp.at, None, until))  # type: ignore[arg-type]
        others += [row] if state != "open" else []
    spread(ledger, [ledger.as_it_stands(row) for row in others])
    return ledger.change("sent-back", facts={"to": sends}, refused=tuple(refused))


def _why_not(row: Row | None, piece: Rejected) -> WhyNot | None:
    """Tell why a piece of work stays as it is."""
    if row is None or row.removed:
        return NotInTask(piece.item)
    cell = row.cells.get(piece.author)
    if cell is None:
        return NotHers(piece.item, piece.author)
    if cell.state != "done" or cell.since != piece.finished:
        return WrongState(piece.item, "done anew" if cell.state == "done" else cell.state, "reopen")
    return None
