"""How a task and its assignments are doing, derived from its members' counts.

Holds: progress, assignments, who meets whom, the story of one item.
Does not hold: anything kept; all of it is computed when asked.
Depends on: coverage, events, lifecycle, members, ports, reasons, settings, task, values.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from fractions import Fraction
from itertools import groupby
from operator import attrgetter

import attrs

from distribution.coverage import Coverage, counted
from distribution.events import PULLS, Cell, Entry
from distribution.lifecycle import HELD, MemberState, Progress, TaskState, progress
from distribution.members import Limit, Standing
from distribution.ports import Placement
from distribution.reasons import Placed
from distribution.settings import with_settings
from distribution.task import Row, Task
from distribution.values import AssigneeId, ItemId, Json, TaskId


@attrs.frozen(kw_only=True)
class Assignment:
    """One assignee's package within a task."""

    task: TaskId
    assignee: AssigneeId
    state: MemberState
    progress: Progress
    load: Fraction | None
    """In percent; None in a pulling task, or where she carries none."""
    limit: Limit | None
    open: int
    done: int
    skipped: int
    lost: int
    """What went back from her."""
    worked_at: datetime | None

    @property
    def total(self) -> int:
        """Count what she holds: open and done."""
        return self.open + self.done


@attrs.frozen(kw_only=True)
class TaskProgress:
    """How far a task is."""

    task: TaskId
    state: TaskState
    progress: Progress
    items: int
    waiting: int
    """Copies nobody holds."""
    open: int
    """Placements without a status."""
    done: int
    """Placements with one."""
    assignments: tuple[Assignment, ...]
    """In the order of the team, empty ones too."""

    @property
    def total(self) -> int:
        """Count the copies to be done in all."""
        return self.waiting + self.open + self.done

    def __getitem__(self, assignee: AssigneeId) -> Assignment:
        """Give the assignment of one assignee.

        Raises:
            KeyError: she is not in the task.
        """
        return next((a for a in self.assignments if a.assignee == assignee), None) or _missing(assignee)


def _missing(assignee: AssigneeId) -> Assignment:
    raise KeyError(assignee)


def assignment_of(task: Task, standing: Standing) -> Assignment:
    """Give an assignment from how its assignee stands."""
    workload = task.workload
    carries = workload is not None and standing.id in workload.assignees
    return Assignment(
        task=task.id,
        assignee=standing.id,
        state=standing.member.state,
        progress=progress(standing.holds, standing.done),
        load=workload.load_of(standing.id) if workload is not None and carries else None,
        limit=standing.member.limit,
        open=standing.open,
        done=standing.done,
        skipped=standing.skipped,
        lost=standing.lost,
        worked_at=standing.worked_at,
    )


def progress_of(task: Task, standings: Iterable[Standing]) -> TaskProgress:
    """Give the progress of a task from how everybody stands. O(people)."""
    assignments = tuple(assignment_of(task, standing) for standing in standings)
    open_, done = sum(a.open for a in assignments), sum(a.done for a in assignments)
    return TaskProgress(
        task=task.id,
        state=task.state,
        progress=progress(task.copies, done),
        items=task.items,
        waiting=task.copies - open_ - done,
        open=open_,
        done=done,
        assignments=assignments,
    )


def coverage_of(task: Task, names: Sequence[AssigneeId], placements: Iterable[Placement]) -> Coverage:
    """Tell who meets whom on how many items by now: those whom both have open or done; gold is none of them.

    *placements* are those of the task by position, each position's in the order of the
    team; *names* are of all of it. Runtime: O(placements * k), and O(people^2).
    """
    teams: Counter[tuple[AssigneeId, ...]] = Counter()
    for position, found in groupby(placements, key=attrgetter("position")):
        team = tuple([placement.assignee for placement in found if placement.cell.state in HELD])
        if not task.is_gold(position):
            teams[team] += 1
    most = 1 if task.overlap is None else task.overlap.copies(len(names))
    return counted(names, teams.items(), copies=max([most, *map(len, teams)]))


