"""What must be so of a task whatever has happened to it; for tests, and for a store in use.

Holds: `invariants`, which looks at one task as it is kept and says what is broken.
Does not hold: what a single call must answer (see machine), what a store must do (see
store_contract).
Depends on: adapters' ports only; events, lifecycle, overview, ranks, replay, static, task, worklist.

Everything is read through the port and counted anew: counts from placements, places in
the queue from the history, the whole state from the events alone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import TypeAlias

import attrs

from distribution.codec import decode, encode
from distribution.events import PULLS, Cell, Entry, Event
from distribution.everybody import staying
from distribution.filters import matches, reach
from distribution.golden import truth_of
from distribution.lifecycle import ENDED, HELD
from distribution.members import Member, Standing
from distribution.overlap import Overlap, drawn
from distribution.overview import as_created
from distribution.plan import Plan
from distribution.ports import Page, TaskStore
from distribution.pull import Pull
from distribution.ranks import ahead, base
from distribution.replay import replay
from distribution.static import distribute
from distribution.task import Ask, Head, Row, Task, View
from distribution.values import AssigneeId, Item, TaskId
from distribution.worklist import pieces

Claim: TypeAlias = tuple[str, object, object]
"""What must be equal, what is found, what it must be."""


@attrs.frozen(kw_only=True)
class Seen:
    """One task, all of it, as of one moment."""

    task: Task
    version: int
    members: Mapping[AssigneeId, Standing] = attrs.field(hash=False)
    rows: Sequence[Row] = attrs.field(hash=False)
    """Every item it ever had, by position."""
    outlook: datetime | None

    def ordinary(self) -> list[Row]:
        """Give all items but gold."""
        return [row for row in self.rows if not self.task.is_gold(row.position)]

    def cells(self) -> dict[tuple[int, AssigneeId], Cell]:
        """Give every placement by position and assignee."""
        return {(row.position, who): cell for row in self.rows for who, cell in row.cells.items()}


def look(store: TaskStore, task_id: TaskId) -> Seen | None:
    """Load all of a task; None where there never was one."""
    while True:
        task = store.read(task_id, Ask()).task
        count = 0 if task is None else task.positions
        view = store.read(task_id, Ask(members=None, positions=tuple(range(count)), outlook=True))
        if view.task is None:
            return None
        if view.task.positions == count:
            rows = sorted(view.rows, key=lambda row: row.position)
            return Seen(
                task=view.task, version=view.version, members=view.members, rows=rows, outlook=view.outlook
            )


def past(store: TaskStore, task_id: TaskId, version: int) -> list[Entry]:
    """Load the history of a task up to a version."""
    entries: list[Entry] = []
    while found := store.history(task_id, Page(after=entries[-1].version if entries else None)):
        entries += found
    return entries[:version]


def invariants(store: TaskStore, task_id: TaskId) -> None:
    """Raise unless all is well with a task, and with what a store tells of it.

    Safe beside others who change the task; what they do meanwhile is not looked at.

    Runtime: O(items * people + history).

    Raises:
        AssertionError: with every sentence that does not hold, what was found, and what should be.
    """
    seen = look(store, task_id)
    if seen is None:
        assert not store.history(task_id, Page()), f"task {task_id!r} has a history and is not there"
        return
    entries = past(store, task_id, seen.version)
    # What follows reads the history, and would stumble over it.
    _hold(seen, _of_history(seen, entries))
    claims: list[Claim] = []
    if seen.task.state != "purged":
        claims += [
            *_of_rows(seen, _copies(seen, entries)),
            *_of_members(seen),
            *_of_queue(seen),
            *_of_replay(seen, entries),
        ]
        claims += [*_of_leases(seen, entries), *_of_pulls(as_created(seen.task, entries), entries)]
        claims += _of_heads(store, seen) if seen.task.pull is not None else []
        claims += [*_of_lists(store, seen), *_of_worklists(store, seen)]
    else:
        claims.append(("nothing is left of a purged task", (len(seen.rows), len(seen.members)), (0, 0)))
    _hold(seen, claims)


def _hold(seen: Seen, claims: Iterable[Claim]) -> None:
    """Raise with everything that is claimed and is not so."""
    broken = [f"{what}: {found} instead of {right}" for what, found, right in claims if found != right]
    assert not broken, f"task {seen.task.id!r} at version {seen.version}: " + "; ".join(broken)


def _of_history(seen: Seen, entries: Sequence[Entry]) -> Iterator[Claim]:
    yield "the history has no gap", [e.version for e in entries], list(range(1, seen.version + 1))
    yield "it is the history of this task", {e.task for e in entries}, {seen.task.id}
    yield (
        "it begins with the creation",
        [e.version for e in entries if e.event.what == "created"],
        [1],
    )
    requests = Counter(e.stamp.request for e in entries if e.stamp.request is not None)
    yield "a request is answered once", [r for r, count in requests.items() if count > 1], []


def _copies(seen: Seen, entries: Sequence[Entry]) -> dict[int, int]:
    """Give how many copies each item has, from how and when it came."""
    overlap = seen.task.overlap
    if overlap is None:
        return {}
    if overlap.everyone:
        here = set(staying(seen.members))
        return {
            row.position: len(here | {who for who, cell in row.cells.items() if cell.state == "done"})
            for row in seen.rows
        }
    found = _at_first(seen, overlap, entries)
    for entry in entries:
        for position, by in entry.event.copies:
            found[position] = found.get(position, 1) + by
    return found


def _at_first(seen: Seen, overlap: Overlap, entries: Sequence[Entry]) -> dict[int, int]:
    """Give how many copies the items had when they came; one where nothing is said."""
    if overlap.where is not None:
        some = [row for row in seen.rows if matches(overlap.where, row.attributes)]
        return {row.position: overlap.assignees for row in some}
    plan = _plan(seen, entries)
    count = entries[0].event.facts["items"]
    deliveries = [
        (0, count if isinstance(count, int) else 0),
        *(e.event.came for e in entries if e.event.came),
    ]
    found: dict[int, int] = {}
    for number, (start, past) in enumerate(deliveries):
        if number == 0 and plan is not None:
            found |= {at: len(team) for at, (_, team) in enumerate(plan.rows())}
        else:
            gold = 0 if seen.task.gold is None or start == 0 else seen.task.gold.count
            more = overlap.of(past - gold) - overlap.of(start - gold)
            found |= dict.fromkeys(drawn(seen.task.seed, start, past - start, more), overlap.assignees)
    return found


def _of_rows(seen: Seen, copies: Mapping[int, int]) -> Iterator[Claim]:
    """Look at the items one by one: nothing lost, nothing doubled."""
    rows, task = seen.rows, seen.task
    yield "no position is lost or doubled", [row.position for row in rows], list(range(task.positions))
    yield "no item is doubled", len({row.item for row in rows}), len(rows)
    others = [row for row in rows if not row.removed and not task.is_gold(row.position)]
    yield "the items are counted", task.items, len(others)
    yield "the copies are counted", task.copies, sum(row.copies for row in others)
    for row in rows:
        held = [who for who, cell in row.cells.items() if cell.state in HELD]
        if task.is_gold(row.position):
            yield f"gold stands in no queue: {row.item!r}", row.left, 0
        elif not (row.removed and task.overlap is not None and task.overlap.everyone):
            yield f"no copy of {row.item!r} is lost or doubled", row.copies, copies.get(row.position, 1)
        if row.removed:
            yield f"nobody holds {row.item!r}, which was removed", held, []
        for who, cell in row.cells.items():
            whose = f"{row.item!r} of {who!r}"
            yield f"{whose} is with somebody of the team", who in seen.members, True
            yield f"only what is done has a status: {whose}", cell.status is not None, cell.state == "done"


def _of_leases(seen: Seen, entries: Sequence[Entry]) -> Iterator[Claim]:
    """Look at the ends of leases: what is open has one if the task gave one when it was handed out."""
    pulls = _pulls(as_created(seen.task, entries).pull, entries)
    given = {pull is not None and pull.lease is not None for pull in pulls}
    for (position, who), cell in seen.cells().items():
        leased, whose = cell.until is not None, f"{seen.rows[position].item!r} of {who!r}"
        if leased or given == {True}:
            yield f"what is open has a lease, and nothing else: {whose}", leased, cell.state == "open"
        if leased:
            yield f"there are leases where the task gives some: {whose}", True in given, True
    rows = seen.rows
    ends = [cell.until for row in rows for cell in row.cells.values() if cell.until is not None]
    yield "the outlook is the first end of a lease", seen.outlook, min(ends, default=None)


def _of_members(seen: Seen) -> Iterator[Claim]:
    """Count everybody's placements."""
    members = seen.members.values()
    yield "the team is numbered", [standing.number for standing in members], list(range(len(members)))
    yield "members are found by their ids", [*seen.members], [standing.id for standing in members]
    counts: dict[AssigneeId, Counter[str]] = {who: Counter() for who in seen.members}
    for row in seen.rows:
        gold = "gold " if seen.task.is_gold(row.position) else ""
        for who, cell in row.cells.items():
            counts.setdefault(who, Counter())[gold + cell.state] += 1
    for standing in members:
        hers = counts[standing.id]
        found_gold = (standing.gold_open, standing.gold_done, standing.gold_gone)
        right_gold = (hers["gold open"], hers["gold done"], hers["gold skipped"] + hers["gold returned"])
        yield f"gold of {standing.id!r} is counted beside", found_gold, right_gold
        found = (standing.open, standing.done, standing.skipped, standing.lost)
        right = tuple(counts[standing.id][state] for state in ("open", "done", "skipped", "returned"))
        yield f"open, done, skipped and lost of {standing.id!r} are counted", found, right
        if not standing.active:
            yield f"{standing.id!r}, who is {standing.member.state}, holds nothing open", right[0], 0


