"""What the store in memory keeps of a task: rows loaded for a decision, changes applied.

Plain lists and dicts, written to be read: the reference for every other store.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from itertools import islice
from typing import Any

import attrs
from sortedcontainers import SortedDict, SortedList

from distribution.decision import (
    AddItems,
    AddPlacements,
    Change,
    DropPlacements,
    Purge,
    PutItems,
    PutMembers,
    PutPlacements,
    PutRounds,
)
from distribution.events import Cell, Entry
from distribution.filters import EVERYTHING, Filter, matches
from distribution.lifecycle import ENDED
from distribution.line import Line
from distribution.members import Standing
from distribution.ports import Page, Placement
from distribution.ranks import base
from distribution.task import EXPIRED_LIMIT, Ask, Held, Row, Task
from distribution.values import AssigneeId, ItemId, Json


@attrs.define
class KeptItem:
    """One item and who has or had it."""

    item: ItemId
    effort: str
    attributes: Mapping[str, Json]
    rank: int
    left: int
    removed: bool = False
    round: int = 1
    cells: dict[AssigneeId, Cell] = attrs.field(factory=dict)
    ranks: dict[AssigneeId, int] = attrs.field(factory=dict)
    """Of placements that stand elsewhere in her order of work than the item in the queue."""

    def rank_of(self, assignee: AssigneeId) -> int:
        """Give the place of a placement in its assignee's order of work."""
        return self.ranks.get(assignee, base(self.rank))


@attrs.define
class Kept:
    """All that is kept of one task."""

    key: int
    task: Task
    history: list[Entry] = attrs.field(factory=list)
    requests: dict[str, Entry] = attrs.field(factory=dict)
    members: dict[AssigneeId, Standing] = attrs.field(factory=dict)
    names: list[AssigneeId] = attrs.field(factory=list)
    """By number."""
    items: list[KeptItem] = attrs.field(factory=list)
    """By position."""
    index: dict[ItemId, int] = attrs.field(factory=dict)
    line: Line = attrs.field(factory=Line)
    """Items with copies left, in the order of the queue."""
    work: dict[AssigneeId, SortedDict[tuple[int, int], None]] = attrs.field(factory=dict)
    """Of each assignee: (rank, position) of every placement."""
    leases: SortedList[tuple[datetime, int, AssigneeId]] = attrs.field(factory=SortedList)
    """End, position, assignee of every open placement with a lease."""


def start_of(page: Page) -> int:
    """Give the first position of a page."""
    return 0 if page.after is None else max(page.after + 1, 0)


def row_of(kept: Kept, position: int, *, cells: bool = True) -> Row:
    """Give an item as a decision sees it."""
    item = kept.items[position]
    return Row(
        position=position,
        item=item.item,
        rank=item.rank,
        left=item.left,
        removed=item.removed,
        round=item.round,
        cells=_cells(kept, item) if cells else {},
        effort=item.effort,
        attributes=item.attributes,
    )


def _fresh(kept: Kept, assignee: AssigneeId, count: int, where: Filter | None) -> list[Row]:
    """Load what she never had from the head of the queue; whole where a filter says which."""
    if where is None:
        return [row_of(kept, position, cells=False) for position in kept.line.fresh(assignee, count)]
    look, found, seen = count, [], 0
    while True:
        line = kept.line.fresh(assignee, look)
        found += [at for at in line[seen:] if matches(where, kept.items[at].attributes)]
        if len(found) >= count or len(line) < look:
            return [row_of(kept, position) for position in found[:count]]
        seen, look = look, 4 * look


def _cells(kept: Kept, item: KeptItem) -> dict[AssigneeId, Cell]:
    """Give who has or had an item, in the order of the team."""
    if len(item.cells) < 2:
        return dict(item.cells)
    return {who: item.cells[who] for who in sorted(item.cells, key=lambda who: kept.members[who].number)}


def head_of(kept: Kept, ask: Ask) -> tuple[list[Row], list[Row], list[Row]]:
    """Load the head of the queue for one assignee, what she may have again, and what she got last."""
    head = ask.head
    if head is None or kept.task.pull is None:
        return [], [], []
    count = kept.task.pull.batch_size if head.fresh is None else head.fresh
    fresh = _fresh(kept, head.assignee, count, head.where)
    again = []
    if head.again:
        for _, position in kept.work.get(head.assignee, ()):
            item = kept.items[position]
            ended = item.cells[head.assignee].state in ENDED
            if item.left > 0 and not item.removed and ended:
                again.append(row_of(kept, position))
    last = islice(reversed(kept.work.get(head.assignee, ())), head.recent)
    return fresh, again, [row_of(kept, position) for _, position in last]


def expired_of(kept: Kept, ask: Ask) -> list[Row]:
    """Load items whose lease has ended, each once, the first to end first."""
    found: dict[int, None] = {}
    if ask.expired is not None:
        for until, position, _ in kept.leases:
            if until > ask.expired or len(found) == EXPIRED_LIMIT:
                break
            found[position] = None
    return [row_of(kept, position) for position in found]


