"""Open work changes hands: to one person, to new loads, or away from somebody.

Holds: the decisions to reassign and to redistribute, who joins with a workload.
Does not hold: targets and moves (see levelling), who belongs to the team (see team),
finished work (it never moves), gold (see company).
Depends on: asking, decision, errors, events, everybody, filters, handing, ledger,
levelling, lone_gold, members, outcomes, refusals, requests, taking, task, values, workload.
"""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from distribution.asking import settle_copies
from distribution.decision import Decide, Decision
from distribution.errors import InvalidInput, Refused
from distribution.events import Cell, Stamp
from distribution.everybody import for_everybody
from distribution.filters import Filter
from distribution.handing import lease_end
from distribution.ledger import Ledger
from distribution.levelling import level, move
from distribution.lone_gold import poorer, take_gold_too
from distribution.members import Member
from distribution.outcomes import Changed, Left
from distribution.refusals import way_back
from distribution.requests import once
from distribution.taking import can_take
from distribution.task import Ask, Held, Row, Task, View, no_member, the_task
from distribution.values import AssigneeId, Json, TaskId
from distribution.workload import Workload


def reassigning(
    task_id: TaskId,
    source: AssigneeId,
    target: AssigneeId,
    where: Filter | None,
    stamp: Stamp,
) -> tuple[Ask, Decide[Changed]]:
    """Decide to give all open work of one person to another, who joins the task if she is new.

    Finished work keeps its author. Items that the other has or skipped stay and are
    reported. *where* lets only some of the items go. Gold never goes to another.

    Raises, when decided:
        NotFound: there is no such task, or the first is not in it.
        Refused: everybody gets everything.
        InvalidInput: both are the same.
    """
    ask = Ask(request=stamp.request, members=None, held=Held(assignees=(source,), where=where))

    def decide(view: View) -> Decision[Changed] | Ask:
        task = the_task(view, task_id)
        check_may_move(task)
        if source not in view.members:
            raise no_member(source, task, len(view.members))
        if source == target:
            raise InvalidInput(subject="the new assignee", must="be somebody else", got=target)
        ledger = Ledger(view, task, stamp)
        if target not in ledger.members:
            ledger.member(Member(target))
        cell = Cell("open", stamp.at, None, lease_end(task, stamp.at))
        refused: list[Left] = []
        for row in view.rows:
            if task.is_gold(row.position):
                continue
            given = row.without(source)
            why = can_take(task, ledger.members[target], given, row.cells.get(target), alone=True)
            if why is None:
                ledger.put(row, source, None)
                ledger.put(row, target, cell)
            else:
                refused.append(Left(row.item, why))
        lose = {source} if where is None else poorer(ledger, view)
        return take_gold_too(ledger, view, lose) or ledger.change(
            "reassigned", assignee=source, facts={"to": target}, refused=tuple(refused)
        )

    return ask, once(decide, stamp, "reassign", (source, target, where), Changed)


def redistributing(
    task_id: TaskId, workload: Workload | None, where: Filter | None, stamp: Stamp
) -> tuple[Ask, Decide[Changed]]:
    """Decide to bring everybody to her share with the fewest moves; None for the loads as they are.

    Targets are the apportionment of all that is held and waiting, nobody below what she
    has finished or what the filter keeps in place, and nobody is given more than her limit.
    Items are counted, also where effort or groups were shared out. Only open work moves, from the end of its holder's order; the number of moves is the least that
    reaches the targets, and deciding again moves nothing. Who is new in the workload
    joins; who is not in it any more keeps what is finished and loses what is open. Gold
    never moves; it goes back with the last of what its holder has open.

    In a task that is pulled from, what people hold is shared out once by the loads given,
    nobody above the cap; what has no place under it, or with anybody who may have it,
    returns to the queue, and is no part of what is shared out.

    Runtime: O(placements of the task); of a task that is pulled from, O(open placements).

    Raises, when decided:
        NotFound: there is no such task.
        Refused: the task is pulled from, and no loads were given; or everybody gets everything.
        InvalidInput: the workload names somebody who is paused or removed.
    """
    if workload is not None and not isinstance(workload, Workload):
        raise InvalidInput(subject="workload", must="be a Workload", got=workload)
    first = Ask(request=stamp.request)

    def decide(view: View) -> Decision[Changed] | Ask:
        task = the_task(view, task_id)
        check_may_move(task)
        if view.ask.held is None:
            return Ask(members=None, held=Held(where=where), waiting=task.pull is None)
        ledger = Ledger(view, task, stamp)
        if task.pull is not None and workload is None:
            what = "is pulled from and keeps no loads"
            remedy = "give loads, and what people hold is shared out by them"
            raise Refused(f"task {task.name!r}", what, remedy)
        loads = shared(task) if workload is None else workload
        facts: dict[str, Json] = {}
        if task.pull is None:
            if workload is not None:
                take_workload(ledger, loads, named=loads.assignees)
            level(ledger, view.rows, loads)
        else:
            ledger = _shared_out(view, task, loads, stamp)
            facts["loads"] = str(loads)
        lose = losing(ledger, view, loads) if where is None else poorer(ledger, view)
        return take_gold_too(ledger, view, lose) or ledger.change("redistributed", facts=facts)

    return first, once(decide, stamp, "redistribute", (workload, where), Changed)


