"""A task comes into being.

Holds: the decision to create one, with its items shared out or queued.
Does not hold: planning (see static), reading items (adapters do).
Depends on: codec, errors, events, lifecycle, members, plan, ranks, requests, sampling, task, values.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TypeAlias

import attrs

from distribution.codec import encode
from distribution.errors import Refused
from distribution.events import Cell, Event, Stamp
from distribution.lifecycle import GONE
from distribution.members import Member, Standing
from distribution.plan import Plan
from distribution.ranks import first, rank
from distribution.requests import once
from distribution.sampling import Tally
from distribution.task import (
    AddItems,
    Decide,
    Decision,
    ItemRow,
    PlacementRow,
    PutMembers,
    PutTask,
    Task,
    View,
)
from distribution.values import ItemId, Json

IncomingRow: TypeAlias = tuple[int, ItemId, str | None, str | None, int]
"""Position, id, effort as text (None for 1), attributes as JSON text (None for none), priority."""


@attrs.frozen(kw_only=True)
class Coming:
    """What is known of the items of a new task before they are read."""

    skipped: int = 0
    """How many came twice."""
    shared: frozenset[int] = frozenset()
    """Positions of those that overlap, where they are pulled."""


@attrs.frozen
class _Rows:
    """The rows of the items, computed as often as they are read."""

    items: Iterable[IncomingRow]
    plan: Plan | None
    order: str
    seed: int
    shared: frozenset[int]
    """Positions of the items that overlap, in a pulling task."""
    copies: int
    """Of each of those."""

    def __iter__(self) -> Iterator[ItemRow]:
        if self.plan is not None:
            for (at, item, effort, attributes, priority), (slot, _) in zip(
                self.items, self.plan.rows(), strict=True
            ):
                yield at, item, effort, attributes, rank(slot, priority) if priority else slot, 0
            return
        order, seed = self.order, self.seed
        for at, item, effort, attributes, priority in self.items:
            left = self.copies if at in self.shared else 1
            yield at, item, effort, attributes, rank(first(at, order, item, seed), priority), left


@attrs.frozen
class _Placements:
    """The placements of a plan, computed as often as they are read."""

    items: Iterable[IncomingRow]
    plan: Plan
    cell: Cell

    def __iter__(self) -> Iterator[PlacementRow]:
        cell = self.cell
        for (at, _, _, _, priority), (slot, team) in zip(self.items, self.plan.rows(), strict=True):
            for owner in team:
                yield at, owner, rank(slot, priority) if priority else slot, cell


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
        standings = tuple(
            Standing(member=member, number=number, open=counts.get(member.id, 0))
            for number, member in enumerate(members)
        )
        facts: dict[str, Json] = {"items": task.items, "skipped": coming.skipped}
        if plan is not None:
            facts["counts"] = dict(counts)
            if plan.sizes is not None:
                facts["efforts"] = {name: str(effort) for name, effort in plan.efforts().items()}
        order = "" if task.pull is None else task.pull.order
        placements = () if plan is None else _Placements(items, plan, Cell("open", stamp.at))
        copies = 1 if task.overlap is None else task.overlap.assignees
        facts["copies"] = task.copies
        rows = AddItems(_Rows(items, plan, order, task.seed, coming.shared, copies), placements)
        return Decision(
            changes=(PutTask(task), PutMembers(standings), rows),
            event=Event(what="created", facts=facts),
            stamp=stamp,
            result=task,
        )

    given = encode(attrs.evolve(_asked_for(task), created_at=stamp.at))
    same = {name: value for name, value in dict(given).items() if name != "created_at"}  # type: ignore[arg-type]
    return once(decide, stamp, "create", (same, [encode(member) for member in members]), Task)


def _asked_for(task: Task) -> Task:
    """Give a task without what a draw made of it: drawn again, more may have finished."""
    if task.qa is None:
        return task
    qa = attrs.evolve(task.qa, tally=Tally(per=task.qa.tally.per), version=0)
    return attrs.evolve(task, qa=qa, items=0, positions=0, copies=0, digest="")