@attrs.frozen(kw_only=True)
class Chapter:
    """One thing that happened to an item."""

    version: int
    at: datetime
    actor: str
    what: str
    assignee: AssigneeId | None = None
    """Whose placement it was; None where it was about the item itself."""
    state: str | None = None
    """How the placement stood afterwards; None for no more."""
    status: str | None = None
    reason: str = ""

    def __str__(self) -> str:
        """Say it in words."""
        whose = "" if self.assignee is None else f" for {self.assignee!r}"
        then = "" if self.assignee is None else f": {self.status or self.state or 'taken away'}"
        why = f" ({self.reason})" if self.reason else ""
        return f"{self.at.isoformat(sep=' ', timespec='seconds')} {self.what}{whose}{then}{why}"


@attrs.frozen(kw_only=True)
class Story:
    """Why an item is where it is: who has it, why it went there first, what happened since."""

    task: TaskId
    item: ItemId
    position: int
    cells: Mapping[AssigneeId, Cell] = attrs.field(hash=False)
    """Everybody who has or had it."""
    left: int
    """Copies nobody holds."""
    removed: bool
    placed: Placed | None
    """Why it went to its first assignee, where loads decided that."""
    chapters: tuple[Chapter, ...]

    def __str__(self) -> str:
        """Say it in words, a line for each thing that happened."""
        holders = [
            f"{cell.status or cell.state} with {who!r}"
            for who, cell in self.cells.items()
            if cell.state in HELD
        ]
        if self.removed:
            now = "was removed from the task"
        elif holders:
            now = "is " + " and ".join(holders)
            if self.left:
                now += f"; {self.left} cop{'y is' if self.left == 1 else 'ies are'} left"
        else:
            now = "waits for somebody to take it"
        lines = [f"{self.item!r} {now}"]
        if self.placed is not None:
            lines.append(f"first, {self.placed}")
        return "\n".join([*lines, *map(str, self.chapters)])


def story(task: Task, row: Row, entries: Iterable[Entry], placed: Placed | None) -> Story:
    """Tell the story of an item from the history of its task. O(history)."""
    return Story(
        task=task.id,
        item=row.item,
        position=row.position,
        cells=row.cells,
        left=row.left,
        removed=row.removed,
        placed=placed,
        chapters=tuple(_chapters(row.position, entries)),
    )


def _chapters(position: int, entries: Iterable[Entry]) -> Iterator[Chapter]:
    for entry in entries:
        event, stamp = entry.event, entry.stamp
        about = {"version": entry.version, "at": stamp.at, "actor": stamp.actor, "reason": stamp.reason}
        if (event.came and position in range(*event.came)) or position in event.restored:
            yield Chapter(what="added", **about)  # type: ignore[arg-type]
        if position in event.removed:
            yield Chapter(what="removed", **about)  # type: ignore[arg-type]
        for shift in event.shifts:
            if position not in shift.positions:
                continue
            before, after = shift.before, shift.after
            if event.what in PULLS and before is not None and before.state == "open" and after is not None:
                # A pull first returns what has ended, be it of somebody else or of herself, who may get it again.
                if after.state != "done":
                    yield Chapter(what="lease ended", assignee=shift.assignee, state="returned", **about)  # type: ignore[arg-type]
                if after.state == "returned":
                    continue
            yield Chapter(
                what=event.what,
                assignee=shift.assignee,
                state=None if after is None else after.state,
                status=None if after is None else after.status,
                **about,  # type: ignore[arg-type]
            )


def as_created(task: Task, entries: Sequence[Entry]) -> Task:
    """Give a task with the settings it was created with, from its history."""
    first: dict[str, Json] = {}
    for entry in entries:
        for change in entry.event.settings:
            first.setdefault(change.name, change.before)
    return with_settings(task, first)
