"""Never run, only type-checked: what users write must pass mypy in strict mode, and what is wrong must not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import assert_type

from adapters.dataloop.client import connected
from adapters.dataloop.deployment import Applied
from adapters.dataloop.platform import Platform
from adapters.dataloop.sdk import SdkPlatform
from adapters.dispatcher import Dispatcher
from adapters.memory import MemoryStore
from adapters.sqlite import SqliteStore
from adapters.watching import Lease, Sharing
from distribution import (
    Assignment,
    Batch,
    ByEffort,
    Changed,
    Gate,
    Item,
    Limit,
    Outcome,
    Overlap,
    PauseRule,
    Plan,
    Pull,
    Sample,
    Story,
    Task,
    TaskProgress,
    Workload,
    distribute,
    field,
)
from distribution.acceptance import AcceptancePlan, Judgement
from distribution.aggregation import Majority
from distribution.agreement import Agreement, Disagreement, PairAgreement
from distribution.coverage import Coverage
from distribution.error_rates import ErrorRate
from distribution.events import Entry
from distribution.filters import AllOf, Filter
from distribution.gates import GateVerdict, GoldResult, Pause
from distribution.inspection import Csp1
from distribution.outcomes import NoWork, Turn
from distribution.pipeline import Link, Node, Pipeline
from distribution.ports import Placement, TaskStore
from distribution.ratings import Ratings
from distribution.replay import Replayed
from distribution.streams import Stand
from distribution.task import Row
from distribution.worklist import Piece

memory: TaskStore = MemoryStore()
sqlite: TaskStore = SqliteStore("work.db")

team = Workload.of({"ann": 50, "bob": 30, "eve": 20})
plan = distribute(["a", Item("b", effort="1/3", attributes={"dir": "/x"})], team, seed=7, basis=ByEffort())
assert_type(plan, Plan)
assert_type(plan.counts(), dict[str, int])
assert_type(plan.assignee_at(3), str)
assert_type(plan.positions_of("ann"), Sequence[int])
where: Filter = AllOf((field("size").greater(10), field("dir").like("/a*")))
pull = Pull(batch_size=2, max_batch_workload=3, lease=timedelta(minutes=30))
due = datetime(2026, 12, 24, tzinfo=UTC)

with Dispatcher(memory) as tasks:
    assert_type(tasks, Dispatcher)
    # Coming into being.
    assert_type(tasks.create("t", ["a"], workload=Workload.even(["ann"]), where=where), Task)
    assert_type(tasks.create("t", ["a"], allowed=["ann"], pull=pull, due=due, actor="zoe", request="r"), Task)
    assert_type(tasks.plan(["a"], workload=team), Plan)
    sample, both = Sample(percent=10), Overlap(percent=100, assignees=2)
    assert_type(tasks.create_qa("t", ["zoe"], sample, overlap=both, id="q", due=due, request="r"), Task)
    assert_type(tasks.extend_qa("q", dry_run=True), Changed)
    # Working.
    assert_type(tasks.pull("t", "ann", reason="why"), Batch)
    assert_type(tasks.pull_next("ann"), Batch | NoWork)
    assert_type(tasks.set_status("t", "ann", ["a"], "completed", answers={"a": "cat"}), Outcome)
    assert_type(tasks.submit_and_pull("t", "ann", ["a"], "completed"), Turn)
    assert_type(tasks.clear_status("t", "ann", ["a"]), Outcome)
    assert_type(tasks.skip("t", "ann", ["a"]), Outcome)
    assert_type(tasks.renew("t", "ann"), Outcome)
    assert_type(tasks.release("t", "ann", ["a"]), Outcome)
    assert_type(tasks.steal("t", "ann", limit=3), Batch)
    # Changing.
    assert_type(tasks.add_items("t", ["a", Item("b")], where=where), Changed)
    assert_type(tasks.remove_items("t", ["a"], dry_run=True), Changed)
    assert_type(tasks.reassign("t", "ann", "bob", where=where), Changed)
    assert_type(tasks.redistribute("t", team), Changed)
    assert_type(tasks.add_assignee("t", "zoe", load="12.5", limit=Limit(count=3)), Changed)
    assert_type(tasks.pause("t", "ann"), Changed)
    assert_type(tasks.resume("t", "ann"), Changed)
    assert_type(tasks.remove_assignee("t", "ann"), Changed)
    assert_type(tasks.set_limit("t", "ann", None), Changed)
    assert_type(tasks.set_load("t", "ann", 30), Changed)
    assert_type(tasks.delete_assignment("t", "ann"), Changed)
    assert_type(tasks.reclaim("t", idle=timedelta(days=7)), Changed)
    assert_type(tasks.close_task("t"), Changed)
    assert_type(tasks.reopen("t"), Changed)
    assert_type(tasks.change("t", due=None, priority=3, pull=pull), Changed)
    assert_type(tasks.delete("t"), Changed)
    assert_type(tasks.purge("t"), Changed)
    assert_type(tasks.undo("t", 3), Changed)
    assert_type(tasks.send_back("t", assignee="ann", sends="others"), Changed)
    assert_type(tasks.send_rejected("q"), Changed)
    # Asking.
    assert_type(tasks.get("t"), Task)
    assert_type(tasks.find("t"), Task)
    assert_type(tasks.all(state="open", due_before=due, metadata={"client": "acme"}), Iterator[Task])
    assert_type(tasks.progress("t"), TaskProgress)
    assert_type(tasks.assignments("t", state="active"), Iterator[Assignment])
    assert_type(tasks.items("t", where=where, limit=10), list[Row])
    assert_type(tasks.placements("t", assignee="ann", state="open"), list[Placement])
    assert_type(tasks.explain("t", "a"), Story)
    assert_type(tasks.replan("t"), Plan)
    assert_type(tasks.history("t"), list[Entry])
    assert_type(tasks.replayed("t"), Replayed)
    assert_type(tasks.quality("q", confidence="0.9"), ErrorRate)
    assert_type(tasks.quality_by_author("q"), dict[str, ErrorRate])
    assert_type(tasks.judge("q", AcceptancePlan(size=2, accept=0)), Judgement)
    assert_type(tasks.ratings("t"), Ratings)
    assert_type(tasks.agreement("t"), Agreement)
    assert_type(tasks.disagreements("t"), tuple[Disagreement, ...])
    assert_type(tasks.pairs("t"), tuple[PairAgreement, ...])
    assert_type(tasks.consensus("t"), tuple[Majority, ...])
    assert_type(tasks.results("t"), dict[str, GoldResult])
    assert_type(tasks.qualify("t", Gate(pass_at=1, of=2)), dict[str, GateVerdict])
    assert_type(tasks.to_pause("t", PauseRule(least=5, below=80)), dict[str, Pause])
    tasks.close()

    # Pipelines, and looking on.
    flow = Pipeline(
        id="photos", nodes=[Node(id="label", workload=team)], links=[Link("label", "discard", "label")]
    )
    assert_type(tasks.create_pipeline(flow), list[Task])
    assert_type(tasks.enter("photos", ["a"]), Changed)
    assert_type(tasks.advance("photos"), dict[str, int])
    assert_type(tasks.pipeline_tasks("photos"), list[Task])
    assert_type(tasks.delete_pipeline("photos"), list[Task])
    assert_type(tasks.worklist("t", "ann", state="open", where=where), list[Piece])
    assert_type(tasks.preview("t", "ann"), Batch)
    assert_type(tasks.waiting("t", limit=5), list[Row])
    assert_type(tasks.leases("t", limit=5), list[Lease])
    assert_type(tasks.recent("t", before=9), list[Entry])
    assert_type(tasks.sharing("t"), Sharing)
    assert_type(tasks.coverage("t"), Coverage)
    assert_type(tasks.inspect("q", Csp1(clear=10, fraction="1/5")), dict[str, Stand])

    # What is wrong is seen before it is run: were it not, these comments would be errors.
    tasks.pull("t", "ann", foo=1)  # type: ignore[call-arg]
    tasks.pull("t", "ann", request=1)  # type: ignore[arg-type]
    tasks.create("t", ["a"], workload={"ann": 100})  # type: ignore[arg-type]
    tasks.create_qa("t", ["zoe"], sample, due="tomorrow")  # type: ignore[arg-type]
    tasks.create_qa("t", ["zoe"], sample, foo=1)  # type: ignore[call-arg]
    tasks.change("t", name=None)  # type: ignore[arg-type]
    tasks.send_back("t", sends="nobody")  # type: ignore[arg-type]
    tasks.undo("t", "3")  # type: ignore[arg-type]

with connected("animals", "photos") as dataset:
    remote: Platform = dataset.platform
    assert_type(dataset.deployment(plan, "label").apply(), Applied)
    assert_type(list(dataset.items(where)), list[Item])


def on_the_platform(found: SdkPlatform) -> Platform:
    return found
