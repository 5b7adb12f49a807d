"""What a decision changes, kept together: placements, the counts that follow, the event.

Holds: the ledger, from which changes and event come out agreeing with each other.
Does not hold: any rule of who gets what.
Depends on: decision, diff, events, lifecycle, members, outcomes, ranks, settings, task,
values.

Copies left, places in the queue and the counts of members all follow from the
placements. They are kept beside them so that no decision counts a million rows; they
change here, with the placement they count, and nowhere else.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from itertools import zip_longest
from typing import TypeVar

import attrs

from distribution.decision import (
    AddItems,
    AddPlacements,
    Change,
    Decision,
    DropPlacements,
    PlacementRow,
    PutItems,
    PutMembers,
    PutPlacements,
    PutRounds,
    PutTask,
)
from distribution.diff import Diff, Move
from distribution.events import Cell, Event, MemberChange, Shift, Stamp, What
from distribution.lifecycle import ENDED, HELD
from distribution.members import Member, Standing
from distribution.outcomes import Changed, Left
from distribution.ranks import ahead, base
from distribution.settings import changed_settings
from distribution.task import Row, Task, View
from distribution.values import AssigneeId, Json

R = TypeVar("R")

SLOTS: Mapping[str, int] = {"open": 0, "done": 1, "skipped": 2, "returned": 3}
"""Where a state is counted."""
GOLD_SLOTS: Mapping[str, int] = {"open": 4, "done": 5, "skipped": 6, "returned": 6}
"""Where it is for gold."""


class Ledger:
    """What is to change, begun from what a view showed.

    A placement that changes twice counts as one change, from the first to the last.
    """

    def __init__(self, view: View, task: Task, stamp: Stamp) -> None:
        self._task = task
        self._came_or_went = 0
        """Items by which the task has grown since `_task`."""
        self._copies = 0
        """Copies by which it has."""
        self.stamp = stamp
        self.version = view.version
        self._was = task
        self.members: dict[AssigneeId, Standing] = dict(view.members)
        """How everybody asked for stands, without what this ledger changes."""
        self._counts: dict[AssigneeId, list[int]] = {}
        self._renamed: dict[AssigneeId, tuple[Member | None, Member]] = {}
        self._worked: set[AssigneeId] = set()
        self._cells: dict[tuple[int, AssigneeId], tuple[Row, Cell | None, Cell | None]] = {}
        self._items: dict[int, list[int]] = {}
        """Position to left, rank, removed; of the items that change."""
        self._removed: dict[int, bool] = {}
        self._more: dict[int, int] = {}
        self._before: dict[tuple[int, AssigneeId], int] = {}
        self._rounds: dict[int, tuple[int, int]] = {}
        """Position to the round before and by now."""
        self._bulk: dict[tuple[AssigneeId, Cell | None, Cell | None], list[int]] = {}
        self._rows: AddItems | None = None

    @property
    def task(self) -> Task:
        """Give the task as it is by now."""
        if self._came_or_went or self._copies:
            # Once for all items that came or went: a task is dear to copy.
            items, copies = self._task.items + self._came_or_went, self._task.copies + self._copies
            self._task = attrs.evolve(self._task, items=items, copies=copies)
            self._came_or_went = self._copies = 0
        return self._task

    @task.setter
    def task(self, task: Task) -> None:
        self._task, self._came_or_went, self._copies = task, 0, 0

    def cell(self, row: Row, assignee: AssigneeId) -> Cell | None:
        """Give how a placement stands by now."""
        known = self._cells.get((row.position, assignee))
        return row.cells.get(assignee) if known is None else known[2]

    def left(self, row: Row) -> int:
        """Give how many copies are left by now."""
        known = self._items.get(row.position)
        return row.left if known is None else known[0]

    def as_it_stands(self, row: Row) -> Row:
        """Give an item with what has changed. O(people)."""
        cells = {who: cell for who in self.members if (cell := self.cell(row, who)) is not None}
        return attrs.evolve(row, cells=cells, left=self.left(row), rank=self.rank(row))

    def rank(self, row: Row) -> int:
        """Give the place in the queue by now."""
        known = self._items.get(row.position)
        return row.rank if known is None else known[1]

    def put(self, row: Row, assignee: AssigneeId, after: Cell | None) -> None:
        """Let a placement stand like this from now on; None for no more."""
        key = (row.position, assignee)
        known = self._cells.get(key)
        if known is None:
            first = before = row.cells.get(assignee)
        else:
            _, first, before = known
        self._cells[key] = (row, first, after)
        was = None if before is None else before.state
        now = None if after is None else after.state
        if was == now:
            return
        counts = self._counts.get(assignee) or self.counts(assignee)
        gold = self._task.gold is not None and row.position in self._task.gold
        slots = GOLD_SLOTS if gold else SLOTS
        if was is not None:
            counts[slots[was]] -= 1
        if now is not None:
            counts[slots[now]] += 1
        had, has = was in HELD, now in HELD
        if gold or (had and has):
            # There is as much gold as people; it stands in no queue.
            return
        item = self._items.get(row.position) or self._item(row)
        item[0] += had - has
        if now in ENDED:
            item[1] = ahead(item[1])
        elif was in ENDED and not self._came_back(row):
            item[1] = base(item[1])

    def before(self, row: Row, assignee: AssigneeId, cell: Cell, following: Row) -> None:
        """Let her have gold, which stands in her order of work just before another item."""
        rank = base(self.rank(following))
        # Equal ranks are in the order of positions.
        self._before[row.position, assignee] = rank - (row.position > following.position)
        self.put(row, assignee, cell)

    def _came_back(self, row: Row) -> bool:
        """Tell whether an item went back from anybody, as it stands by now."""
        cells = [self.cell(row, who) for who in row.cells]
        return any(cell is not None and cell.state in ENDED for cell in cells)

    def keep(self, row: Row, assignee: AssigneeId) -> None:
        """Let a placement stand as it stood before this ledger, and its item where it stood in the queue."""
        self.put(row, assignee, row.cells.get(assignee))
        changes = (self._cells.get((row.position, who)) for who in row.cells)
        if not any(c[1] != c[2] and c[2] is not None and c[2].state in ENDED for c in changes if c):
            self._item(row)[1] = row.rank

    def remove(self, row: Row, *, removed: bool = True) -> None:
        """Take an item out of the task, or put it back."""
        item = self._item(row)
        if bool(item[2]) != removed:
            item[2] = int(removed)
            self._removed[row.position] = removed
            self._came_or_went += -1 if removed else 1
            self._copies += -self.copies(row) if removed else self.copies(row)

    def more(self, row: Row, by: int) -> None:
        """Let an item have so many copies more, or fewer, of those nobody holds."""
        if by:
            self._item(row)[0] += by
            self._more[row.position] = self._more.get(row.position, 0) + by
            self._copies += by

    def again(self, row: Row, by: int = 1) -> None:
        """Let an item be in the task once more, or once less."""
        self._rounds[row.position] = (row.round, row.round + by)

    def copies(self, row: Row) -> int:
        """Give how many copies an item has by now, left or held. O(people)."""
        cells = (self.cell(row, who) for who in {**row.cells, **dict.fromkeys(self.members)})
        return self.left(row) + sum(cell is not None and cell.state in HELD for cell in cells)

    def add(self, rows: AddItems, count: int, owned: Mapping[AssigneeId, list[int]], *, copies: int) -> None:
        """Add items in bulk; *owned* has the positions that go to each assignee at once, open."""
        self._rows = rows
        task = self.task
        self.task = attrs.evolve(
            task,
            items=task.items + count,
            positions=task.positions + count,
            copies=task.copies + copies,
        )
        open_ = Cell("open", self.stamp.at)
        for assignee, positions in owned.items():
            self._bulk[assignee, None, open_] = positions
            self.counts(assignee)[0] += len(positions)

    def worked(self, assignee: AssigneeId) -> None:
        """Note that she did something herself."""
        self._worked.add(assignee)

    def never_worked(self, assignee: AssigneeId) -> bool:
        """Tell whether she never did anything herself."""
        return assignee not in self._worked and self.members[assignee].worked_at is None

    def counts(self, assignee: AssigneeId) -> list[int]:
        """Give her open, done, skipped and lost placements by now; then her open, done and gone gold."""
        counts = self._counts.get(assignee)
        if counts is None:
            standing = self.members[assignee]
            counts = self._counts[assignee] = [
                standing.open,
                standing.done,
                standing.skipped,
                standing.lost,
                standing.gold_open,
                standing.gold_done,
                standing.gold_gone,
            ]
        return counts

    def holds_open(self, assignee: AssigneeId) -> int:
        """Give how many placements she has open by now."""
        counts = self._counts.get(assignee)
        return self.members[assignee].open if counts is None else counts[0]

    def holds(self, assignee: AssigneeId) -> int:
        """Give how many copies she uses up by now."""
        counts = self._counts.get(assignee)
        return self.members[assignee].holds if counts is None else counts[0] + counts[1]

    def room(self, assignee: AssigneeId) -> int | None:
        """Give how many more items her limit leaves her by now; None where she has none."""
        limit = self.members[assignee].member.limit
        most = None if limit is None else limit.of(self.task.items)
        return None if most is None else max(most - self.holds(assignee), 0)

    def member(self, after: Member) -> None:
        """Let a member be like this from now on; a new one gets the next number.

        Numbers come from all members, so all must have been asked for.
        """
        standing = self.members.get(after.id)
        if standing is None:
            self.members[after.id] = Standing(member=after, number=len(self.members))
            self._renamed[after.id] = (None, after)
        elif standing.member != after:
            first = self._renamed.get(after.id, (standing.member, after))[0]
            self._renamed[after.id] = (first, after)
            self.members[after.id] = attrs.evolve(standing, member=after)

    def _item(self, row: Row) -> list[int]:
        item = self._items.get(row.position)
        if item is None:
            item = self._items[row.position] = [row.left, row.rank, int(row.removed)]
        return item

    def event(
        self, what: What, assignee: AssigneeId | None = None, facts: dict[str, Json] | None = None
    ) -> Event | None:
        """Give what happened; None where nothing did."""
        task = self.task
        shifts, settings = self._shifts(), changed_settings(self._was, task)
        members = tuple([MemberChange(*change) for change in self._renamed.values()])
        restored = tuple([position for position, removed in self._removed.items() if not removed])
        removed = tuple([position for position, removed in self._removed.items() if removed])
        came = (self._was.positions, task.positions)
        grown = came[0] != came[1]
        copies = tuple([(position, by) for position, by in self._more.items() if by])
        rounds = tuple([(position, after - before) for position, (before, after) in self._rounds.items()])
        changed = shifts or settings or members or self._removed or grown or copies or rounds
        if not (changed or self._worked):
            return None
        return Event(
            what=what,
            assignee=assignee,
            shifts=shifts,
            members=members,
            settings=settings,
            came=came if grown else (),
            restored=restored,
            removed=removed,
            rounds=rounds,
            copies=copies,
            facts=facts or {},
        )

    def _shifts(self) -> tuple[Shift, ...]:
        """Put placements together that changed alike, in the order in which they first did."""
        alike: dict[tuple[AssigneeId, Cell | None, Cell | None], list[int]] = {}
        last_assignee, last_before, last_after = "", None, None
        positions: list[int] = []
        for (position, assignee), (_, before, after) in self._cells.items():
            # Neighbours mostly share their cells; hashing two of them costs more than all the rest.
            if before is not last_before or after is not last_after or assignee != last_assignee:
                if before is after or (before is not None and before == after):
                    continue
                last_assignee, last_before, last_after = assignee, before, after
                positions = alike.setdefault((assignee, before, after), [])
            positions.append(position)
        return tuple([Shift(*key, tuple(found)) for key, found in [*alike.items(), *self._bulk.items()]])

    def diff(self) -> Diff:
        """Give the work that changes hands, item by item; what is new in bulk is not in it."""
        hands: dict[int, tuple[Row, list[AssigneeId], list[AssigneeId]]] = {}
        for (position, assignee), (row, before, after) in self._cells.items():
            had = before is not None and before.state in HELD
            has = after is not None and after.state in HELD
            if had != has:
                _, sources, targets = hands.setdefault(position, (row, [], []))
                (sources if had else targets).append(assignee)
        moves = [
            Move(row.item, source, target)
            for row, sources, targets in hands.values()
            for source, target in zip_longest(sources, targets)
        ]
        return Diff(tuple(moves))

    def changes(self) -> tuple[Change, ...]:
        """Give the rows to write."""
        changes: list[Change] = []
        if self.task is not self._was:
            changes.append(PutTask(self.task))
        if standings := self._standings():
            changes.append(PutMembers(standings))
        if self._rows is not None:
            changes.append(self._rows)
        if self._items:
            rows = [(left, rank, bool(gone), at) for at, (left, rank, gone) in self._items.items()]
            changes.append(PutItems(rows))
        if self._rounds:
            changes.append(PutRounds([(at, now) for at, (_, now) in self._rounds.items()]))
        add: list[PlacementRow] = []
        put: list[tuple[int, int, Cell]] = []
        drop: list[tuple[int, int]] = []
        placed = self._before
        for (position, assignee), (row, before, after) in self._cells.items():
            number = self.members[assignee].number
            if after is None:
                if before is not None:
                    drop.append((position, number))
            elif before is not None:
                put.append((position, number, after))
            else:
                place = placed.get((position, assignee)) if placed else None
                add.append((position, number, base(row.rank) if place is None else place, after))
        changes += [DropPlacements(drop)] if drop else []
        changes += [PutPlacements(put)] if put else []
        changes += [AddPlacements(add)] if add else []
        return tuple(changes)

    def _standings(self) -> tuple[Standing, ...]:
        """Give how those stand whom anything changed for."""
        changed = dict.fromkeys([*self._renamed, *self._counts, *self._worked])
        standings = []
        for assignee in changed:
            standing = self.members[assignee]
            open_, done, skipped, lost, gold_open, gold_done, gold_gone = self.counts(assignee)
            standings.append(
                Standing(
                    member=standing.member,
                    number=standing.number,
                    open=open_,
                    done=done,
                    skipped=skipped,
                    lost=lost,
                    gold_open=gold_open,
                    gold_done=gold_done,
                    gold_gone=gold_gone,
                    worked_at=self._later(standing.worked_at)
                    if assignee in self._worked
                    else standing.worked_at,
                )
            )
        return tuple(standings)

    def _later(self, before: datetime | None) -> datetime:
        """Give the moment of now, unless a clock went back."""
        return self.stamp.at if before is None else max(before, self.stamp.at)

    def change(
        self,
        what: What,
        *,
        assignee: AssigneeId | None = None,
        facts: dict[str, Json] | None = None,
        refused: tuple[Left, ...] = (),
    ) -> Decision[Changed]:
        """Close the ledger with an answer that tells all it changes."""
        event = self.event(what, assignee, facts)
        version = self.version + (event is not None)
        result = Changed(event=event, diff=self.diff(), refused=refused, version=version)
        if event is None:
            return Decision(result=result)
        return Decision(changes=self.changes(), event=event, stamp=self.stamp, result=result)

    def decision(
        self,
        what: What,
        result: R,
        *,
        assignee: AssigneeId | None = None,
        facts: dict[str, Json] | None = None,
    ) -> Decision[R]:
        """Close the ledger."""
        event = self.event(what, assignee, facts)
        if event is None:
            return Decision(result=result)
        return Decision(changes=self.changes(), event=event, stamp=self.stamp, result=result)
