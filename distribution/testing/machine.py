"""A state machine that drives stores through everything a task can go through, side by side.

Holds: the machine, `machine_for`.
Does not hold: the rules of working, managing and reviewing (see machine_work, machine_team,
machine_quality), the comparison (see agreement).
Depends on: agreement, machine_quality, machine_work, machine_team.

Few people and items, so that they meet; time goes on, jumps and goes back. The stores
must answer alike, keep alike, and every state must pass `invariants`. pytest runs it:

    from distribution.testing.machine import machine_for

    TestMyStore = machine_for({"mine": lambda: MyStore(...)}).TestCase
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import initialize, precondition, rule

from distribution.basis import ByCount, ByEffort, Grouped, Stratified
from distribution.overlap import Overlap
from distribution.ports import TaskStore
from distribution.pull import Pull
from distribution.split import ORDERS
from distribution.stopping import Beat, Quorum
from distribution.task import Ask, Task
from distribution.testing.agreement import FILTERS, ITEMS, LEASE, PEOPLE, RULES, numbers, people
from distribution.testing.machine_quality import Reviewing
from distribution.testing.machine_team import Managing, workloads
from distribution.testing.machine_work import Working
from distribution.values import TaskId
from distribution.workload import Workload

MOST_TASKS = 4
pulls = st.builds(
    lambda batch, more, **settings: Pull(batch_size=batch, max_batch_workload=batch + more, **settings),
    batch=st.integers(1, 3),
    more=st.integers(0, 3),
    lease=st.sampled_from([LEASE, LEASE, None]),
    order=st.sampled_from(["fifo", "random"]),
    skip=st.sampled_from(["others", "later", "done"]),
)
bases = st.sampled_from([ByCount(), ByEffort(), Stratified("dir"), Grouped("dir")])
overlaps = st.sampled_from(
    [
        None,
        Overlap(percent=50, assignees=2),
        Overlap(percent=100, assignees=3),
        Overlap(count=2, assignees=2),
        Overlap(where=FILTERS[1] or FILTERS[0], assignees=2),
        Overlap(percent=100, assignees=2, until=Beat(by=2, most=3)),
        Overlap(count=3, assignees=3, until=Quorum(agreeing=2, most=3)),
    ]
)
ways = st.fixed_dictionaries({"overlap": overlaps, "rules": st.sampled_from(RULES)})
"""Which items go to several people, and what keeps whom from which."""
steps = st.sampled_from(
    [timedelta(seconds=1), LEASE, timedelta(hours=-1), timedelta(microseconds=1), timedelta(days=1)]
)


class StoreMachine(Working, Managing, Reviewing):
    """Every verb, in any order."""

    @initialize(pull=pulls, items=st.integers(4, len(ITEMS)), ways=ways)
    def begin_pulling(self, pull: Pull, items: int, ways: dict[str, Any]) -> None:
        """Begin with a task that is pulled from."""
        self._create("p0", items, allowed=PEOPLE[:3], pull=pull, **ways)

    @initialize(workload=workloads, basis=bases, items=st.integers(4, len(ITEMS)), ways=ways)
    def begin_shared(self, workload: Workload, basis: Any, items: int, ways: dict[str, Any]) -> None:
        """Begin with a task that is shared out: as it is drawn where that can be, else plainly."""
        if not self._create(
            "s0", items, workload=workload, basis=ByCount() if any(ways.values()) else basis, **ways
        ):
            self._create("s0", items, workload=workload, basis=basis)

    @precondition(lambda self: len(self.tasks) < MOST_TASKS)
    @rule(
        pull=pulls,
        team=st.integers(1, len(PEOPLE)),
        items=st.integers(0, len(ITEMS)),
        ways=ways,
        request=st.booleans(),
    )
    def create_pulling(
        self, pull: Pull, team: int, items: int, ways: dict[str, Any], request: bool  # noqa: FBT001
    ) -> None:  # fmt: skip
        """Create another task to pull from; sometimes of an id that is taken."""
        name = f"p{len(self.tasks) // 2}"
        self._create(name, items, allowed=PEOPLE[:team], pull=pull, **ways, **self.by(request))

    @precondition(lambda self: len(self.tasks) < MOST_TASKS)
    @rule(
        workload=workloads,
        basis=bases,
        order=st.sampled_from(ORDERS),
        where=st.sampled_from(FILTERS),
        ways=ways,
        request=st.booleans(),
    )
    def create_shared(
        self, workload: Workload, basis: Any, order: str, where: Any, ways: dict[str, Any], request: bool  # noqa: FBT001
    ) -> None:  # fmt: skip
        """Create another task that is shared out."""
        settings = {"basis": basis, "order": order, "where": where, "seed": len(order), **ways}
        self._create(f"s{len(self.tasks) // 2}", 6, workload=workload, **settings, **self.by(request))

    def _create(self, task_id: TaskId, items: int, **settings: Any) -> bool:
        """Create a task; tell whether it is there."""
        answer = self.call("create", f"task {task_id[0]}", ITEMS[:items], id=task_id, **settings)
        if isinstance(answer, Task) and task_id not in self.known:
            self.tasks.append(task_id)
            self.known[task_id] = {}
            self.compare(task_id, 0, settings)
        return task_id in self.known

    @rule(step=steps)
    def wait(self, step: timedelta) -> None:
        """Let time go on, or the clock be set."""
        self.now += step

    @precondition(lambda self: self.asked)
    @rule(number=st.integers(0, 50))
    def ask_again(self, number: int) -> None:
        """Make a call again under its request id: the same answer, and nothing changes."""
        asked = self.asked[-1 - number % len(self.asked)]
        before = {task_id: max(self.known[task_id]) for task_id in self.tasks}
        assert self.answers(asked.verb, *asked.arguments, **asked.options) == asked.answer
        for task_id, version in before.items():
            assert self.reference.store.read(task_id, Ask()).version == version
            self.compare(task_id, version, {})

    @rule(number=numbers, who=people, where=st.sampled_from(FILTERS), after=st.none() | st.integers(-1, 8))  # fmt: skip
    def look_around(self, number: int, who: str, where: Any, after: int | None) -> None:
        """Ask everything that can be asked."""
        task_id = self.task(number)
        for verb in ("get", "find", "progress", "replan", "history"):
            self.answers(verb, task_id)
        self.answers("assignments", task_id, assignee=who, empty=True)
        self.answers("assignments", assignee=who)
        self.answers("items", task_id, where=where, after=after, limit=3)
        self.answers("placements", task_id, after=after, limit=3)
        self.answers("placements", task_id, assignee=who, limit=2, state="open")
        self.answers("explain", task_id, ITEMS[number].id)
        self.answers("all", name="task *", assignee=who, state="open")
        found: list[Task] = self.answers("all")
        gone = {task_id for task_id in self.tasks if self.seen(task_id).task.state in {"deleted", "purged"}}
        assert {task.id for task in found} == set(self.tasks) - gone


def machine_for(stores: Mapping[str, Callable[[], TaskStore]]) -> type[StoreMachine]:
    """Give a machine for these stores, each opened empty for every run, and closed after it."""
    return type("StoreMachine", (StoreMachine,), {"stores": dict(stores)})
