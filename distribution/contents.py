"""Items come into a task and leave it.

Holds: the decisions to add and to remove items.
Does not hold: reading items (adapters do), the first split (see static, creation).
Depends on: basis, decision, errors, events, everybody, filters, growing, handing, ledger,
lifecycle, lone_gold, moving, outcomes, qa, ranks, refusals, requests, rounds, spreading,
task, values, work, workload.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence

import attrs

from distribution.basis import ByCount
from distribution.decision import AddItems, Decide, Decision, ItemRow, PlacementRow
from distribution.errors import InvalidInput, Refused
from distribution.events import Cell, Stamp
from distribution.everybody import for_everybody, give_everything, staying
from distribution.filters import Filter
from distribution.growing import NewItem, copies_of, owners_of
from distribution.handing import lease_end
from distribution.ledger import Ledger
from distribution.lifecycle import PLACEMENT, after
from distribution.lone_gold import poorer, take_gold_too
from distribution.moving import admit
from distribution.outcomes import Changed, Left
from distribution.qa import Qa
from distribution.ranks import first, rank
from distribution.refusals import HasStatus, InTask, NotInTask
from distribution.requests import once
from distribution.rounds import StaysDone, TooOften
from distribution.spreading import spread
from distribution.task import Ask, Held, Row, Task, View, the_task
from distribution.values import AssigneeId, ItemId, Json, TaskId
from distribution.work import check_items
from distribution.workload import Workload


@attrs.frozen
class _Owned:
    """The placements of new items, computed as often as they are read."""

    owners: Sequence[Sequence[int]]
    ranks: Sequence[int]
    start: int
    cell: Cell

    def __iter__(self) -> Iterator[PlacementRow]:
        for at, owners in enumerate(self.owners):
            for owner in owners:
                yield self.start + at, owner, self.ranks[at], self.cell


@attrs.frozen
class _New:
    """The rows of new items, computed as often as they are read."""

    items: Sequence[NewItem]
    left: Sequence[int]
    ranks: Sequence[int]
    start: int

    def __iter__(self) -> Iterator[ItemRow]:
        for at, (item, effort, attributes, _) in enumerate(self.items):
            yield self.start + at, item, effort, attributes, self.ranks[at], self.left[at]


VERB = "add-items"
DRAWN = ("drawn",)
"""What tells a call that draws further: the items do not, drawn again there may be others."""


@attrs.frozen(kw_only=True)
class Arrival:
    """Items on their way into a task, and how they come."""

    items: Sequence[NewItem]
    digest: str = ""
    """Tells them apart from those of another call."""
    twice: Sequence[ItemId] = ()
    """Those that came more than once."""
    drawn: tuple[int, Qa] | None = None
    """They were drawn further for a review: up to which version of the reviewed task it had
    been looked at, and what is remembered from now on."""
    to: Workload | None = None
    """They are shared out by these loads instead of the task's, as if nobody held anything."""
    carried: bool = False
    """A pipeline brings them: what is finished here is opened again."""


def adding_items(task_id: TaskId, arrival: Arrival, stamp: Stamp) -> tuple[Ask, Decide[Changed]]:
    """Decide to take items into a task; into one of reviews only what was drawn.

    Those that are in it already are skipped and named, as are those that come twice;
    those that were removed come back as they were. In a pulling task new items join the
    queue; in a task distributed by load everybody's deficit decides, by number, by effort,
    within the stratum, or by group, as the task was shared out. Nobody is given more than
    her limit; what nobody may have waits, and what waited goes to whom the larger task leaves
    room under a limit in percent. Where items overlap, as many of the new ones do
    as it takes for the share to hold of all; what overlapped goes on doing so.

    Loads that come with them are for these items alone: each is within one item of her
    share of them, and who is new in them joins. What a pipeline brings and is finished here
    is open again, with whoever did it; who takes no part any more makes room for others.

    Runtime: O(items * people); other bases than `ByCount`, and overlap and reviews in a task
    distributed by load, look at the whole task.

    Raises, when decided:
        NotFound: there is no such task.
        Refused: the task reviews another, and they were not drawn, or were drawn while somebody
            else extended the sample.
    """
    ids = tuple(item[0] for item in arrival.items)
    start = Ask(request=stamp.request, members=None, known=ids)

    def decide(view: View) -> Decision[Changed] | Ask:
        task = the_task(view, task_id)
        alone = isinstance(task.basis, ByCount) and task.overlap is None and task.qa is None
        plain = task.pull is not None or alone
        waits = _may_have_room(task, view)
        if waits or ((view.known or not plain) and not (view.ask.items or view.ask.whole)):
            return attrs.evolve(start, items=tuple(sorted(view.known)), whole=not plain, waiting=waits)
        ledger = Ledger(view, task, stamp)
        if task.qa is not None or arrival.drawn is not None:
            _drawn_further(ledger, arrival.drawn)
        if arrival.to is not None:
            admit(ledger, arrival.to, named=arrival.to.assignees)
        fresh = [item for item in arrival.items if item[0] not in view.known]
        _insert(ledger, view, fresh, arrival.to)
        known = {row.item: row for row in view.rows if row.item in view.known}.values()
        back = [row for row in known if row.removed]
        _restore(ledger, back, arrival.to)
        _spread_waiting(ledger, view, known_as=view.known)
        left, again = _stay(ledger, [row for row in known if not row.removed], arrival)
        facts: dict[str, Json] = {"added": len(fresh), "restored": len(back), "skipped": len(left)}
        facts |= {"again": again} if arrival.carried else {}
        return ledger.change("items-added", facts=facts, refused=tuple(left))

    told: tuple[object, ...] = (len(ids), arrival.digest) if arrival.drawn is None else DRAWN
    told += () if arrival.to is None else (arrival.to,)
    return start, once(decide, stamp, VERB, told, Changed)