def gold_of(kept: Kept, ask: Ask) -> list[Row]:
    """Load the gold that she never had."""
    gold = kept.task.gold
    if ask.gold is None or gold is None:
        return []
    line = range(gold.start, min(gold.start + gold.count, len(kept.items)))
    return [
        row_of(kept, at) for at in line if ask.gold not in kept.items[at].cells and not kept.items[at].removed
    ]


def rows_of(kept: Kept, ask: Ask) -> list[Row]:
    """Load the items that are named in one way or another."""
    found = {kept.index[item] for item in ask.items if item in kept.index}
    found |= {position for position in ask.positions if 0 <= position < len(kept.items)}
    if ask.held is not None or ask.waiting or ask.whole:
        where = (ask.held.where if ask.held else None) or EVERYTHING
        for position, item in enumerate(kept.items):
            wanted = ask.whole or (ask.waiting and item.left > 0) or _is_held(item, ask.held)
            if wanted and not item.removed and (ask.whole or matches(where, item.attributes)):
                found.add(position)
    return sorted((row_of(kept, position) for position in found), key=lambda row: (row.rank, row.position))


def _is_held(item: KeptItem, held: Held | None) -> bool:
    return held is not None and any(
        cell.state in held.states and (held.assignees is None or who in held.assignees)
        for who, cell in item.cells.items()
    )


def listed(kept: Kept, page: Page, assignee: AssigneeId | None, item: ItemId | None) -> Iterator[Placement]:
    """Go through placements, in the order of pages."""
    if item is not None:
        positions: Iterable[int] = [kept.index[item]] if item in kept.index else []
    elif assignee is not None:
        line = kept.work.get(assignee, SortedDict())
        after = None if page.after is None else (page.after, len(kept.items))
        for _, position in line.irange(after):
            yield _placement(kept, position, assignee)
        return
    else:
        positions = range(start_of(page), len(kept.items))
    for position in positions:
        for who in _cells(kept, kept.items[position]):
            yield _placement(kept, position, who)


def _placement(kept: Kept, position: int, assignee: AssigneeId) -> Placement:
    item = kept.items[position]
    return Placement(
        item=item.item,
        position=position,
        assignee=assignee,
        rank=item.rank_of(assignee),
        cell=item.cells[assignee],
        effort=item.effort,
        attributes=dict(item.attributes),
    )


def gone_through(change: Change) -> Change:
    """Read what a change computes on the way, where it may still fail."""
    if isinstance(change, AddItems):
        return AddItems(list(change.items), list(change.placements))
    return change


def _put_members(kept: Kept, change: PutMembers) -> None:
    for standing in change.standings:
        if standing.id not in kept.members:
            kept.names.append(standing.id)
        kept.members[standing.id] = standing


def _add(kept: Kept, change: AddItems) -> None:
    rows = list(change.items)
    for position, item, effort, attributes, rank, left in rows:
        kept.index[item] = position
        kept.items.append(
            KeptItem(item, effort or "1", json.loads(attributes) if attributes else {}, rank, left)
        )
    kept.line.extend((position, rank, left) for position, _, _, _, rank, left in rows)
    _add_placements(kept, AddPlacements(list(change.placements)))


def _put_items(kept: Kept, change: PutItems) -> None:
    for left, rank, removed, position in change.rows:
        item = kept.items[position]
        item.left, item.rank, item.removed = left, rank, removed
        kept.line.put(position, 0 if removed else left, rank)


def _put_rounds(kept: Kept, change: PutRounds) -> None:
    for position, number in change.rows:
        kept.items[position].round = number


def _add_placements(kept: Kept, change: AddPlacements) -> None:
    for position, number, rank, cell in change.rows:
        assignee = kept.names[number]
        item = kept.items[position]
        item.cells[assignee] = cell
        if rank != base(item.rank):
            item.ranks[assignee] = rank
        kept.line.had(assignee, position)
        kept.work.setdefault(assignee, SortedDict())[rank, position] = None
        if cell.until is not None:
            kept.leases.add((cell.until, position, assignee))


def _put_placements(kept: Kept, change: PutPlacements) -> None:
    for position, number, cell in change.rows:
        assignee, cells = kept.names[number], kept.items[position].cells
        old = cells[assignee]
        if old.until is not None:
            kept.leases.discard((old.until, position, assignee))
        if cell.until is not None:
            kept.leases.add((cell.until, position, assignee))
        cells[assignee] = cell


def _drop(kept: Kept, change: DropPlacements) -> None:
    for position, number in change.rows:
        assignee, item = kept.names[number], kept.items[position]
        old = item.cells.pop(assignee)
        if old.until is not None:
            kept.leases.discard((old.until, position, assignee))
        del kept.work[assignee][item.rank_of(assignee), position]
        item.ranks.pop(assignee, None)
        kept.line.forgot(assignee, position)


def _purge(kept: Kept, _change: object) -> None:
    empty = Kept(kept.key, kept.task)
    for name in ("members", "names", "items", "index", "line", "work", "leases"):
        setattr(kept, name, getattr(empty, name))


APPLY: Mapping[type, Callable[[Kept, Any], None]] = {
    PutMembers: _put_members,
    AddItems: _add,
    PutItems: _put_items,
    PutRounds: _put_rounds,
    AddPlacements: _add_placements,
    PutPlacements: _put_placements,
    DropPlacements: _drop,
    Purge: _purge,
}
