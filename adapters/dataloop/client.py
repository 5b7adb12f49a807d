"""Plans of ours on a Dataloop project: items in, a plan applied, verified and followed.

>>> from adapters.dataloop.client import connected
>>> from distribution import ByEffort, Workload, distribute
>>> with connected("animals", "photos") as dataset:  # doctest: +SKIP
...     items = list(dataset.items(effort="metadata.system.size"))
...     plan = distribute(items, Workload.even(["ann@x.io", "bob@x.io"]), basis=ByEffort())
...     applied = dataset.deployment(plan, "label").apply()
...     print(applied.comparison)
all 1200 copies are with whom they should be

Keep the plan (`plan.to_json()`) before it is applied, where the filter that chose the
items may find others tomorrow: what was applied is known by what is in the plan.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import attrs

from adapters.dataloop import sdk
from adapters.dataloop.deployment import Deployment
from adapters.dataloop.pace import PER_SECOND, Gate, Pace
from adapters.dataloop.placing import check_people, copies_held, copies_of, copies_to_review, key_of
from adapters.dataloop.platform import Platform
from adapters.dataloop.sources import Where, items_of
from adapters.dispatcher import Dispatcher
from adapters.intake import Progress, silent
from distribution.errors import Refused
from distribution.plan import Plan
from distribution.ports import PAGE_LIMIT
from distribution.task import Row, Task
from distribution.values import Item, Number, TaskId


@attrs.frozen
class Dataset:
    """A dataset on the platform, for plans of ours."""

    platform: Platform
    project: str = ""
    """Id of the project."""

    @property
    def id(self) -> str:
        """Give its id."""
        return self.platform.dataset

    def items(
        self, where: Where = None, *, effort: str | None = None, progress: Progress = silent
    ) -> Iterator[Item]:
        """Yield its items, or those that a filter lets through, in the order of their ids; see `sources`."""
        return items_of(self.platform, where, effort=effort, progress=progress)

    def deployment(self, plan: Plan, name: str, *, key: str | None = None) -> Deployment:
        """Give a plan as it is to be on the platform, or is there; nothing is sent.

        The *key* by which it is known there is made from its name and what is in it.

        Raises:
            InvalidInput: the plan knows only how many items there are.
        """
        copies = copies_of(plan)
        return Deployment(
            platform=self.platform, key=key_of(name, copies) if key is None else key, name=name, copies=copies
        )

    def deployment_of(self, tasks: Dispatcher, task_id: TaskId, *, name: str | None = None) -> Deployment:
        """Give a task of ours as it is to be on the platform, or is there; its id is the key.

        A review becomes tasks of the type `qa`, one for each task of the platform whose
        work is reviewed, so what it reviews is looked up there.

        Raises:
            NotFound: there is no such task, or the work to be reviewed is not on the platform.
            Refused: it is pulled from.
        """
        task = tasks.get(task_id)
        if task.pull is not None:
            remedy = "share it out by load; who gets what would be the platform's to decide"
            raise Refused(f"task {task.name!r}", "is pulled from", remedy)
        check_people(assignment.assignee for assignment in tasks.assignments(task_id, empty=True))
        rows = list(_rows(tasks, task_id))
        called = task.name if name is None else name
        if task.qa is None:
            return Deployment(platform=self.platform, key=task.id, name=called, copies=copies_held(rows))
        return self._review(tasks, task, called, rows)

    def _review(self, tasks: Dispatcher, task: Task, name: str, rows: list[Row]) -> Deployment:
        assert task.qa is not None  # noqa: S101  the caller looked
        there = self.deployment_of(tasks, task.qa.parent).look()
        return Deployment(
            platform=self.platform,
            key=task.id,
            name=name,
            copies=copies_to_review(rows, there.task_of),
            parents={parent.id: parent.number for parent in there.tasks},
        )


def _rows(tasks: Dispatcher, task_id: TaskId) -> Iterator[Row]:
    after = None
    while page := tasks.items(task_id, after=after, limit=PAGE_LIMIT):
        yield from page
        after = page[-1].position


@contextmanager
def connected(
    project: str,
    dataset: str,
    *,
    per_second: Number = PER_SECOND,
    client: Any = None,
    quiet: bool = False,
) -> Iterator[Dataset]:
    """Reach a dataset by the names or ids of its project and itself, with the login that the SDK keeps.

    At most *per_second* requests are sent. *client* is a `dl.ApiClient` of the caller's;
    without one we make our own. *quiet* keeps the SDK's log and bars off the terminal.

    Raises:
        InvalidInput: dtlpy is not installed.
        NotLoggedIn: there is no valid token.
        NotFound: there is no such project or dataset.
        PlatformFailed: the platform gave no answer.
    """
    gate = Gate(Pace(per_second))
    with sdk.connected(project, dataset, gate=gate, client=client, quiet=quiet) as platform:
        yield Dataset(platform, platform.project)