def _restore(ledger: Ledger, rows: Sequence[Row], to: Workload | None) -> None:
    """Put items back that were removed, and find somebody for them."""
    for row in rows:
        ledger.remove(row, removed=False)
    if for_everybody(ledger.task):
        give_everything(ledger, rows)
    else:
        spread(ledger, [attrs.evolve(row, removed=False) for row in rows], by=to)


def _stay(ledger: Ledger, there: Sequence[Row], arrival: Arrival) -> tuple[list[Left], int]:
    """Leave what is in the task already, or open it again where a pipeline brings it; give what was left, and how many were opened."""
    twice = [Left(item, InTask(item)) for item in arrival.twice]
    if not arrival.carried:
        return [*(Left(row.item, InTask(row.item)) for row in there), *twice], 0
    left = _opened_again(ledger, there)
    return left + twice, len(there) - len(left)


def _opened_again(ledger: Ledger, rows: Sequence[Row]) -> list[Left]:
    """Open what is finished and comes once more; give what stays as it is, with the reason."""
    task, left, others = ledger.task, list[Left](), list[Row]()
    for row in rows:
        why = _why_not_again(task, row)
        if why is not None:
            left.append(Left(row.item, why))
            continue
        ledger.again(row)
        for who, cell in row.cells.items():
            if cell.state == "done":
                verb = "reopen" if ledger.members[who].active else "reject"
                state = after(PLACEMENT, "done", verb, f"item {row.item!r}")
                until = lease_end(task, ledger.stamp.at) if state == "open" else None
                ledger.put(row, who, Cell(state, ledger.stamp.at, None, until))  # type: ignore[arg-type]
        others.append(row)
    spread(ledger, [ledger.as_it_stands(row) for row in others if ledger.left(row)], again=True)
    return left


def _why_not_again(task: Task, row: Row) -> InTask | StaysDone | TooOften | None:
    """Tell why an item that is here and comes once more is not opened again."""
    if not row.complete or task.station is None:
        return InTask(row.item)
    if not task.station.repeatable:
        return StaysDone(row.item)
    if row.round >= task.station.passes:
        return TooOften(row.item, task.station.passes)
    return None


def _drawn_further(ledger: Ledger, drawn: tuple[int, Qa] | None) -> None:
    """Remember what was drawn from by now.

    Raises:
        Refused: nothing was drawn, or it was drawn from meanwhile.
    """
    task = ledger.task
    if drawn is None:
        what = "takes in what is drawn from the work it reviews, and nothing else"
        raise Refused(f"task {task.name!r}", what, "draw further: extend_qa")
    version, qa = drawn
    if task.qa is None or task.qa.version != version:
        raise Refused(f"the sample of task {task.name!r}", "was extended by somebody else", "draw again")
    ledger.task = attrs.evolve(task, qa=qa)