def _of_queue(seen: Seen) -> Iterator[Claim]:
    """Look whether exactly those items stand ahead that somebody gave back, or lost, for good."""
    for row in seen.rows:
        if seen.task.is_gold(row.position):
            continue
        came_back = any(cell.state in ENDED for cell in row.cells.values())
        right = ahead(base(row.rank)) if came_back else base(row.rank)
        yield f"{row.item!r} stands ahead if it came back, and only then", row.rank, right


def _of_replay(seen: Seen, entries: Sequence[Entry]) -> Iterator[Claim]:
    """Play the history from the first event: it must say everything."""
    played = replay(entries, _plan(seen, entries))
    yield "the history gives the placements", played.cells, seen.cells()
    yield "the history gives the positions", played.positions, seen.task.positions
    yield "the history gives what was removed", played.removed, {r.position for r in seen.rows if r.removed}
    rounds = {row.position: row.round for row in seen.rows if row.round != played.rounds.get(row.position, 1)}
    yield "the history gives the rounds", rounds, {}
    members = {who: standing.member for who, standing in seen.members.items()}
    yield "the history gives the members", {who: members.get(who) for who in played.members}, played.members
    settings = {name: encode(getattr(seen.task, name)) for name in played.settings}
    yield "the history gives the settings", settings, played.settings