def check_may_move(task: Task) -> None:
    """Refuse to move work where everybody has all of it."""
    if for_everybody(task):
        what = "gives every item to everybody, nothing can change hands"
        raise Refused(f"task {task.name!r}", what, "add, pause or remove assignees instead")


def _shared_out(view: View, task: Task, workload: Workload, stamp: Stamp) -> Ledger:
    """Share out what people hold of a queue, but for what has no place with anybody: that goes back first.

    What that is shows only when all of it is shared out; and what is left has other shares.
    """
    back: list[tuple[Row, AssigneeId]] = []
    while True:
        ledger = Ledger(view, task, stamp)
        admit(ledger, workload, named=workload.assignees)
        for row, holder in back:
            _give_back(ledger, row, holder)
        rows = [ledger.as_it_stands(row) for row in view.rows]
        move(ledger, rows, workload)
        homeless = _return_rest(ledger, rows, workload)
        if not homeless:
            return ledger
        back += homeless


def _give_back(ledger: Ledger, row: Row, holder: AssigneeId) -> None:
    ledger.put(row, holder, Cell("returned", ledger.stamp.at))
    settle_copies(ledger, row)


def _return_rest(ledger: Ledger, rows: Sequence[Row], workload: Workload) -> list[tuple[Row, AssigneeId]]:
    """Give back to the queue what nobody may hold: of whoever carries no share, or is above the cap; name it."""
    pull, given = ledger.task.pull, list[tuple[Row, AssigneeId]]()
    for row in reversed(rows):
        if ledger.task.is_gold(row.position):
            continue
        for holder, cell in row.cells.items():
            now = ledger.cell(row, holder)
            over = pull is not None and ledger.holds_open(holder) > pull.max_batch_workload
            if now == cell and cell.state == "open" and (over or not _carries(workload, holder)):
                _give_back(ledger, row, holder)
                given.append((row, holder))
    return given


def _carries(workload: Workload, who: AssigneeId) -> bool:
    """Tell whether somebody carries a share."""
    return who in workload.assignees and workload.load_of(who) > 0


def losing(ledger: Ledger, view: View, loads: Workload | None = None) -> set[AssigneeId]:
    """Name those who are left without gold, should nothing else be left: from whom anything was taken, and who carries no share.

    None for the loads of the task. Where everybody gets everything no share is needed.
    """
    if for_everybody(ledger.task):
        return poorer(ledger, view)
    workload = shared(ledger.task) if loads is None else loads
    return poorer(ledger, view) | {who for who in view.members if not _carries(workload, who)}


def shared(task: Task) -> Workload:
    """Give the workload of a task distributed by load.

    Raises:
        Refused: it is pulled from.
    """
    if task.workload is None:
        raise Refused(
            f"task {task.name!r}",
            "is pulled from, so nobody has a share of it",
            "add, pause or remove assignees instead",
        )
    return task.workload


def take_workload(ledger: Ledger, workload: Workload, *, named: Sequence[AssigneeId]) -> None:
    """Let a task have these loads from now on; who is new joins.

    Only the loads of those *named* were asked for. Others who are away keep their part of
    the rest, which counts again when they are back.

    Raises:
        Refused: the task is pulled from.
        InvalidInput: somebody named, with a load, is paused or removed.
    """
    shared(ledger.task)
    admit(ledger, workload, named=named)
    ledger.task = attrs.evolve(ledger.task, workload=workload)


def admit(ledger: Ledger, workload: Workload, *, named: Sequence[AssigneeId]) -> None:
    """Let those who are new in a workload join.

    Raises:
        InvalidInput: somebody named, with a load, is paused or removed.
    """
    for assignee, share in zip(workload.assignees, workload.shares, strict=True):
        standing = ledger.members.get(assignee)
        if standing is None:
            ledger.member(Member(assignee))
        elif share and not standing.active and assignee in named:
            raise InvalidInput(
                subject=f"load of {assignee!r}",
                must=f"be 0 while she is {standing.member.state}",
                got=share,
                remedy=way_back(standing.member.state),
            )
