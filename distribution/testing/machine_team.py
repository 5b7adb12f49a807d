"""The rules of the state machine that those follow who run a task.

Holds: items, loads, people and settings that change, undo; what each must do.
Does not hold: those who work (see machine_work), the comparison (see agreement).
Depends on: agreement; apportion, members, outcomes, workload.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import attrs
from hypothesis import strategies as st
from hypothesis.stateful import rule

from distribution.apportion import apportion
from distribution.codec import encode
from distribution.events import Cell
from distribution.filters import EVERYTHING, matches
from distribution.lifecycle import HELD
from distribution.members import Limit
from distribution.outcomes import Changed
from distribution.pull import Pull
from distribution.taking import can_take
from distribution.task import Row, Task
from distribution.testing.agreement import (
    FILTERS,
    ITEMS,
    LEASE,
    NOON,
    PEOPLE,
    Agreement,
    Failed,
    dry,
    numbers,
    people,
    which,
)
from distribution.testing.invariants import Seen
from distribution.workload import Workload

wheres = st.sampled_from(FILTERS)
limits = st.builds(
    Limit, count=st.none() | st.integers(0, 4), percent=st.none() | st.sampled_from([0, 25, 50, 100])
)
workloads = (
    st.lists(st.integers(0, 3), min_size=1, max_size=len(PEOPLE))
    .filter(any)
    .map(lambda weights: Workload.weights(zip(PEOPLE, weights, strict=False)))
)
loads = st.sampled_from([0, 25, 50, "100/3", 100])


class Managing(Agreement):
    """What those do who run tasks."""

    @rule(
        number=numbers,
        bits=st.integers(1, 2 ** len(ITEMS) - 1),
        loads=st.none() | workloads,
        dry=dry,
        request=st.booleans(),
    )
    def add_items(
        self, number: int, bits: int, loads: Workload | None, dry: bool, request: bool  # noqa: FBT001
    ) -> None:  # fmt: skip
        """Add items: new ones, some that are there, some that were removed; sometimes by loads of their own."""
        items = [item for at, item in enumerate(ITEMS) if bits >> at & 1]
        task_id = self.task(number)
        self.change("add_items", task_id, items, workload=loads, dry=dry, **self.by(request))

    @rule(number=numbers, which=which("open", "done", "ended"), dry=dry, request=st.booleans())
    def remove_items(self, number: int, which: tuple[str, int], dry: bool, request: bool) -> None:  # noqa: FBT001
        """Remove items by their names."""
        task_id = self.task(number)
        _, items = self.some(task_id, "ann", which)
        self.change("remove_items", task_id, items, dry=dry, **self.by(request))

    @rule(number=numbers, where=wheres, dry=dry)
    def remove_items_by_filter(self, number: int, where: Any, dry: bool) -> None:  # noqa: FBT001
        """Remove items by a filter: none is left but what has a status."""
        task_id = self.task(number)
        change = self.change("remove_items", task_id, where=where, dry=dry)
        if isinstance(change, Changed):
            left = [
                row
                for row in self.seen(task_id).ordinary()
                if not row.removed and matches(where or EVERYTHING, row.attributes)
            ]
            assert all(any(cell.state == "done" for cell in row.cells.values()) for row in left), left

    @rule(number=numbers, giver=people, taker=people, where=wheres, dry=dry)
    def reassign(self, number: int, giver: str, taker: str, where: Any, dry: bool) -> None:  # noqa: FBT001
        """Give all open work to another."""
        task_id = self.task(number)
        before = self.seen(task_id)
        change = self.change("reassign", task_id, giver, taker, where=where, dry=dry)
        if isinstance(change, Changed):
            kept = {left.item for left in change.refused}
            for row in self.seen(task_id).ordinary():
                cell = row.cells.get(giver)
                if cell is not None and cell.state == "open" and matches(where or EVERYTHING, row.attributes):
                    assert row.item in kept, row
            for key, cell in before.cells().items():
                if cell.state == "done":
                    assert self.seen(task_id).cells()[key] == cell

    @rule(number=numbers, workload=st.none() | workloads, where=wheres, dry=dry, request=st.booleans())
    def redistribute(
        self,
        number: int,
        workload: Workload | None,
        where: Any,
        dry: bool,  # noqa: FBT001
        request: bool,  # noqa: FBT001
    ) -> None:
        """Bring everybody to her share: with the fewest moves, and nothing left to do after it."""
        task_id = self.task(number, "distribution")
        before = self.seen(task_id)
        change = self.change("redistribute", task_id, workload, where=where, dry=dry, **self.by(request))
        if isinstance(change, Changed):
            self._check_moves(before, self.seen(task_id), change, where)
            again = self.call("redistribute", task_id, workload, where=where)
            assert again.event is None, f"redistributing twice moves {again.diff}"

    @rule(number=numbers, source=people, workload=workloads, dry=dry, request=st.booleans())
    def part(
        self, number: int, source: str, workload: Workload, dry: bool, request: bool  # noqa: FBT001
    ) -> None:  # fmt: skip
        """Share out what one has open: nobody else loses anything, and what is done stays."""
        task_id = self.task(number)
        before = self.seen(task_id)
        self.change("redistribute", task_id, workload, source=source, dry=dry, **self.by(request))
        after = self.seen(task_id).cells()
        for key, cell in before.cells().items():
            if cell.state == "done" or (cell.state == "open" and key[1] != source):
                assert after[key] == cell, (key, cell, after[key])

    def _check_moves(self, before: Seen, after: Seen, change: Changed, where: Any) -> None:
        """Compare with the targets, counted from the rows."""
        workload = after.task.workload
        if workload is None:
            # What people hold in a task that is pulled from is shared out once, by loads that are not kept.
            return
        movable = [
            row
            for row in before.ordinary()
            if not row.removed
            and matches(where or EVERYTHING, row.attributes)
            and (row.left or any(cell.state == "open" for cell in row.cells.values()))
        ]
        waiting = sum(row.left for row in movable)
        held = {who: standing.holds for who, standing in before.members.items()}
        free = dict.fromkeys(held, 0)
        for row in movable:
            for who, cell in row.cells.items():
                free[who] += cell.state == "open"
        carries = [
            (who, share)
            for who, share in zip(workload.assignees, workload.shares, strict=True)
            if after.members[who].active
        ]
        names = {row.item for row in before.ordinary()}
        moves = [move for move in change.diff.moves if move.item in names]
        moved = sum(move.source is not None for move in moves)
        if not any(share for _, share in carries):
            assert not moves
            return
        fixed = {who: held.get(who, 0) - free.get(who, 0) for who in after.members}
        total = sum(free.values()) + waiting + sum(fixed[who] for who, _ in carries)
        floors = [fixed[who] for who, _ in carries]
        rooms = {who: _reach(after, who, movable) for who in after.members}
        limits = [_limit(after, who, fixed[who]) for who, _ in carries]
        most = [fixed[who] + rooms[who] for who, _ in carries]
        caps = [top if limit is None else min(limit, top) for limit, top in zip(limits, most, strict=True)]
        room = [cap if share else fixed[who] for (who, share), cap in zip(carries, caps, strict=True)]
        total = min(total, sum(room))
        weights = [share for _, share in carries]
        shares = apportion(weights, total, floors=floors, caps=limits)
        if any(share > cap for share, cap in zip(shares, caps, strict=True)):
            shares = apportion(weights, total, floors=floors, caps=caps)
        targets = fixed | dict(zip((who for who, _ in carries), shares, strict=True))
        held |= dict.fromkeys(after.members.keys() - held.keys(), 0)
        least = sum(max(0, count - targets[who]) for who, count in held.items())
        # Where limits keep people below their shares, what nobody may take stays where it is.
        short = sum(max(0, targets[who] - count) for who, count in held.items())
        needed = min(least, max(0, short - waiting))
        # Where items overlap nobody gets a second copy; rules keep people from some items.
        banned = (
            before.task.overlap is not None
            or before.task.rules is not None
            or any(cell.state not in {"open", "returned"} for row in movable for cell in row.cells.values())
        )
        now = {who: standing.holds for who, standing in after.members.items()}
        if banned:
            # Chains of hands may take more moves than somebody has too much; they lead towards the targets.
            off, was = (sum(abs(side[who] - targets[who]) for who in targets) for side in (now, held))
            assert off <= was + waiting, (change.diff, targets, held)
            return
        assert moved == needed, (change.diff, targets, held)
        if sum(targets.values()) == sum(held.values()) + waiting:
            assert now == targets

    @rule(number=numbers, who=people, load=loads, dry=dry, request=st.booleans())
    def set_load(self, number: int, who: str, load: Any, dry: bool, request: bool) -> None:  # noqa: FBT001
        """Change one load."""
        self.change("set_load", self.task(number, "distribution"), who, load, dry=dry, **self.by(request))

    @rule(number=numbers, who=people, load=st.none() | loads, limit=st.none() | limits, dry=dry)
    def add_assignee(self, number: int, who: str, load: Any, limit: Limit | None, dry: bool) -> None:  # noqa: FBT001
        """Let somebody take part."""
        self.change("add_assignee", self.task(number), who, load=load, limit=limit, dry=dry)

    @rule(
        number=numbers,
        who=people,
        verb=st.sampled_from(["pause", "resume", "remove_assignee", "delete_assignment"]),
        dry=dry,
        request=st.booleans(),
    )
    def turn_assignee(self, number: int, who: str, verb: str, dry: bool, request: bool) -> None:  # noqa: FBT001
        """Let somebody pause, go on, leave, or lose her package; nothing open is left with her."""
        task_id = self.task(number)
        change = self.change(verb, task_id, who, dry=dry, **self.by(request))
        if isinstance(change, Changed) and verb != "resume":
            assert self.seen(task_id).members[who].open == 0

    @rule(number=numbers, who=people, limit=st.none() | limits, dry=dry)
    def set_limit(self, number: int, who: str, limit: Limit | None, dry: bool) -> None:  # noqa: FBT001
        """Set or lift a limit; what anybody has stays hers."""
        task_id = self.task(number)
        before = self.seen(task_id).cells()
        self.change("set_limit", task_id, who, limit, dry=dry)
        after = self.seen(task_id).cells()
        assert all(after[key] == cell for key, cell in before.items() if cell.state in HELD)

    @rule(number=numbers, idle=st.none() | st.sampled_from([timedelta(0), timedelta(minutes=10)]), late=st.booleans(), dry=dry)  # fmt: skip
    def reclaim(self, number: int, idle: timedelta | None, late: bool, dry: bool) -> None:  # noqa: FBT001
        """Take back what lies, *late* after a lease has ended: none that has is left with anybody."""
        task_id = self.task(number, "pulling" if late else "")
        end = self.seen(task_id).outlook
        if late and end is not None:
            self.now = max(self.now, end)
        change = self.change("reclaim", task_id, idle=idle, dry=dry)
        if isinstance(change, Changed):
            ends = [cell.until for cell in self.seen(task_id).cells().values() if cell.until is not None]
            assert all(end > self.now for end in ends), f"leases that ended are left: {ends}"

    @rule(
        number=numbers,
        verb=st.sampled_from(["close_task", "reopen", "delete", "purge"]),
        dry=dry,
        request=st.booleans(),
    )
    def turn_task(self, number: int, verb: str, dry: bool, request: bool) -> None:  # noqa: FBT001
        """Close, reopen, delete, purge, and undo a deletion."""
        task_id = self.task(number)
        self.change(verb, task_id, dry=dry, **self.by(request))
        if verb == "delete" and not request and self.seen(task_id).task.state == "deleted":
            self.change("undo", task_id, max(self.known[task_id]), dry=dry)

    @rule(
        number=numbers,
        settings=st.fixed_dictionaries(
            {},
            optional={
                "name": st.sampled_from(["label cats", "label dogs"]),
                "priority": st.integers(-1, 1),
                "due": st.sampled_from([NOON + timedelta(hours=1), NOON + timedelta(days=9)]),
                "actions": st.sampled_from([["completed"], ("completed", "discard", "fine")]),
                "pull": st.builds(
                    Pull,
                    batch_size=st.integers(1, 2),
                    max_batch_workload=st.integers(2, 4),
                    lease=st.sampled_from([None, LEASE]),
                ),
                "metadata": st.sampled_from([{}, {"k": [1, {"b": None}]}, {"k": True}]),
            },
        ),
        dry=dry,
    )
    def change_settings(self, number: int, settings: dict[str, Any], dry: bool) -> None:  # noqa: FBT001
        """Change settings."""
        task_id = self.task(number)
        if isinstance(self.change("change", task_id, dry=dry, **settings), Changed):
            task = self.seen(task_id).task
            kept = {name: encode(getattr(task, name)) for name in settings}
            assert kept == {name: encode(value) for name, value in settings.items()}

    @rule(number=numbers, back=st.sampled_from([0, 0, 0, 1, 2, 4]), dry=dry, request=st.booleans())
    def undo(self, number: int, back: int, dry: bool, request: bool) -> None:  # noqa: FBT001
        """Undo: of the newest version, everything is as it was before it."""
        task_id = self.task(number)
        newest = max(self.known[task_id])
        version = max(1, newest - back)
        change = self.change("undo", task_id, version, dry=dry, **self.by(request))
        if isinstance(change, Failed) or version != newest:
            return
        before, left, now = self.known[task_id][version - 1], self.known[task_id][version], self.seen(task_id)
        assert _ordinary(now) == _ordinary(before)
        gone = {row.position for row in left.rows if row.position >= before.task.positions}
        removed = {row.position for row in before.rows if row.removed} | gone
        assert {row.position for row in now.rows if row.removed} == removed
        for who, standing in now.members.items():
            if who in before.members:
                assert standing.member == before.members[who].member
            else:
                assert standing.member.state == "removed"
        assert _settings(now.task) == _settings(before.task)


def _reach(after: Seen, who: str, movable: list[Row]) -> int:
    """Count the items of which she has a copy that may move, or can take one, once all of them are given up."""
    rules, count = after.task.rules, 0
    for row in movable:
        cell = row.cells.get(who)
        mine = cell is not None and cell.state == "open"
        open_ = {name for name, other in row.cells.items() if other.state == "open"}
        for name in open_:
            # An undo may have let two of a team hold it: none of them takes it then.
            if rules is None or not any(rules.mates(name, open_)):
                row = row.without(name)  # noqa: PLW2901
        count += mine or can_take(after.task, after.members[who], row, cell, alone=True) is None
    return count


def _limit(seen: Seen, who: str, fixed: int) -> int | None:
    """Tell how many she may hold: her limit, or what stays with her where that is more; None for no limit."""
    limit = seen.members[who].member.limit
    most = None if limit is None else limit.of(seen.task.items)
    return None if most is None else max(most, fixed)


def _ordinary(seen: Seen) -> dict[tuple[int, str], Cell]:
    """Give all placements but gold, which never comes back to where it was not."""
    return {key: cell for key, cell in seen.cells().items() if not seen.task.is_gold(key[0])}


def _settings(task: Task) -> Task:
    """Give a task with its settings alone, counts aside."""
    return attrs.evolve(task, positions=0, items=0, copies=0)
