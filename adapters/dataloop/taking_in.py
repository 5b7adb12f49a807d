"""What was said on the platform, set in a task of ours: then agreement, samples and progress work on it.

The platform is right about its statuses: what differs here is changed, and what was taken
back there is taken back here, if it came from there. Only what was sent back *here* since
it was said does not count again: a review of ours would be undone. Taking the same in
twice changes nothing.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime

import attrs

from adapters.dataloop.following import Followed, Placed, Standing
from adapters.dispatcher import By, Dispatcher
from adapters.intake import Progress, silent
from distribution.errors import NotFound
from distribution.events import Cell
from distribution.ports import PAGE_LIMIT
from distribution.refusals import NotHers, NotInTask, WhyNot
from distribution.task import Row, Task
from distribution.values import AssigneeId, ItemId, TaskId

REASON = "as on Dataloop"
"""What the history of a task of ours says of what came from the platform."""

TAKEN = frozenset({"submitted", "cleared"})
"""The events by which something is taken in."""


@attrs.frozen
class UnknownStatus:
    """The task of ours has no such status."""

    status: str
    known: tuple[str, ...]

    def __str__(self) -> str:
        """Say it in words."""
        return f"the status {self.status!r} is none of this task: {', '.join(self.known)}"


@attrs.frozen
class NotTaken:
    """Something said on the platform that the task of ours does not take in, and why."""

    item: ItemId
    assignee: AssigneeId
    status: str
    why: WhyNot | UnknownStatus

    def __str__(self) -> str:
        """Say it in words."""
        return f"{self.assignee!r} said {self.status!r} of {self.item!r}: {self.why}"


@attrs.frozen(kw_only=True)
class TakenIn:
    """What taking in did to a task of ours; true where nothing was refused."""

    changed: tuple[Placed, ...] = ()
    """Their status was set."""
    cleared: tuple[Placed, ...] = ()
    """Their status was taken off."""
    stale: tuple[Placed, ...] = ()
    """Said before the work was sent back here; not counted again."""
    refused: tuple[NotTaken, ...] = ()

    def __bool__(self) -> bool:
        """Tell whether nothing was refused."""
        return not self.refused


@attrs.define
class _Here:
    """How the task of ours stands, and what its history says of each placement."""

    task: Task
    rows: dict[ItemId, Row]
    sent_back: dict[tuple[int, AssigneeId], datetime] = attrs.field(factory=dict)
    """When finished work was opened again here."""
    followed: set[tuple[int, AssigneeId]] = attrs.field(factory=set)
    """What was last finished as on the platform."""

    @classmethod
    def of(cls, tasks: Dispatcher, task_id: TaskId) -> _Here:
        """Load it."""
        rows, after = dict[ItemId, Row](), None
        while page := tasks.items(task_id, after=after, limit=PAGE_LIMIT):
            rows.update((row.item, row) for row in page)
            after = page[-1].position
        here = cls(tasks.get(task_id), rows)
        for entry in tasks.history(task_id):
            # A rejection goes back under the reason of its review, and is all the same of ours.
            from_there = entry.stamp.reason == REASON and entry.event.what in TAKEN
            for shift in entry.event.shifts:
                done = shift.after is not None and shift.after.state == "done"
                was = shift.before is not None and shift.before.state == "done"
                for position in shift.positions:
                    place = position, shift.assignee
                    (here.followed.add if done and from_there else here.followed.discard)(place)
                    if was and not done and not from_there:
                        here.sent_back[place] = entry.stamp.at
        return here

    def verdict(self, place: Placed, standing: Standing) -> str | WhyNot | UnknownStatus:
        """Tell what is to be done about a placement: "set", "clear", "stale" or nothing (""); or why it cannot be."""
        item, who = place
        row = self.rows.get(item)
        cell: Cell | None = None if row is None else row.cells.get(who)
        if standing.status is None:
            known = row is not None and (row.position, who) in self.followed
            return "clear" if known and cell is not None and cell.state == "done" else ""
        if row is None:
            return NotInTask(item)
        if cell is None:
            return NotHers(item, who)
        if cell.state == "done" and cell.status == standing.status:
            return ""
        if standing.status not in self.task.actions:
            return UnknownStatus(standing.status, self.task.actions)
        since = self.sent_back.get((row.position, who))
        old = since is not None and standing.at is not None and standing.at <= since
        return "stale" if old and cell.state != "done" else "set"


def take_in(followed: Followed, tasks: Dispatcher, task_id: TaskId, progress: Progress = silent) -> TakenIn:
    """Set in a task of ours what was said on the platform; each item counts for itself.

    Runtime: O(items + history) and a change for each person and status.

    Raises:
        NotFound: there is no such task.
    """
    here = _Here.of(tasks, task_id)
    groups = dict[tuple[AssigneeId, str | None, str], list[ItemId]]()
    stale, refused = list[Placed](), list[NotTaken]()
    for place, standing in followed.standings.items():
        verdict = here.verdict(place, standing)
        if verdict in {"set", "clear"}:
            groups.setdefault((place[1], standing.status, standing.by), []).append(place[0])
        elif verdict == "stale":
            stale.append(place)
        elif not isinstance(verdict, str):
            refused.append(NotTaken(*place, standing.status or "", verdict))
    changed, cleared = list[Placed](), list[Placed]()
    total, done = sum(map(len, groups.values())), 0
    for (who, status, by), items in groups.items():
        progress("setting", done, total)
        stamp = By(actor=by or who, reason=REASON)
        if status is None:
            outcome = tasks.clear_status(task_id, who, items, **stamp)
        else:
            outcome = tasks.set_status(task_id, who, items, status, **stamp)
        (cleared if status is None else changed).extend((item, who) for item in outcome.changed)
        refused += [NotTaken(left.item, who, status or "", left.why) for left in outcome.refused]
        done += len(items)
    progress("setting", total, total)
    if here.task.qa is not None:
        # A rejection goes back with its review; here those whose way was cut off in between.
        with suppress(NotFound):
            tasks.send_rejected(task_id)
    return TakenIn(changed=tuple(changed), cleared=tuple(cleared), stale=tuple(stale), refused=tuple(refused))