def _plan(seen: Seen, entries: Sequence[Entry]) -> Plan | None:
    """Make the plan again by which the task was shared out; None where it is pulled from."""
    first, count = as_created(seen.task, entries), entries[0].event.facts["items"]
    if first.workload is None or not isinstance(count, int):
        return None
    items = [Item(row.item, effort=row.effort, attributes=row.attributes) for row in seen.rows[:count]]
    return distribute(
        items,
        first.workload,
        seed=first.seed,
        order=first.order,
        basis=first.basis,
        overlap=first.overlap,
        rules=first.rules,
    )


def _pulls(pull: Pull | None, entries: Iterable[Entry]) -> list[Pull | None]:
    """Give how the task was pulled from as of each entry."""
    found = []
    for entry in entries:
        for setting in entry.event.settings:
            if setting.name == "pull":
                pull = decode(Pull | None, setting.after)
        found.append(pull)
    return found


def _of_pulls(task: Task, entries: Sequence[Entry]) -> Iterator[Claim]:
    """Look at every pull there ever was: nobody came above the cap or her limit through it."""
    held: dict[AssigneeId, Counter[str]] = {}
    members: dict[AssigneeId, Member] = {}
    items = 0
    for entry, pull in zip(entries, _pulls(task.pull, entries), strict=True):
        event, got = entry.event, 0
        items += _more(event)
        members |= {change.after.id: change.after for change in event.members}
        for shift in event.shifts:
            counts = held.setdefault(shift.assignee, Counter())
            gold = sum(task.is_gold(position) for position in shift.positions)
            if shift.before is not None:
                counts[shift.before.state] -= len(shift.positions)
                counts["gold"] -= gold if shift.before.state in HELD else 0
            if shift.after is not None:
                counts[shift.after.state] += len(shift.positions)
                counts["gold"] += gold if shift.after.state in HELD else 0
                got += len(shift.positions) if shift.after.state == "open" else 0
        if event.what in PULLS and event.assignee is not None and pull is not None and got:
            counts, who = held[event.assignee], f"{event.assignee!r} at version {entry.version}"
            yield f"nobody pulls more than a batch: {who}", max(got, pull.batch_size), pull.batch_size
            cap = pull.max_batch_workload
            yield f"nobody pulls beyond the cap: {who}", max(counts["open"], cap), cap
            member = members.get(event.assignee)
            limit = None if member is None or member.limit is None else member.limit.of(items)
            if limit is not None:
                yield f"nobody pulls beyond her limit: {who}", max(counts["open"] + counts["done"] - counts["gold"], limit), limit  # fmt: skip