def _insert(ledger: Ledger, view: View, items: Sequence[NewItem], to: Workload | None) -> None:
    """Take in items that never were in the task."""
    if not items:
        return
    task, start = ledger.task, ledger.task.positions
    order = "fifo" if task.pull is None else task.pull.order
    ranks = [rank(first(start + at, order, item[0], task.seed), item[3]) for at, item in enumerate(items)]
    copies = copies_of(task, [item[2] for item in items], len(staying(ledger.members)))
    owned: dict[AssigneeId, list[int]] = {}
    owners: list[tuple[AssigneeId, ...]] = [()] * len(items)
    if task.pull is None:
        active = tuple(who for who, standing in ledger.members.items() if standing.active)
        owners = [active] * len(items)
        if not for_everybody(task):
            owners = owners_of(ledger, view, items, copies, to)
        for at, names in enumerate(owners):
            for name in names:
                owned.setdefault(name, []).append(start + at)
    numbers = [[ledger.members[name].number for name in names] for names in owners]
    left = [count - len(names) for count, names in zip(copies, owners, strict=True)]
    cell = Cell("open", ledger.stamp.at)
    rows = AddItems(_New(items, left, ranks, start), _Owned(numbers, ranks, start, cell))
    ledger.add(rows, len(items), owned, copies=sum(copies))


def removing_items(
    task_id: TaskId, items: Sequence[ItemId] | None, where: Filter | None, stamp: Stamp
) -> tuple[Ask, Decide[Changed]]:
    """Decide to take items out of a task: these, or those a filter names, or with neither all.

    Items with a status stay and are reported. What is open leaves whoever has it; where
    that makes room for somebody under a limit, she gets what waited.

    Raises:
        InvalidInput: both items and a filter are given.

    Raises, when decided:
        NotFound: there is no such task.
    """
    if items is not None and where is not None:
        remedy = "name the items, or give a filter"
        raise InvalidInput(
            subject="what is removed", must="be items or a filter, not both", got=where, remedy=remedy
        )
    ids = None if items is None else check_items(items)
    if ids is None:
        ask = Ask(
            request=stamp.request,
            members=None,
            held=Held(states=("open", "done", "skipped", "returned"), where=where),
            waiting=True,
        )
    else:
        ask = Ask(request=stamp.request, members=None, items=ids)

    def decide(view: View) -> Decision[Changed] | Ask:
        task = the_task(view, task_id)
        chosen = view.ask.items
        if ids is None and view.ask.held is not None:
            chosen = tuple([row.item for row in view.rows if not task.is_gold(row.position)])
        if _may_have_room(task, view):
            return Ask(request=stamp.request, members=None, items=chosen, waiting=True)
        ledger = Ledger(view, task, stamp)
        refused = _take_out(ledger, view, chosen)
        _spread_waiting(ledger, view, known_as=chosen)
        kept = sum(isinstance(left.why, HasStatus) for left in refused)
        facts: dict[str, Json] = {"removed": task.items - ledger.task.items, "kept": kept}
        return take_gold_too(ledger, view, poorer(ledger, view)) or ledger.change(
            "items-removed", facts=facts, refused=tuple(refused)
        )

    return ask, once(decide, stamp, "remove-items", (ids, where), Changed)


def _take_out(ledger: Ledger, view: View, chosen: Iterable[ItemId]) -> list[Left]:
    """Take items out of the task, and from whoever has them open; give those that stay, with the reason."""
    task, refused = ledger.task, list[Left]()
    rows = {row.item: row for row in view.rows}
    for item in chosen:
        row = rows.get(item)
        if row is None or row.removed or task.is_gold(row.position):
            refused.append(Left(item, NotInTask(item)))
        elif finished := sum(cell.state == "done" for cell in row.cells.values()):
            refused.append(Left(item, HasStatus(item, finished)))
        else:
            for holder in [who for who, cell in row.cells.items() if cell.state == "open"]:
                ledger.put(row, holder, None)
            ledger.remove(row)
    return refused


def _may_have_room(task: Task, view: View) -> bool:
    """Tell whether items wait, that the view does not show, for somebody to have room under her limit.

    Who has none takes what comes; so without limits nothing can have changed for what waits.
    """
    if task.pull is not None or for_everybody(task) or _shows_what_waits(view.ask):
        return False
    standings = view.members.values()
    held = sum(standing.holds for standing in standings)
    return held < task.copies and any(standing.member.limit is not None for standing in standings)


def _shows_what_waits(ask: Ask) -> bool:
    filtered = ask.held is not None and ask.held.where is not None
    return ask.whole or (ask.waiting and not filtered)


def _spread_waiting(ledger: Ledger, view: View, *, known_as: Collection[ItemId]) -> None:
    """Let somebody have what waited, where a view was asked for it; *known_as* are others of its items."""
    if view.ask.waiting and _shows_what_waits(view.ask):
        others = set(known_as)
        spread(ledger, [row for row in view.rows if row.left > 0 and row.item not in others], again=True)
