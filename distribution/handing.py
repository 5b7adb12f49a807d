"""Handing out: the next batch, and work taken over from people who never began.

Holds: the decisions to pull and to steal, and the return of expired leases.
Does not hold: what a person does with her work (see work), settings (see pull).
Depends on: asking, company, decision, errors, events, filters, gold, ledger, lone_gold,
members, outcomes, pull, refusals, requests, taking, task, values.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from operator import attrgetter, itemgetter

import attrs

from distribution.asking import settle_copies
from distribution.company import LOOK_AHEAD, RECENT, chosen, has_company, window
from distribution.decision import Decide, Decision
from distribution.errors import Refused
from distribution.events import Cell, Stamp
from distribution.filters import EVERYTHING
from distribution.gold import due, own_order
from distribution.ledger import Ledger
from distribution.lone_gold import poorer, take_gold_too
from distribution.members import Standing
from distribution.outcomes import Batch
from distribution.pull import Pull
from distribution.refusals import (
    AllReserved,
    AtCap,
    AtLimit,
    HasOpenWork,
    Locked,
    LostIt,
    NobodyToStealFrom,
    NotAMember,
    NothingForHer,
    OnlyHers,
    OnlyLost,
    OnlySkipped,
    QueueEmpty,
    QueueHasWork,
    SkippedIt,
    WhyNoWork,
)
from distribution.requests import once
from distribution.taking import can_take, hands_out, too_few_others
from distribution.task import Ask, Head, Held, Row, Task, View, the_task
from distribution.values import AssigneeId, ItemId, TaskId


def lease_end(task: Task, at: datetime) -> datetime | None:
    """Give the end of a lease that begins now."""
    return None if task.pull is None or task.pull.lease is None else at + task.pull.lease


def expire(ledger: Ledger, rows: Iterable[Row]) -> list[Row]:
    """Return placements whose lease has ended; give their items."""
    at = ledger.stamp.at
    gone = Cell("returned", at)
    for row in rows:
        for assignee in row.cells:
            cell = ledger.cell(row, assignee)
            if cell is not None and cell.state == "open" and cell.until is not None and cell.until <= at:
                ledger.put(row, assignee, gone)
                settle_copies(ledger, row)
    return list(rows)


def pulling(task_id: TaskId, assignee: AssigneeId, stamp: Stamp) -> tuple[Ask, Decide[Batch]]:
    """Decide which items she gets next: one whole batch, or none and the reason.

    Up to a hundred expired leases go back first. Then the head of the queue: by
    priority, then what came back, then in order; where several people get each item, of
    the next few those that let her meet everybody (see `company`). What she lost comes after everything
    else, and only if nobody else can take it, or fewer than it has copies left; what she skipped, by the task's policy.

    Runtime: O(batch), whatever the size of the task; where what she skipped or lost has
    to be looked at, besides O(those * people).

    Raises, when decided:
        NotFound: there is no such task.
        Refused: it is not a pulling task.
    """
    return pull_ask(assignee, stamp), pull_decision(task_id, assignee, stamp)


def pull_decision(task_id: TaskId, assignee: AssigneeId, stamp: Stamp) -> Decide[Batch]:
    """Give how `pulling` decides."""

    def decide(view: View) -> Decision[Batch] | Ask:
        ledger = Ledger(view, the_task(view, task_id), stamp)
        batch = hand_out(ledger, view, assignee)
        return batch if isinstance(batch, Ask) else ledger.decision("pulled", batch, assignee=assignee)

    return once(decide, stamp, "pull", (assignee,), Batch)


def pull_ask(assignee: AssigneeId, stamp: Stamp, items: tuple[ItemId, ...] = ()) -> Ask:
    """Name what a pull has to see at first, and items besides."""
    head = Head(assignee=assignee)
    return Ask(request=stamp.request, members=(assignee,), items=items, head=head, expired=stamp.at)


def hand_out(ledger: Ledger, view: View, assignee: AssigneeId) -> Batch | Ask:
    """Hand out the next batch as part of what a ledger changes, or tell what else has to be seen.

    Raises:
        Refused: it is not a pulling task.
    """
    task = ledger.task
    if task.pull is None:
        remedy = "list her placements: everybody has her items from the beginning"
        raise Refused(f"task {task.name!r}", "is distributed by load, nobody pulls from it", remedy)
    looked_at_all = view.ask.members is None
    head = view.ask.head or Head(assignee=assignee)
    if head.where is None and (task.rules is not None or has_company(task)):
        return attrs.evolve(view.ask, head=_further(task, task.pull, head))
    if view.expired and not looked_at_all:
        return _all_of_it(view.ask, head)
    returned = expire(ledger, view.expired)
    taker = view.members.get(assignee)
    why = _why_not_now(task, task.pull, taker, assignee, ledger)
    if why is not None or taker is None:
        return Batch(task=task.id, assignee=assignee, reason=why)
    size = _size(task.pull, taker, ledger)
    rows = _next(ledger, taker, view, returned, size)
    if task.rules is not None and len(rows) < size and len(view.fresh) == head.fresh:
        return attrs.evolve(view.ask, head=attrs.evolve(head, fresh=LOOK_AHEAD * len(view.fresh)))
    if not looked_at_all and (not rows or (len(rows) < size and taker.skipped + taker.lost)):
        return _all_of_it(view.ask, head)
    if not rows:
        return Batch(task=task.id, assignee=assignee, reason=_why_nothing(view, taker, ledger))
    cell = Cell("open", ledger.stamp.at, None, lease_end(task, ledger.stamp.at))
    if view.ask.gold is None and _gold_is_due(ledger, assignee, len(rows)):
        return attrs.evolve(view.ask, gold=assignee)
    got = _mixed(ledger, rows, view.gold, assignee, task.pull.batch_size)
    for row, following in got:
        if row is following:
            ledger.put(row, assignee, cell)
        else:
            ledger.before(row, assignee, cell, following)
    return Batch(task=task.id, assignee=assignee, items=tuple([row.item for row, _ in got]), until=cell.until)


def _all_of_it(ask: Ask, head: Head) -> Ask:
    """Look at everybody, what she had, and the leases."""
    return attrs.evolve(ask, members=None, head=attrs.evolve(head, again=True), outlook=True)


def _further(task: Task, pull: Pull, head: Head) -> Head:
    """Look further than a batch, at all that rules and the choice of her company look at."""
    recent = RECENT if has_company(task) else 0
    if task.rules is None:
        return attrs.evolve(head, where=EVERYTHING, fresh=window(pull.batch_size), recent=recent)
    # What they keep from her is passed over.
    where = task.rules.preselects(head.assignee)
    return attrs.evolve(head, where=where, fresh=LOOK_AHEAD * pull.batch_size, recent=recent)


def _gold_is_due(ledger: Ledger, assignee: AssigneeId, count: int) -> bool:
    """Tell whether any of her next places is gold."""
    gold, seed = ledger.task.gold, ledger.task.seed
    if gold is None:
        return False
    begin = sum(ledger.counts(assignee))
    return any(due(gold.rule, seed, assignee, begin + at) for at in range(count))


def _mixed(
    ledger: Ledger, rows: Sequence[Row], pool: Sequence[Row], assignee: AssigneeId, most: int
) -> list[tuple[Row, Row]]:
    """Put gold between her items where it is due, as long as there is some she never had; see `gold.mixed`.

    Beside everything stands the item before which it comes, which for an item is itself.
    What she had before takes no new place.
    """
    gold, seed = ledger.task.gold, ledger.task.seed
    if gold is None or not pool:
        return [(row, row) for row in rows]
    by_id = {row.item: row for row in pool}
    left = own_order(by_id, seed, assignee)[::-1]
    place = sum(ledger.counts(assignee))
    met: list[tuple[Row, Row]] = []
    for row in rows:
        now: list[Row] = []
        while left and len(met) + len(now) < most and due(gold.rule, seed, assignee, place + len(now)):
            now.append(by_id[left.pop()])
        # Her list has those of one rank by position: a batch must not differ from it.
        met += [(known, row) for known in sorted(now, key=attrgetter("position"))]
        met.append((row, row))
        place += len(now) + (ledger.cell(row, assignee) is None)
    return met[:most]


def _why_not_now(
    task: Task, pull: Pull, taker: Standing | None, assignee: AssigneeId, ledger: Ledger
) -> WhyNoWork | None:
    """Tell why she gets nothing, whatever there is."""
    if taker is None:
        return NotAMember(assignee, task.id)
    if (closed := hands_out(task, ledger.stamp.at)) is not None:
        return closed
    if not taker.active:
        return Locked(taker.id, taker.member.state)
    counts = ledger.counts(taker.id)
    open_ = counts[0] + counts[4]
    if open_ + pull.batch_size > pull.max_batch_workload:
        return AtCap(taker.id, open_, pull.batch_size, pull.max_batch_workload)
    if _size(pull, taker, ledger) == 0:
        return AtLimit(taker.id, ledger.holds(taker.id), str(taker.member.limit))
    return None


def _size(pull: Pull, taker: Standing, ledger: Ledger) -> int:
    """Give how many items she may get at once: a batch, or what her limit leaves."""
    room = ledger.room(taker.id)
    return pull.batch_size if room is None else min(pull.batch_size, room)


def _next(ledger: Ledger, taker: Standing, view: View, returned: list[Row], size: int) -> list[Row]:
    """Give the items she gets: those free for her in the order of the queue, then what she may have again."""
    task, line = ledger.task, view.fresh
    if returned:
        if task.rules is not None:
            # Rules look at who has an item by now.
            returned = [ledger.as_it_stands(row) for row in returned]
        new = [row for row in returned if ledger.left(row) > 0 and ledger.cell(row, taker.id) is None]
        free = {row.position: row for row in [*view.fresh, *new]}
        line = sorted(free.values(), key=lambda row: (ledger.rank(row), row.position))
    rows = [row for row in line if can_take(task, taker, row, None) is None]
    if has_company(task):
        rows = chosen(ledger, taker.id, rows[: window(size)], view.recent, size)
    rows = rows[:size]
    if len(rows) < size and (returned or view.again):
        rows += _again(ledger, taker, view, returned)
    return rows[:size]


def _again(ledger: Ledger, taker: Standing, view: View, returned: list[Row]) -> list[Row]:
    """Give the items she had and may have again: what went back in its order, then what she skipped, first skipped first."""
    task, found = ledger.task, []
    able = [standing for standing in view.members.values() if ledger.room(standing.id) != 0]
    for row in {row.position: row for row in [*view.again, *returned]}.values():
        cell = ledger.cell(row, taker.id)
        if cell is not None and ledger.left(row) > 0:
            alone = too_few_others(task, taker, row, able, ledger.left(row))
            if can_take(task, taker, row, cell, alone=alone) is None:
                skipped = cell.since if cell.state == "skipped" else None
                found.append(((skipped is not None, skipped, ledger.rank(row), row.position), row))
    return [row for _, row in sorted(found, key=itemgetter(0))]


def _why_nothing(view: View, taker: Standing, ledger: Ledger) -> WhyNoWork:
    """Tell why there is nothing for her, though she could take something."""
    task = ledger.task
    counts = [ledger.counts(assignee) for assignee in view.members]
    open_, done = sum(count[0] for count in counts), sum(count[1] for count in counts)
    left = task.copies - open_ - done
    if not left:
        return AllReserved(open_, view.outlook) if open_ else QueueEmpty(task.items)
    waiting = {row.position: row for row in [*view.again, *view.expired] if ledger.left(row) > 0}
    rows = [ledger.as_it_stands(row) for row in waiting.values()]
    whys = [can_take(task, taker, row, row.cells.get(taker.id)) for row in rows]
    skipped = [row for row, why in zip(rows, whys, strict=True) if isinstance(why, SkippedIt)]
    if skipped:
        stuck = sum(map(ledger.left, skipped)) == left and not _anybody_takes(view, ledger, skipped)
        return OnlySkipped(len(skipped), everybody=stuck)
    lost = sum(isinstance(why, LostIt) for why in whys)
    if lost:
        return OnlyLost(lost)
    return OnlyHers(left) if task.rules is None else NothingForHer(taker.id, left)


def _anybody_takes(view: View, ledger: Ledger, rows: Iterable[Row]) -> bool:
    """Tell whether anybody can take any of these; whoever lost an item can where all others have skipped it."""
    return any(
        can_take(ledger.task, other, row, ledger.cell(row, other.id), alone=True) is None
        for row in rows
        for other in view.members.values()
    )


def stealing(
    task_id: TaskId, assignee: AssigneeId, limit: int | None, stamp: Stamp
) -> tuple[Ask, Decide[Batch]]:
    """Decide what somebody with an empty list takes over from people who never began.

    Half of the open work of the one who holds most, from the end of her order, at most
    *limit*; in a pulling task at most one batch, and only when the queue has nothing for
    her. Those who ever submitted, cleared, skipped, renewed or released anything lose
    nothing.

    Raises, when decided:
        NotFound: there is no such task.
    """
    first = Ask(request=stamp.request, members=None, head=Head(assignee=assignee, fresh=1))

    def decide(view: View) -> Decision[Batch] | Ask:
        task = the_task(view, task_id)
        head = view.ask.head
        if task.rules is not None and head is not None and head.where is None:
            where = task.rules.preselects(assignee)
            return attrs.evolve(view.ask, head=attrs.evolve(head, where=where))
        taker = view.members.get(assignee)
        why = _why_not_steal(task, view, assignee, stamp)
        if why is None and head is not None and head.fresh == len(view.fresh):
            # Rules keep her from what stands ahead: there may be something behind it.
            return attrs.evolve(view.ask, head=attrs.evolve(head, fresh=LOOK_AHEAD * len(view.fresh)))
        if why is not None or taker is None:
            return Decision(result=Batch(task=task.id, assignee=assignee, reason=why))
        donors = [s for s in view.members.values() if s.id != assignee and s.worked_at is None and s.open]
        donors.sort(key=lambda donor: (-donor.open, donor.number))
        if donors and view.ask.held is None:
            return Ask(members=None, held=Held(assignees=tuple(donor.id for donor in donors)))
        ledger = Ledger(view, task, stamp)
        taken = _half(ledger, taker, donors, view, limit)
        if not taken:
            return Decision(result=Batch(task=task.id, assignee=assignee, reason=NobodyToStealFrom(assignee)))
        cell = Cell("open", stamp.at, None, lease_end(task, stamp.at))
        for donor, row in taken:
            ledger.put(row, donor, Cell("returned", stamp.at))
            ledger.put(row, assignee, cell)
        items = tuple(row.item for _, row in taken)
        batch = Batch(task=task.id, assignee=assignee, items=items, until=cell.until)
        more = take_gold_too(ledger, view, poorer(ledger, view))
        return more or ledger.decision("stolen", batch, assignee=assignee)

    return first, once(decide, stamp, "steal", (assignee, limit), Batch)


def _why_not_steal(task: Task, view: View, assignee: AssigneeId, stamp: Stamp) -> WhyNoWork | None:
    """Tell why she may not take anything over, whoever holds what."""
    taker = view.members.get(assignee)
    if taker is None:
        return NotAMember(assignee, task.id)
    if (closed := hands_out(task, stamp.at)) is not None:
        return closed
    if not taker.active:
        return Locked(taker.id, taker.member.state)
    if open_ := taker.open + taker.gold_open:
        return HasOpenWork(taker.id, open_)
    if taker.room(task.items) == 0:
        return AtLimit(taker.id, taker.holds, str(taker.member.limit))
    free = any(can_take(task, taker, row, None) is None for row in view.fresh)
    return QueueHasWork(assignee) if free else None


def _half(
    ledger: Ledger, taker: Standing, donors: list[Standing], view: View, limit: int | None
) -> list[tuple[AssigneeId, Row]]:
    """Give what she takes over: half of what the first donor holds of whom she can take anything."""
    task = ledger.task
    most = [number for number in (limit, taker.room(task.items)) if number is not None]
    most += [] if task.pull is None else [task.pull.batch_size]
    for donor in donors:
        hers = [
            row
            for row in view.rows
            if donor.id in row.cells
            and row.cells[donor.id].state == "open"
            and not task.is_gold(row.position)
        ]
        half = min([-(-len(hers) // 2), *most])
        free = [
            row
            for row in reversed(hers)
            if can_take(task, taker, row.without(donor.id), row.cells.get(taker.id), alone=True) is None
        ]
        if free:
            return [(donor.id, row) for row in reversed(free[:half])]
    return []
