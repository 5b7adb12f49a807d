"""Finished work goes back: to its author, or to somebody who has not had it.

Holds: that decision, and what it is told.
Does not hold: what makes work go back (see qa), who gets it instead (see spreading, handing).
Depends on: decision, events, handing, ledger, lifecycle, outcomes, qa, refusals, requests,
spreading, task, values.
"""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from distribution.decision import Decide, Decision
from distribution.events import Cell, Stamp
from distribution.handing import lease_end
from distribution.ledger import Ledger
from distribution.lifecycle import PLACEMENT, after
from distribution.outcomes import Changed, Left
from distribution.qa import Rejected, SendTo, check_send
from distribution.refusals import NotHers, NotInTask, WhyNot, WrongState
from distribution.requests import call_text, once
from distribution.spreading import spread
from distribution.task import Ask, Row, View, the_task
from distribution.values import AssigneeId, ItemId, TaskId

VERB = "send-back"


@attrs.frozen(kw_only=True)
class Return:
    """What goes back, to whom, and what was asked for to that end."""

    work: Sequence[Rejected]
    sends: SendTo = attrs.field(converter=check_send)
    unfinished: tuple[ItemId, ...] = ()
    """Items that were named and are not among the finished work: they are reported."""
    of: AssigneeId | None = None
    """Whose work was asked for; None for anybody's."""
    told: object = None
    """What the caller said, by which a repeated call is known; None for the work itself."""


def passed_on(review: TaskId, request: str | None) -> str | None:
    """Give the request id of what a call of a review sends back: its own, so that the call made again sends it once.

    >>> passed_on("Q", "r-1") == passed_on("Q", "r-1") != passed_on("Q", "r-2")
    True
    """
    return None if request is None else call_text("sent back by", review, request)


def sending_back(task_id: TaskId, back: Return, stamp: Stamp) -> tuple[Ask, Decide[Changed]]:
    """Decide to reopen finished work.

    For its author it is open again, whatever her cap: she is granted nothing until she is
    below it. Where it goes to others, or she takes no part any more, it returns to the
    head of the queue; in a task distributed by load to whoever is furthest below her share.
    What was done anew since the review stays, and is reported.

    Raises, when decided:
        NotFound: there is no such task.
    """
    items = tuple(dict.fromkeys([*(piece.item for piece in back.work), *back.unfinished]))
    ask = Ask(request=stamp.request, members=None, items=items)

    def decide(view: View) -> Decision[Changed]:
        task = the_task(view, task_id)
        ledger = Ledger(view, task, stamp)
        rows = {row.item: row for row in view.rows}
        refused = [Left(item, _why_unfinished(rows.get(item), item, back.of)) for item in back.unfinished]
        others: list[Row] = []
        for piece in back.work:
            row = rows.get(piece.item)
            why = _why_not(row, piece)
            if row is None or why is not None:
                refused.append(Left(piece.item, why or NotInTask(piece.item)))
                continue
            verb = "reopen" if back.sends == "author" and ledger.members[piece.author].active else "reject"
            state = after(PLACEMENT, "done", verb, f"item {piece.item!r}")
            until = lease_end(task, stamp.at) if state == "open" else None
            ledger.put(row, piece.author, Cell(state, stamp.at, None, until))  # type: ignore[arg-type]
            others += [row] if state != "open" else []
        spread(ledger, [ledger.as_it_stands(row) for row in others])
        return ledger.change("sent-back", facts={"to": back.sends}, refused=tuple(refused))

    told = [[w.item, w.author, w.finished] for w in back.work] if back.told is None else back.told
    return ask, once(decide, stamp, VERB, (told, back.sends), Changed)


def _why_unfinished(row: Row | None, item: ItemId, of: AssigneeId | None) -> WhyNot:
    """Tell why there is no finished work on an item, or none of hers."""
    if row is None or row.removed:
        return NotInTask(item)
    if of is not None and of not in row.cells:
        return NotHers(item, of)
    return WrongState(item, "not finished", "reopen")


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
