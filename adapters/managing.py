"""The verbs of people who run a task: its items, its team, its loads, its course.

Every change has a dry run, which answers the same and keeps nothing, and can be undone
as long as nobody has worked on it since.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from types import EllipsisType
from typing import Unpack

from adapters.deciding import By, Deciding
from adapters.intake import Intake, Progress, silent
from distribution.basis import ByCount
from distribution.contents import Arrival, adding_items, removing_items
from distribution.course import changing, purging, turning
from distribution.errors import InvalidInput
from distribution.filters import Filter
from distribution.members import Limit
from distribution.moving import reassigning, redistributing
from distribution.outcomes import Changed
from distribution.parting import parting
from distribution.pull import Pull
from distribution.team import (
    adding_assignee,
    deleting_assignment,
    leaving,
    limiting,
    loading,
    resuming,
)
from distribution.undoing import undoing
from distribution.upkeep import reclaiming
from distribution.values import AssigneeId, Item, ItemId, Json, Number, TaskId, check_id
from distribution.workload import Workload


class Managing(Deciding):
    """What those do who run a task."""

    def add_items(
        self,
        task_id: TaskId,
        items: Iterable[ItemId | Item],
        *,
        where: Filter | None = None,
        workload: Workload | None = None,
        dry_run: bool = False,
        progress: Progress = silent,
        **by: Unpack[By],
    ) -> Changed:
        """Take items into a task; those that are in it already are skipped and named.

        In a pulling task they join the queue; else they go to whoever is furthest below
        her share, so that adding 30 and then 70 gives what adding 100 gives. With a
        *workload* they are shared out by that, whatever people hold; who is new joins.

        >>> tasks.add_items(task.id, ["c", "d", "e"]).event.facts
        {'added': 1, 'restored': 0, 'skipped': 2}

        Raises:
            NotFound: there is no such task.
            InvalidInput: an item cannot be used; nothing was added.
        """
        if workload is not None and not isinstance(workload, Workload):
            raise InvalidInput(subject="workload", must="be a Workload", got=workload)
        with Intake(items, ByCount(), where, progress) as intake:
            rows = [(item, effort, attributes, priority) for _, item, effort, attributes, priority in intake]
            digest, twice = intake.digest(), tuple(intake.roster.skipped)
        arrival = Arrival(items=rows, digest=digest, twice=twice, to=workload)
        return self._change(task_id, adding_items(task_id, arrival, self._stamp(by)), dry_run=dry_run)

    def remove_items(
        self,
        task_id: TaskId,
        items: Sequence[ItemId] | None = None,
        *,
        where: Filter | None = None,
        dry_run: bool = False,
        **by: Unpack[By],
    ) -> Changed:
        """Take items out of a task: these, or those that a filter names, or with neither all of them.

        What has a status stays.

        >>> change = tasks.remove_items(task.id, ["a", "z"])
        >>> change.event.facts, [str(left) for left in change.refused]
        ({'removed': 1, 'kept': 0}, ["item 'z' is not in the task"])

        Raises:
            NotFound: there is no such task.
            InvalidInput: both items and a filter are given.
        """
        return self._change(task_id, removing_items(task_id, items, where, self._stamp(by)), dry_run=dry_run)

    def reassign(
        self,
        task_id: TaskId,
        source: AssigneeId,
        target: AssigneeId,
        *,
        where: Filter | None = None,
        dry_run: bool = False,
        **by: Unpack[By],
    ) -> Changed:
        """Give all her open work to another, who joins the task if she is new.

        >>> _ = tasks.pull(task.id, "ann")
        >>> [str(move) for move in tasks.reassign(task.id, "ann", "zoe").diff.moves]
        ["'a' moves from 'ann' to 'zoe'", "'b' moves from 'ann' to 'zoe'"]

        Raises:
            NotFound: there is no such task, or the first is not in it.
        """
        check_id(target, "assignee id")
        return self._change(
            task_id, reassigning(task_id, source, target, where, self._stamp(by)), dry_run=dry_run
        )

    def redistribute(
        self,
        task_id: TaskId,
        workload: Workload | None = None,
        *,
        source: AssigneeId | None = None,
        where: Filter | None = None,
        dry_run: bool = False,
        **by: Unpack[By],
    ) -> Changed:
        """Bring everybody to her share of a task distributed by load, with the fewest moves.

        With a *source* only what she has open is shared out, by a workload of whoever gets
        a part of it, in tasks of both kinds; then *where* has no say.

        >>> shares = Workload.of({"ann": 75, "bob": 25})
        >>> even = tasks.create("even", ["a", "b", "c", "d"], workload=Workload.even(["ann", "bob"]))
        >>> len(tasks.redistribute(even.id, shares).diff), len(tasks.redistribute(even.id, shares).diff)
        (1, 0)
        >>> tasks.redistribute(even.id, Workload.even(["eve", "zoe"]), source="bob").flows()
        {('bob', 'eve'): 1}

        Raises:
            NotFound: there is no such task, or the source is not in it.
            Refused: it is pulled from, and nobody's loads were given.
        """
        if source is not None:
            if workload is None or where is not None:
                must = "come with a workload, and without a filter"
                raise InvalidInput(subject="a source", must=must, got=source)
            return self._change(task_id, parting(task_id, source, workload, self._stamp(by)), dry_run=dry_run)
        return self._change(
            task_id, redistributing(task_id, workload, where, self._stamp(by)), dry_run=dry_run
        )

    def add_assignee(
        self,
        task_id: TaskId,
        assignee: AssigneeId,
        *,
        load: Number | None = None,
        limit: Limit | None = None,
        dry_run: bool = False,
        **by: Unpack[By],
    ) -> Changed:
        """Let somebody take part: pull, or carry a load in percent, for which others' work moves to her.

        >>> tasks.add_assignee(task.id, "zoe").event.what
        'assignee-added'

        Raises:
            NotFound: there is no such task.
            Refused: she takes part already.
        """
        return self._change(
            task_id, adding_assignee(task_id, assignee, load, limit, self._stamp(by)), dry_run=dry_run
        )

    def pause(
        self, task_id: TaskId, assignee: AssigneeId, *, dry_run: bool = False, **by: Unpack[By]
    ) -> Changed:
        """Lock her assignment for a while; her open work goes back, or to the others.

        >>> _ = tasks.pull(task.id, "ann")
        >>> tasks.pause(task.id, "ann").diff.flows()
        {('ann', None): 2}

        Raises:
            NotFound: there is no such task, or she is not in it.
        """
        return self._change(task_id, leaving(task_id, assignee, "pause", self._stamp(by)), dry_run=dry_run)

    def resume(
        self, task_id: TaskId, assignee: AssigneeId, *, dry_run: bool = False, **by: Unpack[By]
    ) -> Changed:
        """Let her go on: nobody else's work moves; what waited, because nobody could take it, may be hers.

        >>> _ = tasks.pause(task.id, "ann")
        >>> tasks.resume(task.id, "ann").event.what
        'assignee-resumed'

        Raises:
            NotFound: there is no such task, or she is not in it.
            Refused: she is not paused.
        """
        return self._change(task_id, resuming(task_id, assignee, self._stamp(by)), dry_run=dry_run)

    def remove_assignee(
        self, task_id: TaskId, assignee: AssigneeId, *, dry_run: bool = False, **by: Unpack[By]
    ) -> Changed:
        """Let her leave: what she finished stays, her open work goes back, or to the others.

        >>> tasks.remove_assignee(task.id, "ann").event.what
        'assignee-removed'

        Raises:
            NotFound: there is no such task, or she is not in it.
        """
        return self._change(task_id, leaving(task_id, assignee, "remove", self._stamp(by)), dry_run=dry_run)

    def set_limit(
        self,
        task_id: TaskId,
        assignee: AssigneeId,
        limit: Limit | None,
        *,
        dry_run: bool = False,
        **by: Unpack[By],
    ) -> Changed:
        """Let her have so many items at most; None lifts the limit.

        >>> _ = tasks.set_limit(task.id, "ann", Limit(count=1))
        >>> tasks.pull(task.id, "ann").items
        ('a',)

        Raises:
            NotFound: there is no such task, or she is not in it.
        """
        return self._change(task_id, limiting(task_id, assignee, limit, self._stamp(by)), dry_run=dry_run)

    def set_load(
        self,
        task_id: TaskId,
        assignee: AssigneeId,
        load: Number,
        *,
        dry_run: bool = False,
        **by: Unpack[By],
    ) -> Changed:
        """Change one load in percent; the others' follow in proportion, and open work with the fewest moves.

        >>> even = tasks.create("even", ["a", "b", "c", "d"], workload=Workload.even(["ann", "bob"]))
        >>> tasks.set_load(even.id, "ann", 75).diff.flows()
        {('bob', 'ann'): 1}

        Raises:
            NotFound: there is no such task, or she is not in it.
            Refused: it is pulled from.
        """
        return self._change(task_id, loading(task_id, assignee, load, self._stamp(by)), dry_run=dry_run)

    def delete_assignment(
        self, task_id: TaskId, assignee: AssigneeId, *, dry_run: bool = False, **by: Unpack[By]
    ) -> Changed:
        """Delete her assignment: her open work goes back, or to the others; what is finished stays.

        >>> _ = tasks.pull(task.id, "ann")
        >>> tasks.delete_assignment(task.id, "ann").diff.flows()
        {('ann', None): 2}

        Raises:
            NotFound: there is no such task, or she is not in it.
        """
        return self._change(task_id, deleting_assignment(task_id, assignee, self._stamp(by)), dry_run=dry_run)

    def reclaim(
        self,
        task_id: TaskId,
        *,
        idle: timedelta | None = None,
        dry_run: bool = False,
        **by: Unpack[By],
    ) -> Changed:
        """Take back leases that ended, and what has lain untouched for *idle*.

        A hundred leases at a time: `change.event.facts` has "more" where others wait.

        >>> _ = tasks.pull(task.id, "ann")
        >>> tasks.reclaim(task.id, idle=timedelta(0)).diff.flows()
        {('ann', None): 2}

        Raises:
            NotFound: there is no such task.
        """
        return self._change(task_id, reclaiming(task_id, idle, self._stamp(by)), dry_run=dry_run)

    def close_task(self, task_id: TaskId, *, dry_run: bool = False, **by: Unpack[By]) -> Changed:
        """Hand out nothing any more; what people hold they may finish.

        >>> _ = tasks.close_task(task.id)
        >>> print(tasks.pull(task.id, "ann").reason)  # doctest: +ELLIPSIS
        task '...' is closed; reopen it to hand out work again

        Raises:
            NotFound: there is no such task.
            Refused: it is closed already.
        """
        return self._change(task_id, turning(task_id, "close", self._stamp(by)), dry_run=dry_run)

    def reopen(self, task_id: TaskId, *, dry_run: bool = False, **by: Unpack[By]) -> Changed:
        """Hand out work again.

        >>> _ = tasks.close_task(task.id)
        >>> tasks.reopen(task.id).event.what
        'reopened'

        Raises:
            NotFound: there is no such task.
            Refused: it is open.
        """
        return self._change(task_id, turning(task_id, "reopen", self._stamp(by)), dry_run=dry_run)

    def change(
        self,
        task_id: TaskId,
        *,
        name: str | EllipsisType = ...,
        due: datetime | EllipsisType | None = ...,
        priority: int | EllipsisType = ...,
        actions: Sequence[str] | EllipsisType = ...,
        metadata: Mapping[str, Json] | EllipsisType = ...,
        pull: Pull | EllipsisType = ...,
        dry_run: bool = False,
        **by: Unpack[By],
    ) -> Changed:
        """Change settings of a task; what is not given stays as it is.

        *due* is None for no due date; `attrs.evolve(task.pull, lease=None)` is a *pull*
        without leases.

        >>> tasks.change(task.id, priority=5).event.settings
        (SettingChange(name='priority', before=0, after=5),)

        Raises:
            NotFound: there is no such task.
            InvalidInput: a value cannot be used.
        """
        given: dict[str, object] = {"name": name, "due": due, "priority": priority, "actions": actions}
        given |= {"metadata": metadata, "pull": pull}
        settings = {setting: value for setting, value in given.items() if value is not ...}
        return self._change(task_id, changing(task_id, settings, self._stamp(by)), dry_run=dry_run)

    def delete(self, task_id: TaskId, *, dry_run: bool = False, **by: Unpack[By]) -> Changed:
        """Delete a task: nobody finds it any more, until its deletion is undone or it is purged.

        >>> version = tasks.delete(task.id).version
        >>> tasks.undo(task.id, version).event.what
        'undone'

        Raises:
            NotFound: there is no such task.
        """
        return self._change(task_id, turning(task_id, "delete", self._stamp(by)), dry_run=dry_run)

    def purge(self, task_id: TaskId, *, dry_run: bool = False, **by: Unpack[By]) -> Changed:
        """Give back the space of a deleted task, for good; its history stays, its id is not used again.

        >>> _ = tasks.delete(task.id)
        >>> tasks.purge(task.id).event.facts
        {'items': 4}

        Raises:
            NotFound: there never was one.
            Refused: it is not deleted.
        """
        return self._change(task_id, purging(task_id, self._stamp(by)), dry_run=dry_run)

    def undo(self, task_id: TaskId, version: int, *, dry_run: bool = False, **by: Unpack[By]) -> Changed:
        """Undo the change that led to a version, as long as nobody has worked on it since.

        >>> change = tasks.remove_items(task.id, ["a"])
        >>> tasks.undo(task.id, change.version).event.restored
        (0,)

        Raises:
            NotFound: there is no such task or version.
            Refused: it is too late, or the change has no way back.
        """
        return self._change(task_id, undoing(task_id, version, self._stamp(by)), dry_run=dry_run)
