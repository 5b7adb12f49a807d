"""The verbs of pipelines: tasks in a row, and items on their way through them.

What leaves a task is part of the event that finished it; it is carried on at once, under
a request id made of task and version. So whoever carries it, and however often, it
arrives once; what a crash cut off in between is carried by `advance`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from typing import Unpack

import attrs

from adapters.creating import Creating
from adapters.deciding import By
from adapters.intake import Intake
from distribution.basis import ByCount
from distribution.contents import Arrival, adding_items
from distribution.course import changing
from distribution.departing import leaving_by
from distribution.errors import NotFound
from distribution.filters import field
from distribution.growing import NewItem
from distribution.outcomes import Changed, Outcome
from distribution.pipeline import Node, Pipeline
from distribution.ports import Page
from distribution.ranks import priority_of
from distribution.task import Ask, Row, Task, the_task
from distribution.values import Item, ItemId, TaskId, check_id


class Piping(Creating):
    """What leads items through several tasks."""

    def create_pipeline(self, pipeline: Pipeline, **by: Unpack[By]) -> list[Task]:
        """Create a task for each node of a pipeline, named as the node; called again it goes on where it stopped.

        Tasks of the pipeline that are there already lead on as it says now. Those of nodes
        it has no more stay, and lead nowhere.

        >>> from distribution import Link, Node, Pipeline
        >>> label = Node(id="label", workload=Workload.even(["ann"]))
        >>> check = Node(id="check", workload=Workload.even(["zoe"]), actions=("approved", "discard"))
        >>> flow = Pipeline(id="f", nodes=[label, check], links=[Link("label", "completed", "check")])
        >>> [task.id for task in tasks.create_pipeline(flow)]
        ['f.label', 'f.check']

        Raises:
            InvalidInput: a setting of a node cannot be used.
            Refused: there is another task of that id.
        """
        kept = {task.id for task in self.pipeline_tasks(pipeline.id)}
        made = [self._node(pipeline, node, by) for node in pipeline.nodes]
        for task_id in kept - {task.id for task in made}:
            self._lead(task_id, None, by)
        return made

    def _node(self, pipeline: Pipeline, node: Node, by: By) -> Task:
        """Create the task of a node, or let the one that is there lead on as the node says."""
        task_id, station = pipeline.task_id(node.id), pipeline.station(node.id)
        there = self.store.read(task_id, Ask()).task
        if there is not None and there.state == "open" and there.station is not None:
            if there.station != station:
                self._lead(task_id, station, by)
            return the_task(self.store.read(task_id, Ask()), task_id)
        return self.create(
            node.name,
            [],
            workload=node.workload,
            allowed=node.allowed,
            pull=node.pull,
            overlap=node.overlap,
            rules=node.rules,
            actions=node.actions,
            priority=node.priority,
            id=task_id,
            station=station,
            **by,
        )

    def _lead(self, task_id: TaskId, station: object, by: By) -> None:
        stamp = self._stamp({**by, "request": None})
        self._do(task_id, changing(task_id, {"station": station}, stamp))

    def pipeline_tasks(self, pipeline_id: str) -> list[Task]:
        """List the tasks of a pipeline, oldest first; none where there is no such pipeline.

        >>> tasks.pipeline_tasks("unheard of")
        []
        """
        where = field("pipeline").equal(check_id(pipeline_id, "pipeline id"))
        page, found = Page(limit=200), list[Task]()
        while rows := self.store.tasks(page, where=where):
            found += [task for _, task in rows]
            page = attrs.evolve(page, after=rows[-1][0])
        return found

    def delete_pipeline(self, pipeline_id: str, **by: Unpack[By]) -> list[Task]:
        """Let the tasks of a pipeline stand alone: they stay, with all that is in them, and lead nowhere.

        >>> from distribution import Node, Pipeline
        >>> flow = Pipeline(id="gone", nodes=[Node(id="label", workload=Workload.even(["ann"]))])
        >>> _ = tasks.create_pipeline(flow)
        >>> [task.id for task in tasks.delete_pipeline("gone")], tasks.pipeline_tasks("gone")
        (['gone.label'], [])
        """
        self._stamp(by)  # keywords that nobody knows are refused, whatever there is to leave alone
        left = self.pipeline_tasks(pipeline_id)
        for task in left:
            self._lead(task.id, None, by)
        return left

    def enter(self, pipeline_id: str, items: Iterable[ItemId | Item], **by: Unpack[By]) -> Changed:
        """Let items into a pipeline, at its first node; what is finished there is opened again.

        >>> from distribution import Node, Pipeline
        >>> flow = Pipeline(id="f", nodes=[Node(id="label", workload=Workload.even(["ann", "bob"]))])
        >>> _ = tasks.create_pipeline(flow)
        >>> [tasks.enter("f", [item]).event.shifts[0].assignee for item in "abc"]
        ['ann', 'bob', 'ann']

        Raises:
            NotFound: there is no such pipeline.
        """
        stamp = self._stamp(by)
        known = self.pipeline_tasks(pipeline_id) or self._answered(pipeline_id, stamp.request)
        first = next((t for t in known if t.station and t.station.start), None)
        if first is None:
            raise NotFound("pipeline", pipeline_id, "the store", "create it first: create_pipeline")
        with Intake(items, ByCount(), None) as intake:
            rows = [(item, effort, attributes, priority) for _, item, effort, attributes, priority in intake]
            arrival = Arrival(
                items=rows, digest=intake.digest(), twice=tuple(intake.roster.skipped), carried=True
            )
        return self._do(first.id, adding_items(first.id, arrival, stamp))

    def _answered(self, pipeline_id: str, request: str | None) -> list[Task]:
        """List the tasks of a pipeline that are gone by now, and have answered a request before."""
        entries = () if request is None else self.store.answered(request)
        tasks = (self.store.read(entry.task, Ask()).task for entry in entries)
        return [task for task in tasks if task and task.station and task.station.pipeline == pipeline_id]

    def _lead_on(self, task_id: TaskId, done: Outcome, by: By) -> None:
        """Carry on what leaves."""
        if done.leaving:
            items = tuple(one.item for one in done.leaving)
            rows = {row.item: row for row in self.store.read(task_id, Ask(items=items)).rows}
            for to in dict.fromkeys(one.to for one in done.leaving):
                going = [rows[one.item] for one in done.leaving if one.to == to]
                self._carry(going, (task_id, done.version), to, by)

    def _carry(self, rows: Sequence[Row], source: tuple[TaskId, int], to: TaskId, by: By) -> bool:
        """Let items arrive, once; tell whether there is a task for them to arrive in."""
        request = f"{source[0]}@{source[1]}"
        stamp = self._stamp(
            {"actor": by.get("actor", ""), "reason": by.get("reason", ""), "request": request}
        )
        arrival = Arrival(items=[_new(row) for row in rows], carried=True)
        with suppress(NotFound):
            self._do(to, adding_items(to, arrival, stamp))
            return True
        return False

    def advance(self, pipeline_id: str, **by: Unpack[By]) -> dict[TaskId, int]:
        """Carry on what has left a task and arrived nowhere, because somebody was cut off in between.

        Counts what it carried, by the task it came to; called again it does nothing.

        Runtime: O(history of the pipeline's tasks).

        >>> tasks.advance("f")
        {}
        """
        self._stamp(by)  # keywords that nobody knows are refused, whatever there is to carry
        carried: dict[TaskId, int] = {}
        for task in self.pipeline_tasks(pipeline_id):
            for version, to, positions in self._last_departures(task.id):
                request = f"{task.id}@{version}"
                if self.store.read(to, Ask(request=request)).answered is None:
                    rows = self.store.read(task.id, Ask(positions=positions)).rows
                    if self._carry(rows, (task.id, version), to, by):
                        carried[to] = carried.get(to, 0) + len(rows)
        return carried

    def _last_departures(self, task_id: TaskId) -> Iterator[tuple[int, TaskId, tuple[int, ...]]]:
        """Go through what left a task; an event of which nothing left again, whole, as it was told."""
        last: dict[int, tuple[int, TaskId]] = {}
        ways: dict[tuple[int, TaskId], tuple[int, ...]] = {}
        page = Page(limit=1000)
        while entries := self.store.history(task_id, page):
            for entry in entries:
                for to, positions in leaving_by(entry.event):
                    ways[entry.version, to] = positions
                    last.update(dict.fromkeys(positions, (entry.version, to)))
            page = attrs.evolve(page, after=entries[-1].version)
        for (version, to), positions in ways.items():
            if all(last[at] == (version, to) for at in positions):
                yield version, to, positions
            elif any(last[at] == (version, to) for at in positions):
                # Some of it has left once more since: that must not come back to it.
                yield version, to, tuple(at for at in positions if last[at] == (version, to))


def _new(row: Row) -> NewItem:
    """Give an item as it comes into the next task."""
    attributes = json.dumps(row.attributes, ensure_ascii=False, default=dict) if row.attributes else None
    return row.item, None if row.effort == "1" else row.effort, attributes, priority_of(row.rank)
