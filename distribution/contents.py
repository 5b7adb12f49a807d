"""Items come into a task and leave it.

Holds: the decisions to add and to remove items.
Does not hold: reading items (adapters do), the first split (see static, creation).
Depends on: basis, errors, events, ledger, outcomes, refusals, requests, spreading, task,
turns, values.

Items that come later are never apportioned delivery by delivery: single items at
50/30/20 would all go to the first. Whoever is furthest below her share is served, from
what everybody holds, so that adding 30 and then 70 gives what adding 100 gives.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction

import attrs

from distribution.basis import ByCount, ByEffort, Grouped, Key, Stratified, key_of
from distribution.events import Cell, Stamp
from distribution.filters import Filter
from distribution.ledger import Ledger
from distribution.moving import shared
from distribution.outcomes import Changed, Left
from distribution.ranks import first, rank
from distribution.refusals import HasStatus, InTask, NotInTask
from distribution.requests import once
from distribution.spreading import spread
from distribution.task import (
    AddItems,
    Ask,
    Decide,
    Decision,
    Held,
    ItemRow,
    PlacementRow,
    Row,
    Task,
    View,
    the_task,
)
from distribution.turns import Turns
from distribution.values import AssigneeId, ItemId, Json, TaskId
from distribution.work import check_items

NewItem = tuple[ItemId, str | None, str | None, int]
"""Id, effort as text, attributes as JSON text, priority; of an item on its way in."""


@attrs.frozen
class _Owned:
    """The placements of new items, computed as often as they are read."""

    owners: Sequence[int]
    ranks: Sequence[int]
    start: int
    cell: Cell

    def __iter__(self) -> Iterator[PlacementRow]:
        for at, owner in enumerate(self.owners):
            if owner >= 0:
                yield self.start + at, owner, self.ranks[at], self.cell


@attrs.frozen
class _New:
    """The rows of new items, computed as often as they are read."""

    items: Sequence[NewItem]
    owners: Sequence[int]
    ranks: Sequence[int]
    start: int

    def __iter__(self) -> Iterator[ItemRow]:
        for at, (item, effort, attributes, _) in enumerate(self.items):
            left = 0 if self.owners and self.owners[at] >= 0 else 1
            yield self.start + at, item, effort, attributes, self.ranks[at], left


def adding_items(
    task_id: TaskId, items: Sequence[NewItem], stamp: Stamp, digest: str = ""
) -> tuple[Ask, Decide[Changed]]:
    """Decide to take items into a task.

    Those that are in it already are skipped and named; those that were removed come back
    as they were. In a pulling task new items join the queue; in a task distributed by
    load everybody's deficit decides, by number, by effort, within the stratum, or by
    group, as the task was shared out.

    Runtime: O(items * people); other bases than `ByCount` look at the whole task.

    Raises, when decided:
        NotFound: there is no such task.
    """
    ids = tuple(item[0] for item in items)
    start = Ask(request=stamp.request, members=None, known=ids)

    def decide(view: View) -> Decision[Changed] | Ask:
        task = the_task(view, task_id)
        plain = task.pull is not None or isinstance(task.basis, ByCount)
        if (view.known or not plain) and not (view.ask.items or view.ask.whole):
            return attrs.evolve(start, items=tuple(sorted(view.known)), whole=not plain)
        ledger = Ledger(view, task, stamp)
        fresh = [item for item in items if item[0] not in view.known]
        _insert(ledger, view, fresh)
        known = {row.item: row for row in view.rows if row.item in view.known}
        back = [row for row in known.values() if row.removed]
        for row in back:
            ledger.remove(row, removed=False)
        spread(ledger, [attrs.evolve(row, removed=False) for row in back])
        twice = sum(not row.removed for row in known.values())
        facts: dict[str, Json] = {"added": len(fresh), "restored": len(back), "skipped": twice}
        refused = tuple(Left(row.item, InTask(row.item)) for row in known.values() if not row.removed)
        return ledger.change("items-added", facts=facts, refused=refused)

    return start, once(decide, stamp, "add-items", (len(ids), digest), Changed)


def _insert(ledger: Ledger, view: View, items: Sequence[NewItem]) -> None:
    """Take in items that never were in the task."""
    if not items:
        return
    task, start = ledger.task, ledger.task.positions
    order = "fifo" if task.pull is None else task.pull.order
    ranks = [rank(first(start + at, order, item[0], task.seed), item[3]) for at, item in enumerate(items)]
    numbers: list[int] = []
    owned: dict[AssigneeId, list[int]] = {}
    if task.pull is None:
        names = _owners(ledger, view, items)
        for at, name in enumerate(names):
            if name is not None:
                owned.setdefault(name, []).append(start + at)
        numbers = [-1 if name is None else ledger.members[name].number for name in names]
    cell = Cell("open", ledger.stamp.at)
    rows = AddItems(_New(items, numbers, ranks, start), _Owned(numbers, ranks, start, cell))
    ledger.add(rows, len(items), owned)


def _owners(ledger: Ledger, view: View, items: Sequence[NewItem]) -> list[AssigneeId | None]:
    """Choose who gets each new item of a task distributed by load."""
    workload = shared(ledger.task)
    pairs = [
        (name, share)
        for name, share in zip(workload.assignees, workload.shares, strict=True)
        if share and ledger.members[name].active
    ]
    if not pairs:
        return [None] * len(items)
    names = [name for name, _ in pairs]
    shares = [share for _, share in pairs]
    chosen = _CHOICES[type(ledger.task.basis)](ledger, view, items, names, shares)
    return [names[at] for at in chosen]


def _by_count(
    ledger: Ledger, _view: View, items: Sequence[NewItem], names: list[AssigneeId], shares: list[int]
) -> list[int]:
    """Serve whoever is furthest below her share of the number of items."""
    turns = attrs.evolve(Turns.start(shares), counts=[ledger.holds(name) for name in names])
    return turns.take(len(items))[1]


def _by_effort(
    _ledger: Ledger, view: View, items: Sequence[NewItem], names: list[AssigneeId], shares: list[int]
) -> list[int]:
    """Serve whoever is furthest below her share of the effort."""
    sums = dict.fromkeys(names, Fraction(0))
    for row, holder in _held(view):
        if holder in sums:
            sums[holder] += Fraction(row.effort)
    return _greedy([Fraction(item[1] or 1) for item in items], [sums[name] for name in names], shares)


def _greedy(sizes: Sequence[Fraction], sums: list[Fraction], shares: list[int]) -> list[int]:
    """Give each size to whoever would be furthest below her share; ties to the earlier."""
    total, weight, chosen = sum(sums, Fraction(0)), sum(shares), []
    for size in sizes:
        total += size
        at = max(range(len(sums)), key=lambda i: shares[i] * total - sums[i] * weight)
        sums[at] += size
        chosen.append(at)
    return chosen


def _by_stratum(
    ledger: Ledger, view: View, items: Sequence[NewItem], names: list[AssigneeId], shares: list[int]
) -> list[int]:
    """Serve whoever is furthest below her share of the stratum; between equals, of the whole."""
    path = _path(ledger.task)
    place = {name: at for at, name in enumerate(names)}
    strata: dict[Key, list[int]] = {}
    whole = [ledger.holds(name) for name in names]
    for row, holder in _held(view):
        if holder in place:
            strata.setdefault(key_of(row.attributes, path), [0] * len(names))[place[holder]] += 1
    weight, chosen = sum(shares), []
    for _, _, attributes, _ in items:
        counts = strata.setdefault(key_of(_attributes(attributes), path), [0] * len(names))
        inside, all_ = sum(counts) + 1, sum(whole) + 1
        at = max(
            range(len(names)),
            key=lambda i: (
                shares[i] * inside - counts[i] * weight,
                shares[i] * all_ - whole[i] * weight,
            ),
        )
        counts[at] += 1
        whole[at] += 1
        chosen.append(at)
    return chosen


def _by_group(
    ledger: Ledger, view: View, items: Sequence[NewItem], names: list[AssigneeId], shares: list[int]
) -> list[int]:
    """Let an item join its group; a new group goes to whoever is furthest below her share."""
    path = _path(ledger.task)
    place = {name: at for at, name in enumerate(names)}
    home: dict[Key, int] = {}
    for row, holder in _held(view):
        if holder in place:
            home.setdefault(key_of(row.attributes, path), place[holder])
    counts, weight, chosen = [ledger.holds(name) for name in names], sum(shares), []
    for _, _, attributes, _ in items:
        key = key_of(_attributes(attributes), path)
        total = sum(counts) + 1
        at = home.get(key, -1) if key[0] != "null" else -1
        if at < 0:
            at = max(range(len(names)), key=lambda i: shares[i] * total - counts[i] * weight)
        home.setdefault(key, at)
        counts[at] += 1
        chosen.append(at)
    return chosen


_CHOICES: dict[type, Callable[..., list[int]]] = {
    ByCount: _by_count,
    ByEffort: _by_effort,
    Stratified: _by_stratum,
    Grouped: _by_group,
}


def _path(task: Task) -> str:
    """Give the path of the attribute that names a stratum or group."""
    return task.basis.key if isinstance(task.basis, (Stratified, Grouped)) else ""


def _attributes(text: str | None) -> Mapping[str, Json]:
    found: Mapping[str, Json] = json.loads(text) if text else {}
    return found


def _held(view: View) -> Iterator[tuple[Row, AssigneeId]]:
    """Go through everything that is open or done."""
    for row in view.rows:
        for holder, cell in row.cells.items():
            if cell.state in {"open", "done"}:
                yield row, holder


def removing_items(
    task_id: TaskId, items: Sequence[ItemId] | None, where: Filter | None, stamp: Stamp
) -> tuple[Ask, Decide[Changed]]:
    """Decide to take items out of a task: these, or those a filter names.

    Items with a status stay and are reported. What is open leaves whoever has it.

    Raises, when decided:
        NotFound: there is no such task.
    """
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

    def decide(view: View) -> Decision[Changed]:
        task = the_task(view, task_id)
        ledger = Ledger(view, task, stamp)
        rows = {row.item: row for row in view.rows}
        refused: list[Left] = []
        done = 0
        for item in rows if ids is None else ids:
            row = rows.get(item)
            if row is None or row.removed:
                refused.append(Left(item, NotInTask(item)))
                continue
            finished = sum(cell.state == "done" for cell in row.cells.values())
            if finished:
                refused.append(Left(item, HasStatus(item, finished)))
                done += 1
                continue
            for holder in [who for who, cell in row.cells.items() if cell.state == "open"]:
                ledger.put(row, holder, None)
            ledger.remove(row)
        facts: dict[str, Json] = {"removed": task.items - ledger.task.items, "kept": done}
        return ledger.change("items-removed", facts=facts, refused=tuple(refused))

    return ask, once(decide, stamp, "remove-items", (ids, where), Changed)