def _more(event: Event) -> int:
    """Tell by how many items a task grew."""
    created = event.facts.get("items") if event.what == "created" else 0
    came = event.came[1] - event.came[0] if event.came else 0
    return (created if isinstance(created, int) else 0) + came + len(event.restored) - len(event.removed)


def _of_heads(store: TaskStore, seen: Seen) -> Iterator[Claim]:
    """Compare the head of the queue for everybody with all items, sorted."""
    line = sorted(
        (row for row in seen.rows if row.left and not row.removed), key=lambda r: (r.rank, r.position)
    )
    for who in seen.members:
        head = Head(assignee=who, fresh=len(line) + 1, again=True)
        view: View = store.read(seen.task.id, Ask(members=(who,), head=head))
        if view.version == seen.version:
            fresh = [row.item for row in line if who not in row.cells]
            yield f"the queue is in order for {who!r}", [row.item for row in view.fresh], fresh
            again = sorted(row.item for row in line if who in row.cells and row.cells[who].state in ENDED)
            yield f"what went back from {who!r} is known", sorted(row.item for row in view.again), again


def _of_worklists(store: TaskStore, seen: Seen) -> Iterator[Claim]:
    """Look at what everybody sees of her work: what she holds, and no known answer."""
    path, page = truth_of(seen.task.gold), Page(limit=10_000)
    for who in seen.members:
        placements = store.placements(seen.task.id, page, assignee=who)
        if store.read(seen.task.id, Ask()).version != seen.version or len(seen.rows) > page.limit:
            return
        order = [(placement.rank, placement.position) for placement in placements]
        yield f"the work of {who!r} is listed in her order", order, sorted(set(order))
        shown = list(pieces(seen.task, placements))
        held = {row.item: row.cells[who] for row in seen.rows if who in row.cells}
        right = {item: cell for item, cell in held.items() if cell.state in HELD}
        yield f"{who!r} sees what she holds", {piece.item: piece.cell for piece in shown}, right
        known = [piece.item for piece in shown if list(reach(piece.attributes, path))]
        yield f"{who!r} sees no known answer", known, []


def _of_lists(store: TaskStore, seen: Seen) -> Iterator[Claim]:
    """Compare the lists of items and placements with the rows."""
    page = Page(limit=10_000)
    listed = store.items(seen.task.id, page), store.placements(seen.task.id, page)
    if store.read(seen.task.id, Ask()).version != seen.version or len(seen.rows) > page.limit:
        return
    items, placements = listed
    yield "the items are listed", list(items), [row for row in seen.rows if not row.removed]
    known = {(p.position, p.assignee): p.cell for p in placements}
    yield "the placements are listed", known, seen.cells()
    yield "no placement is listed twice", len(placements), len(known)
