"""A task comes into being.

Holds: the decision to create one, with its items shared out or queued.
Does not hold: planning (see static), reading items (adapters do).
Depends on: codec, decision, errors, events, gold, lifecycle, members, plan, ranks,
requests, task, values.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import TypeAlias

import attrs

from distribution.codec import encode
from distribution.decision import AddItems, Decide, Decision, ItemRow, PlacementRow, PutMembers, PutTask
from distribution.errors import Refused
from distribution.events import Cell, Event, Shift, Stamp
from distribution.gold import due, own_order
from distribution.lifecycle import GONE
from distribution.members import Member, Standing
from distribution.plan import Plan
from distribution.ranks import first, rank
from distribution.requests import once
from distribution.task import Task, View
from distribution.values import ItemId, Json

VERB = "create"

IncomingRow: TypeAlias = tuple[int, ItemId, str | None, str | None, int]
"""Position, id, effort as text (None for 1), attributes as JSON text (None for none), priority."""


@attrs.frozen(kw_only=True)
class Coming:
    """What is known of a new task before its items are read."""

    skipped: int = 0
    """How many came twice."""
    shared: frozenset[int] = frozenset()
    """Positions of those that overlap, where they are pulled."""
    gold: tuple[IncomingRow, ...] = ()
    """Items with known answers; their positions come after all others."""
    told: tuple[object, ...] | None = None
    """What the caller said, by which a repeated call is known; None for the task itself."""


@attrs.frozen
class _Rows:
    """The rows of the items, computed as often as they are read."""

    items: Iterable[IncomingRow]
    plan: Plan | None
    order: str
    seed: int
    coming: Coming
    copies: int
    """Of each item that overlaps."""

    def __iter__(self) -> Iterator[ItemRow]:
        if self.plan is not None:
            for (at, item, effort, attributes, priority), (slot, _) in zip(
                self.items, self.plan.rows(), strict=True
            ):
                yield at, item, effort, attributes, rank(slot, priority) if priority else slot, 0
            yield from self._gold()
            return
        order, seed = self.order, self.seed
        for at, item, effort, attributes, priority in self.items:
            left = self.copies if at in self.coming.shared else 1
            yield at, item, effort, attributes, rank(first(at, order, item, seed), priority), left
        yield from self._gold()

    def _gold(self) -> Iterator[ItemRow]:
        """Yield what stands in no queue: no copy of it is left, and everybody may have one."""
        for at, item, effort, attributes, _ in self.coming.gold:
            yield at, item, effort, attributes, at, 0


@attrs.frozen
class _Placements:
    """The placements of a plan, computed as often as they are read."""

    items: Iterable[IncomingRow]
    plan: Plan
    cell: Cell
    gold: Sequence[Given]

    def __iter__(self) -> Iterator[PlacementRow]:
        cell = self.cell
        wanted = {given.following for given in self.gold}
        ranks: dict[int, int] = {}
        for (at, _, _, _, priority), (slot, team) in zip(self.items, self.plan.rows(), strict=True):
            place = rank(slot, priority) if priority else slot
            if at in wanted:
                ranks[at] = place
            for owner in team:
                yield at, owner, place, cell
        for given in self.gold:
            # Equal ranks are in the order of positions, and those of gold come last.
            yield given.gold, given.owner, ranks[given.following] - 1, cell


@attrs.frozen
class Given:
    """A piece of gold that somebody gets, and before which item it stands in her order of work."""

    gold: int
    owner: int
    following: int


def _given(task: Task, plan: Plan, gold: Sequence[IncomingRow]) -> Iterator[Given]:
    """Give everybody the gold that is due among her items, each once, in an order of her own; see `gold.mixed`."""
    if task.gold is None:
        return
    positions = {row[1]: row[0] for row in gold}
    for owner, assignee in enumerate(plan.assignees):
        left, place = own_order(positions, task.seed, assignee)[::-1], 0
        for following in plan.positions_of(assignee):
            while left and due(task.gold.rule, task.seed, assignee, place):
                yield Given(positions[left.pop()], owner, following)
                place += 1
            if not left:
                break
            place += 1


def creation(
    task: Task,
    members: Sequence[Member],
    items: Iterable[IncomingRow],
    stamp: Stamp,
    *,
    plan: Plan | None = None,
    coming: Coming = Coming(),
) -> Decide[Task]:
    """Decide to create a task whose items are shared out by a plan, or wait to be pulled.

    Members stand in the order of the workload. What is *coming* is known before the
    items are read. Called again under the same request id
    it gives the same answer, also when the task has been deleted since.

    Raises, when decided:
        Refused: there is, or was, another task of that id, or the request id was used
            for another call.
    """

    def decide(view: View) -> Decision[Task]:
        if view.task is not None:
            gone = view.task.state in GONE
            state = f"was {view.task.state} and its history is kept" if gone else "exists"
            raise Refused(f"task {task.id!r}", state, "choose another id")
        counts = {} if plan is None else plan.counts()
        gold = [] if plan is None else list(_given(task, plan, coming.gold))
        golden = Counter(given.owner for given in gold)
        standings = tuple(
            Standing(member=member, number=number, open=counts.get(member.id, 0), gold_open=golden[number])
            for number, member in enumerate(members)
        )
        order = "" if task.pull is None else task.pull.order
        open_ = Cell("open", stamp.at)
        placements = () if plan is None else _Placements(items, plan, open_, gold)
        shifts = tuple(
            Shift(members[owner].id, None, open_, tuple(given.gold for given in gold if given.owner == owner))
            for owner in sorted(golden)
        )
        copies = 1 if task.overlap is None else task.overlap.copies(len(members))
        rows = AddItems(_Rows(items, plan, order, task.seed, coming, copies), placements)
        return Decision(
            changes=(PutTask(task), PutMembers(standings), rows),
            event=Event(what="created", facts=_facts(task, plan, coming), shifts=shifts),
            stamp=stamp,
            result=task,
        )

    told = coming.told
    if told is None:
        same = {name: value for name, value in dict(encode(task)).items() if name != "created_at"}  # type: ignore[arg-type]
        told = (same, [encode(member) for member in members])
    return once(decide, stamp, VERB, told, Task)


def _facts(task: Task, plan: Plan | None, coming: Coming) -> dict[str, Json]:
    """Give what the history says of the creation."""
    facts: dict[str, Json] = {"items": task.items, "skipped": coming.skipped}
    if task.overlap is not None:
        facts["copies"] = task.copies
    if coming.gold:
        facts["gold"] = len(coming.gold)
    if plan is not None:
        facts["counts"] = dict(plan.counts())
        if plan.overlap is not None:
            facts["covered"] = encode(plan.overlap.covered)
        if plan.off_load:
            facts["wanted"] = {off.assignee: off.wanted for off in plan.off_load}
        if plan.sizes is not None:
            facts["efforts"] = {name: str(effort) for name, effort in plan.efforts().items()}
    return facts
