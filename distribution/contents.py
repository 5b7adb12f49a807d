"""Items come into a task and leave it.

Holds: the decisions to add and to remove items.
Does not hold: reading items (adapters do), the first split (see static, creation).
Depends on: basis, events, filters, ledger, members, moving, outcomes, ranks, refusals,
requests, spreading, task, turns, values, work.

Items that come later are never apportioned delivery by delivery: single items at
50/30/20 would all go to the first. Whoever is furthest below her share is served, from
what everybody holds, so that adding 30 and then 70 gives what adding 100 gives.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction
from math import lcm
from typing import Any

import attrs

from distribution.basis import ByCount, ByEffort, Grouped, Key, Stratified, key_of
from distribution.events import Cell, Stamp
from distribution.filters import Filter
from distribution.ledger import Ledger
from distribution.members import Limit
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
    task_id: TaskId, items: Sequence[NewItem], stamp: Stamp, digest: str = "", twice: Sequence[ItemId] = ()
) -> tuple[Ask, Decide[Changed]]:
    """Decide to take items into a task.

    Those that are in it already are skipped and named, as are those that come *twice*;
    those that were removed come back as they were. In a pulling task new items join the
    queue; in a task distributed by load everybody's deficit decides, by number, by effort,
    within the stratum, or by group, as the task was shared out. Nobody is given more than
    her limit; what nobody may have waits.

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
        there = [*(row.item for row in known.values() if not row.removed), *twice]
        facts: dict[str, Json] = {"added": len(fresh), "restored": len(back), "skipped": len(there)}
        refused = tuple(Left(item, InTask(item)) for item in there)
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


@attrs.define
class _Takers:
    """Those who may be given new items, and how many each holds by now."""

    names: list[AssigneeId]
    shares: list[int]
    held: list[int]
    limits: list[Limit | None]
    items: int
    """In the task by now."""

    def next(self, claim: Callable[[int], Any]) -> int:
        """Give the next item to whoever has the largest claim of those below their limits; -1 for nobody.

        Ties go to the earlier. A limit in percent is of the task with this item in it.
        """
        self.items += 1
        able = [at for at, limit in enumerate(self.limits) if limit is None or self._has_room(at, limit)]
        if not able:
            return -1
        taker = max(able, key=claim)
        self.held[taker] += 1
        return taker

    def _has_room(self, at: int, limit: Limit) -> bool:
        most = limit.of(self.items)
        return most is None or self.held[at] < most


def _owners(ledger: Ledger, view: View, items: Sequence[NewItem]) -> list[AssigneeId | None]:
    """Choose who gets each new item of a task distributed by load; nobody where nobody may have it."""
    workload = shared(ledger.task)
    pairs = [
        (name, share)
        for name, share in zip(workload.assignees, workload.shares, strict=True)
        if share and ledger.members[name].active
    ]
    if not pairs:
        return [None] * len(items)
    names = [name for name, _ in pairs]
    limits = [ledger.members[name].member.limit for name in names]
    held = [ledger.holds(name) for name in names]
    takers = _Takers(names, [share for _, share in pairs], held, limits, ledger.task.items)
    owners: list[AssigneeId | None] = [*names, None]
    return [owners[at] for at in _CHOICES[type(ledger.task.basis)](takers, ledger.task, view, items)]


def _by_count(takers: _Takers, _task: Task, _view: View, items: Sequence[NewItem]) -> list[int]:
    """Serve whoever is furthest below her share of the number of items."""
    shares, held, weight = takers.shares, takers.held, sum(takers.shares)
    if not any(takers.limits):
        return attrs.evolve(Turns.start(shares), counts=held).take(len(items))[1]
    return [takers.next(lambda i: shares[i] * (sum(held) + 1) - held[i] * weight) for _ in items]


def _by_effort(takers: _Takers, _task: Task, view: View, items: Sequence[NewItem]) -> list[int]:
    """Serve whoever is furthest below her share of the effort; items without any are shared out by count."""
    place = {name: at for at, name in enumerate(takers.names)}
    sizes = [Fraction(item[1] or 1) for item in items]
    there = [(place[who], Fraction(row.effort)) for row, who in _held(view) if who in place]
    # Whole numbers compare several times as fast, and as exactly.
    scale = lcm(*{size.denominator for size in sizes}, *{size.denominator for _, size in there})
    sums, free = [0] * len(place), [0] * len(place)
    for at, size in there:
        sums[at] += int(size * scale)
        free[at] += not size
    shares, weight, total, chosen = takers.shares, sum(takers.shares), sum(sums), []
    for size in sizes:
        effort, counts, more = (sums, total, int(size * scale)) if size else (free, sum(free), 1)
        whole = counts + more
        at = takers.next(lambda i, had=effort, of=whole: shares[i] * of - had[i] * weight)  # type: ignore[misc]
        if at >= 0:
            effort[at] += more
            total += more if size else 0
        chosen.append(at)
    return chosen


def _by_stratum(takers: _Takers, task: Task, view: View, items: Sequence[NewItem]) -> list[int]:
    """Serve whoever is furthest below her share of the stratum; between equals, of the whole."""
    path = _path(task)
    place = {name: at for at, name in enumerate(takers.names)}
    strata: dict[Key, list[int]] = {}
    for row, holder in _held(view):
        if holder in place:
            strata.setdefault(key_of(row.attributes, path), [0] * len(place))[place[holder]] += 1
    shares, whole, weight, chosen = takers.shares, takers.held, sum(takers.shares), []
    for _, _, attributes, _ in items:
        counts = strata.setdefault(key_of(_attributes(attributes), path), [0] * len(place))
        of = sum(counts) + 1, sum(whole) + 1

        def claim(i: int, had: list[int] = counts, of: tuple[int, int] = of) -> tuple[int, int]:
            return shares[i] * of[0] - had[i] * weight, shares[i] * of[1] - whole[i] * weight

        at = takers.next(claim)
        if at >= 0:
            counts[at] += 1
        chosen.append(at)
    return chosen


def _by_group(takers: _Takers, task: Task, view: View, items: Sequence[NewItem]) -> list[int]:
    """Let an item join its group; a new group goes to whoever is furthest below her share.

    A group is where its first item is; what is beyond a limit goes on alone.
    """
    path = _path(task)
    place = {name: at for at, name in enumerate(takers.names)}
    home: dict[Key, int] = {}
    for row, holder in sorted(_held(view), key=lambda pair: pair[0].position):
        if holder in place:
            home.setdefault(key_of(row.attributes, path), place[holder])
    shares, held, weight, chosen = takers.shares, takers.held, sum(takers.shares), []
    for _, _, attributes, _ in items:
        key = key_of(_attributes(attributes), path)
        at_home = None if key[0] == "null" else home.get(key)
        of = sum(held) + 1

        def claim(i: int, at_home: int | None = at_home, of: int = of) -> tuple[bool, int]:
            return i == at_home, shares[i] * of - held[i] * weight

        at = takers.next(claim)
        if at >= 0:
            home.setdefault(key, at)
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
