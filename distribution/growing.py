"""Who gets items that come late: by load, never delivery by delivery.

Holds: the choice of owners for new items, how many copies each of them has.
Does not hold: the decision to add them (see contents), the first split (see static).
Depends on: basis, events, filters, ledger, lifecycle, members, moving, overlap, taking,
task, turns, values, workload.

Items that come later are never apportioned delivery by delivery: single items at
50/30/20 would all go to the first. Whoever is furthest below her share is served, from
what everybody holds, so that adding 30 and then 70 gives what adding 100 gives.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from fractions import Fraction
from itertools import combinations
from math import lcm
from typing import Any

import attrs

from distribution.basis import ByCount, ByEffort, Grouped, Key, Stratified, key_of
from distribution.events import Cell
from distribution.filters import matches
from distribution.ledger import Ledger
from distribution.lifecycle import HELD
from distribution.members import Limit, Standing
from distribution.moving import shared
from distribution.overlap import drawn
from distribution.taking import can_take
from distribution.task import Row, Task, View
from distribution.turns import Turns
from distribution.values import AssigneeId, ItemId, Json
from distribution.workload import Workload

NewItem = tuple[ItemId, str | None, str | None, int]
"""Id, effort as text, attributes as JSON text, priority; of an item on its way in."""


@attrs.define
class _Takers:
    """Those who may be given new items, and how many each holds by now."""

    names: list[AssigneeId]
    shares: list[int]
    held: list[int]
    limits: list[Limit | None]
    items: int
    """In the task by now."""
    before: Sequence[int]
    """What each holds besides, which counts for her limit alone."""

    def next(self, claim: Callable[[int], Any]) -> int:
        """Give the next item to whoever has the largest claim of those below their limits; -1 for nobody.

        Ties go to the earlier. A limit in percent is of the task with this item in it.
        """
        self.items += 1
        able = self.able()
        if not able:
            return -1
        taker = max(able, key=claim)
        self.held[taker] += 1
        return taker

    def able(self) -> list[int]:
        """Name those below their limits."""
        return [at for at, limit in enumerate(self.limits) if limit is None or self._has_room(at, limit)]

    def _has_room(self, at: int, limit: Limit) -> bool:
        most = limit.of(self.items)
        return most is None or self.before[at] + self.held[at] < most


OPEN = Cell("open", datetime(1970, 1, 1, tzinfo=UTC))
"""Stands for what is about to be given; when does not matter."""


def owners_of(
    ledger: Ledger,
    view: View,
    items: Sequence[NewItem],
    copies: Sequence[int],
    to: Workload | None = None,
) -> list[tuple[AssigneeId, ...]]:
    """Choose who gets each new item of a task distributed by load; nobody where nobody may have it.

    With *to* they are shared out by those loads, as if nobody held anything.
    """
    workload = shared(ledger.task) if to is None else to
    pairs = [
        (name, share)
        for name, share in zip(workload.assignees, workload.shares, strict=True)
        if share and ledger.members[name].active
    ]
    if not pairs:
        return [()] * len(items)
    names = [name for name, _ in pairs]
    limits = [ledger.members[name].member.limit for name in names]
    holds, none = [ledger.holds(name) for name in names], [0] * len(names)
    held, before = (holds, none) if to is None else (none, holds)
    takers = _Takers(names, [share for _, share in pairs], held, limits, ledger.task.items, before)
    if ledger.task.overlap is not None or ledger.task.rules is not None:
        rows = [
            Row(position=-1, item=item[0], rank=0, left=count, attributes=_attributes(item[2]))
            for item, count in zip(items, copies, strict=True)
        ]
        standings = [ledger.members[name] for name in names]
        return [
            tuple(names[at] for at in team) for team in _teams(takers, view, rows, (ledger.task, standings))
        ]
    seen = view if to is None else attrs.evolve(view, rows=())
    owners = _CHOICES[type(ledger.task.basis)](takers, ledger.task, seen, items)
    return [() if at < 0 else (names[at],) for at in owners]


def _teams(
    takers: _Takers, view: View, rows: Sequence[Row], who: tuple[Task, Sequence[Standing]]
) -> list[tuple[int, ...]]:
    """Serve whoever is furthest below her share of all copies, and of those who met the others too rarely.

    Beside the deficit, in copies, counts how often she met the others of an item,
    compared with the meetings her share of the overlapped copies makes one expect: who
    never met somebody gains less than one copy by it, so counts stay close to the shares.
    Of reviews, so counts how often she had work of the author.
    """
    place = {name: at for at, name in enumerate(takers.names)}
    shares, weight = takers.shares, sum(takers.shares)
    met = [[0] * len(place) for _ in place]
    meetings = 0
    chosen = []
    task, standings = who
    work = _Work(task, shares)
    for row in _ordinary(view):
        team = [place[who] for who, cell in row.cells.items() if cell.state in HELD and who in place]
        meetings += _meet(met, team)
        work.give(row, team)
    for row in rows:
        takers.items += 1
        team = []
        cells: dict[AssigneeId, Cell] = {}
        able = [at for at in takers.able() if can_take(task, standings[at], row, None) is None]
        total = sum(takers.held) + row.left
        gain = [share * total / weight - held for share, held in zip(shares, takers.held, strict=True)]
        for at, more in work.gains(row, able):
            gain[at] += more
        while len(team) < row.left and able:
            taker = max(able, key=gain.__getitem__)
            team.append(taker)
            takers.held[taker] += 1
            cells[standings[taker].id] = OPEN
            now = attrs.evolve(row, cells=cells)
            able = [at for at in able if at != taker and can_take(task, standings[at], now, None) is None]
            for at in able:
                likely = 2 * meetings * shares[at] * shares[taker] / (weight * weight)
                gain[at] += (likely - met[at][taker]) / (1 + likely)
        meetings += _meet(met, team)
        work.give(row, team)
        chosen.append(tuple(team))
    return chosen


@attrs.define
class _Work:
    """How much of whose work each reviewer had; nothing in a task that reviews none."""

    task: Task
    shares: Sequence[int]
    had: dict[frozenset[str], list[int]] = attrs.field(factory=dict)

    def _of(self, row: Row) -> list[int] | None:
        if self.task.qa is None or self.task.rules is None:
            return None
        author = self.task.rules.marks(row.attributes)[1]
        return self.had.setdefault(author, [0] * len(self.shares))

    def give(self, row: Row, team: Iterable[int]) -> None:
        """Note who has an item."""
        had = self._of(row)
        if had is not None:
            for at in team:
                had[at] += 1

    def gains(self, row: Row, able: Sequence[int]) -> Iterator[tuple[int, float]]:
        """Compare what each had of the author with her share of it; less than one copy either way."""
        had = self._of(row)
        if had is None:
            return
        so_far, weight = sum(had), sum(self.shares[at] for at in able)
        for at in able:
            likely = self.shares[at] * so_far / weight
            yield at, (likely - had[at]) / (1 + likely + had[at])


def _meet(met: list[list[int]], team: Sequence[int]) -> int:
    """Note that people share an item; give how many pairs that are."""
    for one, other in combinations(team, 2):
        met[one][other] += 1
        met[other][one] += 1
    return len(team) * (len(team) - 1) // 2


def copies_of(task: Task, attributes: Sequence[str | None], people: int) -> list[int]:
    """Give how many copies each new item has, from the attributes as JSON text; *people* take part.

    As many overlap as are missing for the share to hold of all items there ever were.
    """
    overlap, start, count = task.overlap, task.positions, len(attributes)
    came = start - (0 if task.gold is None else task.gold.count)
    if overlap is None:
        return [1] * count
    if overlap.everyone:
        return [people] * count
    if overlap.where is not None:
        return [overlap.assignees if matches(overlap.where, _attributes(text)) else 1 for text in attributes]
    more = overlap.of(came + count) - overlap.of(came)
    chosen = set(drawn(task.seed, start, count, more))
    return [overlap.assignees if start + at in chosen else 1 for at in range(count)]


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


def _ordinary(view: View) -> Iterator[Row]:
    """Go through all items but gold, which is extra to what people carry."""
    return (row for row in view.rows if view.task is None or not view.task.is_gold(row.position))


def _held(view: View) -> Iterator[tuple[Row, AssigneeId]]:
    """Go through everything that is open or done."""
    for row in _ordinary(view):
        for holder, cell in row.cells.items():
            if cell.state in {"open", "done"}:
                yield row, holder
