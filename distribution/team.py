"""The team changes: people join, pause, come back, leave, carry other loads.

Holds: those decisions, and what becomes of the open work of who goes.
Does not hold: how work is moved (see moving, spreading).
Depends on: asking, decision, errors, events, everybody, ledger, levelling, lifecycle,
lone_gold, members, moving, outcomes, requests, spreading, task, values.

In a pulling task open work of who goes returns to the queue. In a task distributed by
load it goes to the others, each item once; nothing else moves. What waits there, because
nobody could take it, is looked at again whenever somebody comes, comes back, or may have more.
"""

from __future__ import annotations

import attrs

from distribution.asking import settle_copies
from distribution.decision import Decide, Decision
from distribution.errors import InvalidInput, Refused
from distribution.events import Cell, Stamp, What
from distribution.everybody import for_everybody, give_everything
from distribution.ledger import Ledger
from distribution.levelling import level
from distribution.lifecycle import MEMBER, NOWHERE, MemberState, after
from distribution.lone_gold import take_gold_too
from distribution.members import Limit, Member
from distribution.moving import losing, shared, take_workload
from distribution.outcomes import Changed
from distribution.requests import once
from distribution.spreading import spread
from distribution.task import Ask, Held, Task, View, no_member, the_task
from distribution.values import AssigneeId, Number, TaskId, check_id

EVERYTHING = Ask(members=None, whole=True)
"""Where everybody gets every item, whoever comes or goes changes all of them."""

WHATS: dict[str, What] = {
    "add": "assignee-added",
    "pause": "assignee-paused",
    "resume": "assignee-resumed",
    "remove": "assignee-removed",
}


def adding_assignee(
    task_id: TaskId, assignee: AssigneeId, load: Number | None, limit: Limit | None, stamp: Stamp
) -> tuple[Ask, Decide[Changed]]:
    """Decide to let somebody take part, or take part again.

    In a pulling task she may pull. With a load in percent the others' loads shrink in
    proportion, and open work comes to her with the fewest moves; without one nothing
    comes to her by itself.

    Raises, when decided:
        NotFound: there is no such task.
        Refused: she takes part already; or a load in a task that is pulled from.
        InvalidInput: the load is not between 0 and 100.
    """
    check_id(assignee, "assignee id")
    _check_limit(limit)
    ask = Ask(request=stamp.request, members=None)
    whole = Ask(members=None, held=None if load is None else Held(), waiting=True)

    def decide(view: View) -> Decision[Changed] | Ask:
        task = the_task(view, task_id)
        if for_everybody(task) and not view.ask.whole:
            return EVERYTHING
        if _has_waiting(task, view):
            return whole
        ledger = Ledger(view, task, stamp)
        _turn(ledger, assignee, "add")
        if limit is not None:
            ledger.member(attrs.evolve(ledger.members[assignee].member, limit=limit))
        if load is not None:
            take_workload(ledger, shared(task).with_load(assignee, load), named=(assignee,))
        if for_everybody(task):
            give_everything(ledger, view.rows)
        elif load is not None:
            level(ledger, view.rows, shared(ledger.task))
        else:
            spread(ledger, view.rows, again=True)
        lose = set() if load is None else losing(ledger, view)
        return take_gold_too(ledger, view, lose) or ledger.change(WHATS["add"], assignee=assignee)

    return ask, once(decide, stamp, "add-assignee", (assignee, _text(load), limit), Changed)


def _has_waiting(task: Task, view: View) -> bool:
    """Tell whether items may wait for somebody that the view does not show; those of a queue wait for a pull."""
    return task.pull is None and not (view.ask.waiting or view.ask.whole)


def _text(load: Number | None) -> str | None:
    return None if load is None else str(load)


def _turn(ledger: Ledger, assignee: AssigneeId, verb: str) -> None:
    """Change the state of a member as the lifecycle says."""
    standing = ledger.members.get(assignee)
    if standing is None and verb != "add":
        raise no_member(assignee, ledger.task, len(ledger.members))
    state = NOWHERE if standing is None else standing.member.state
    new: MemberState = after(MEMBER, state, verb, f"assignee {assignee!r}")  # type: ignore[assignment]
    known = Member(assignee) if standing is None else standing.member
    ledger.member(attrs.evolve(known, state=new))


def leaving(task_id: TaskId, assignee: AssigneeId, verb: str, stamp: Stamp) -> tuple[Ask, Decide[Changed]]:
    """Decide to pause or remove somebody: her assignment is locked, what is finished stays.

    *verb* is pause or remove. Her open work goes back to the queue, or to the others.

    Raises, when decided:
        NotFound: there is no such task, or she is not in it.
        Refused: she is paused or removed already.
    """
    ask = Ask(request=stamp.request, members=None, held=Held(assignees=(assignee,)))

    def decide(view: View) -> Decision[Changed] | Ask:
        task = the_task(view, task_id)
        if for_everybody(task) and not view.ask.whole:
            return EVERYTHING
        ledger = Ledger(view, task, stamp)
        _turn(ledger, assignee, verb)
        if verb == "remove":
            _without_load(ledger, assignee)
        _hand_over(ledger, assignee, view)
        return take_gold_too(ledger, view, {assignee}) or ledger.change(WHATS[verb], assignee=assignee)

    return ask, once(decide, stamp, verb, (assignee,), Changed)


def _without_load(ledger: Ledger, assignee: AssigneeId) -> None:
    """Take her out of the workload, if she is in it and somebody else carries a share."""
    workload = ledger.task.workload
    if workload is not None and assignee in workload.assignees and workload.carried_by_others(assignee):
        ledger.task = attrs.evolve(ledger.task, workload=workload.without(assignee))


