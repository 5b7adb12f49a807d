"""What people on the platform have said, read back.

A first read takes everything. Later ones ask each task only for what is newer than the
newest status seen, and compare the number of statuses with what the platform counts:
where they differ, as after a status was taken back, that task is read whole again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import TypeAlias

import attrs

from adapters.dataloop.deployment import Deployment, placements
from adapters.dataloop.placing import Copy, Found, paired
from adapters.dataloop.platform import PlatformTask
from adapters.intake import Progress, silent
from distribution.values import AssigneeId, ItemId

Placed: TypeAlias = tuple[ItemId, AssigneeId]
"""An item as the task of ours calls it, and who has it on the platform."""


@attrs.frozen
class Standing:
    """What somebody has said of an item on the platform."""

    status: str | None
    """None as long as she has said nothing."""
    at: datetime | None = None
    """When, by the platform's clock."""
    by: str = ""
    """Who set it; it need not be whoever has the item."""


@attrs.frozen(kw_only=True)
class Followed:
    """How a plan stands on the platform."""

    tasks: tuple[PlatformTask, ...]
    found: tuple[Found, ...]
    """Of every item in every task, the latest that is known."""
    newest: Mapping[str, str]
    """By task, the timestamp of the newest status seen."""
    standings: Mapping[Placed, Standing]
    changed: Mapping[Placed, Standing]
    """What is not as it was when last followed; all that has a status, the first time."""

    @property
    def done(self) -> int:
        """Count the copies with a status."""
        return sum(standing.status is not None for standing in self.standings.values())


def follow(deployment: Deployment, before: Followed | None = None, progress: Progress = silent) -> Followed:
    """Read what people have said, all of it, or only what is new since *before*.

    Raises:
        PlatformFailed, NotLoggedIn: the platform gave no answer.
    """
    tasks = deployment.tasks()
    kept = dict[str, dict[ItemId, Found]]()
    for found in before.found if before is not None else ():
        kept.setdefault(found.task, {})[found.item] = found
    newest = dict(before.newest) if before is not None else {}
    every, total = list[Found](), sum(task.total for task in tasks)
    for task in tasks:
        every += _task(deployment, task, kept.get(task.id), newest)
        progress("following", len(every), max(total, len(every)))
    standings = dict(_standings(deployment.copies, every))
    was: Mapping[Placed, Standing] = {} if before is None else before.standings
    nothing = Standing(None)
    changed = {place: now for place, now in standings.items() if was.get(place, nothing) != now}
    gone = {place: nothing for place, then in was.items() if place not in standings and then.status}
    return Followed(
        tasks=tasks, found=tuple(every), newest=newest, standings=standings, changed={**changed, **gone}
    )


def _task(
    deployment: Deployment,
    task: PlatformTask,
    kept: Mapping[ItemId, Found] | None,
    newest: dict[str, str],
) -> list[Found]:
    """Give how the items of one task stand, from what was known and what is new, or from all of them."""
    if kept is not None and task.id in newest:
        new = {found.item: found for found in placements(deployment.platform, task, newest[task.id])}
        merged = {**kept, **new}
        if len(merged) == task.total and _said(merged.values()) == task.total - task.remaining:
            return _noted(task, list(merged.values()), newest)
    return _noted(task, list(placements(deployment.platform, task)), newest)


def _said(found: Iterable[Found]) -> int:
    return sum(there.status is not None for there in found)


def _noted(task: PlatformTask, found: list[Found], newest: dict[str, str]) -> list[Found]:
    """Note the newest timestamp of a task; one that only has older ones than before keeps what it had."""
    stamps = [there.stamp for there in found if there.stamp]
    if stamps:
        newest[task.id] = max(stamps)
    return found


def _standings(copies: Iterable[Copy], found: Iterable[Found]) -> Iterator[tuple[Placed, Standing]]:
    """Say of each copy that is there how it stands, under the names of the task of ours."""
    for copy, there in paired(copies, found):
        if there is None or there.assignee is None:
            continue
        standing = Standing(there.status, instant(there.stamp), there.by)
        if copy is None:
            yield (there.item, there.assignee), standing
        else:
            yield (copy.name, copy.assignee if copy.person == there.assignee else there.assignee), standing


def instant(text: str) -> datetime | None:
    """Read a moment as the platform writes it; None where it is none.

    >>> instant("2026-11-22T12:00:00.000Z")
    datetime.datetime(2026, 11, 22, 12, 0, tzinfo=datetime.timezone.utc)
    """
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return at if at.tzinfo is not None else None