def _hand_over(ledger: Ledger, assignee: AssigneeId, view: View) -> None:
    """Find a place for the open work of somebody who goes."""
    everybody = for_everybody(ledger.task)
    hers = [row for row in view.rows if assignee in row.cells and row.cells[assignee].state == "open"]
    rows = [row for row in hers if not ledger.task.is_gold(row.position)]
    # Where others get it at once, nothing is left of it with her.
    gone = None if ledger.task.pull is None else Cell("returned", ledger.stamp.at)
    for row in rows:
        ledger.put(row, assignee, gone)
        settle_copies(ledger, row)
    if everybody:
        give_everything(ledger, view.rows)
    else:
        spread(ledger, rows, but=(assignee,), again=True)


def resuming(task_id: TaskId, assignee: AssigneeId, stamp: Stamp) -> tuple[Ask, Decide[Changed]]:
    """Decide to let somebody who was paused go on; nobody else's work moves, but what waits may be hers.

    Raises, when decided:
        NotFound: there is no such task, or she is not in it.
        Refused: she is not paused.
    """
    ask = Ask(request=stamp.request, members=None)

    def decide(view: View) -> Decision[Changed] | Ask:
        task = the_task(view, task_id)
        if for_everybody(task) and not view.ask.whole:
            return EVERYTHING
        if _has_waiting(task, view):
            return attrs.evolve(ask, waiting=True)
        ledger = Ledger(view, task, stamp)
        _turn(ledger, assignee, "resume")
        if for_everybody(task):
            give_everything(ledger, view.rows)
        else:
            spread(ledger, view.rows, again=True)
        return ledger.change(WHATS["resume"], assignee=assignee)

    return ask, once(decide, stamp, "resume", (assignee,), Changed)


def limiting(
    task_id: TaskId, assignee: AssigneeId, limit: Limit | None, stamp: Stamp
) -> tuple[Ask, Decide[Changed]]:
    """Decide how many items somebody may have at most; None lifts the limit. What she has stays hers.

    What waits because she could have no more may be hers then.

    Raises, when decided:
        NotFound: there is no such task, or she is not in it.
    """
    ask = Ask(request=stamp.request, members=None)
    _check_limit(limit)

    def decide(view: View) -> Decision[Changed] | Ask:
        task = the_task(view, task_id)
        if assignee not in view.members:
            raise no_member(assignee, task, len(view.members))
        if _has_waiting(task, view):
            return attrs.evolve(ask, waiting=True)
        ledger = Ledger(view, task, stamp)
        ledger.member(attrs.evolve(view.members[assignee].member, limit=limit))
        spread(ledger, view.rows, again=True)
        return ledger.change("assignee-limited", assignee=assignee)

    return ask, once(decide, stamp, "limit", (assignee, limit), Changed)


def _check_limit(limit: object) -> None:
    if limit is not None and not isinstance(limit, Limit):
        raise InvalidInput(subject="limit", must="be a Limit", got=limit, remedy="use Limit(count=10)")


def loading(task_id: TaskId, assignee: AssigneeId, load: Number, stamp: Stamp) -> tuple[Ask, Decide[Changed]]:
    """Decide to change one person's load in percent; the others' shrink or grow in proportion.

    Open work follows with the fewest moves.

    Raises, when decided:
        NotFound: there is no such task, or she is not in it.
        Refused: the task is pulled from.
        InvalidInput: the load is not between 0 and 100, or the others have none to grow.
    """
    ask = Ask(request=stamp.request, members=None, held=Held(), waiting=True)

    def decide(view: View) -> Decision[Changed] | Ask:
        task = the_task(view, task_id)
        if assignee not in view.members:
            raise no_member(assignee, task, len(view.members))
        ledger = Ledger(view, task, stamp)
        take_workload(ledger, shared(task).with_load(assignee, load), named=(assignee,))
        if not for_everybody(task):
            level(ledger, view.rows, shared(ledger.task))
        more = take_gold_too(ledger, view, losing(ledger, view))
        return more or ledger.change("redistributed", assignee=assignee)

    return ask, once(decide, stamp, "load", (assignee, _text(load)), Changed)


def deleting_assignment(task_id: TaskId, assignee: AssigneeId, stamp: Stamp) -> tuple[Ask, Decide[Changed]]:
    """Decide to delete somebody's assignment: her open work goes back, what is finished stays.

    She may still take part: pull again, or be given work. Her share goes to the others.

    Raises, when decided:
        NotFound: there is no such task, or she is not in it.
        Refused: nobody else carries a share of the task.
    """
    ask = Ask(request=stamp.request, members=None, held=Held(assignees=(assignee,)))

    def decide(view: View) -> Decision[Changed] | Ask:
        task = the_task(view, task_id)
        if assignee not in view.members:
            raise no_member(assignee, task, len(view.members))
        ledger = Ledger(view, task, stamp)
        _check_others(task, assignee)
        _without_load(ledger, assignee)
        _hand_over(ledger, assignee, view)
        return take_gold_too(ledger, view, {assignee}) or ledger.change(
            "assignment-deleted", assignee=assignee
        )

    return ask, once(decide, stamp, "delete-assignment", (assignee,), Changed)


def _check_others(task: Task, assignee: AssigneeId) -> None:
    """Refuse to delete the only assignment that carries a share."""
    workload = task.workload
    if workload is not None and not workload.carried_by_others(assignee):
        raise Refused(
            f"the assignment of {assignee!r}",
            "is the only one with a share",
            "reassign it to somebody, or delete the task",
        )
