"""Pipelines: tasks in a row, items that go on by their status, come back, and never go round for ever."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.memory import MemoryStore
from distribution import InvalidInput, Item, Link, NotFound, Overlap, Pipeline, Pull, Refused, Workload
from distribution.departing import LEAVING, leaving_by
from distribution.events import Cell, Event
from distribution.pipeline import Lead, Node, Station, verdict
from distribution.testing.invariants import invariants
from tests.office import NOON, Office

PULL = Pull(batch_size=2, max_batch_workload=4)
LABEL = Node(id="label", workload=Workload.of({"ann": 50, "bob": 30, "eve": 20}))
CHECK = Node(id="check", workload=Workload.even(["zoe"]), actions=("approved", "discard"))
LINKS = (Link("label", "completed", "check"), Link("check", "discard", "label"))
FLOW = Pipeline(id="f", nodes=[LABEL, CHECK], links=LINKS)


def flow(office: Office, *, passes: int = 10, repeatable: bool = True) -> Pipeline:
    label = Node(id="label", workload=LABEL.workload, passes=passes, repeatable=repeatable)
    pipeline = Pipeline(id="f", nodes=[label, CHECK], links=LINKS)
    office.create_pipeline(pipeline)
    return pipeline


def sound(office: Office) -> None:
    for task in office.pipeline_tasks("f"):
        invariants(office.store, task.id)


def test_what_is_completed_goes_on_and_what_is_discarded_comes_back_to_its_author(office: Office) -> None:
    flow(office)
    office.enter("f", [Item("x", effort=3, attributes={"n": 1}, priority=2), "y"])

    office.set_status("f.label", "ann", ["x"], "completed")
    (row,) = office.items("f.check")
    assert (row.item, row.effort, row.attributes, list(row.cells)) == ("x", "3", {"n": 1}, ["zoe"])
    office.set_status("f.check", "zoe", ["x"], "discard")

    assert office.holds("f.label", "ann") == ["x"]
    assert office.items("f.label")[0].round == 2
    office.set_status("f.label", "ann", ["x"], "completed")
    office.set_status("f.check", "zoe", ["x"], "approved")
    assert [task.done for task in map(office.progress, ("f.label", "f.check"))] == [1, 1]
    assert [row.round for row in (office.items("f.label")[0], office.items("f.check")[0])] == [2, 2]
    sound(office)


def test_a_status_that_leads_nowhere_has_arrived(office: Office) -> None:
    flow(office)
    office.enter("f", ["x"])

    done = office.set_status("f.label", "ann", ["x"], "discard")

    assert (done.leaving, office.items("f.check")) == ((), [])


@given(parts=st.lists(st.integers(0, 7), max_size=6))
def test_items_that_enter_one_by_one_go_to_whom_they_would_go_together(parts: list[int]) -> None:
    names = [f"i{n}" for n in range(sum(parts))]
    with Office(MemoryStore()) as office:
        flow(office)
        for at, part in enumerate(parts):
            start = sum(parts[:at])
            office.enter("f", names[start : start + part])
        split = [list(row.cells) for row in office.items("f.label")]
    with Office(MemoryStore()) as office:
        flow(office)
        office.enter("f", names)

        assert split == [list(row.cells) for row in office.items("f.label")]


def test_an_item_is_in_a_node_as_often_as_it_may_and_then_stays(office: Office) -> None:
    flow(office, passes=2)
    office.enter("f", ["x"])
    for _ in range(2):
        office.set_status("f.label", "ann", ["x"], "completed")
        office.set_status("f.check", "zoe", ["x"], "discard")

    assert office.holds("f.label", "ann") == []
    (last,) = [entry for entry in office.history("f.label") if entry.event.what == "answered"]
    why = office.enter("f", ["x"]).refused[0].why
    assert str(why) == "item 'x' has been here 2 times, as often as it may; allow more passes to go on"
    assert last.stamp.request == "f.check@5"
    sound(office)


def test_a_node_that_is_not_repeatable_does_nothing_twice(office: Office) -> None:
    flow(office, repeatable=False)
    office.enter("f", ["x"])
    office.set_status("f.label", "ann", ["x"], "completed")

    (left,) = office.enter("f", ["x"]).refused

    assert str(left) == "item 'x' is finished here, and what comes again stays so; let the node be repeatable"


def test_what_comes_while_it_is_still_open_is_reported_and_left_alone(office: Office) -> None:
    flow(office)
    office.enter("f", ["x"])

    change = office.enter("f", ["x", "y", "y"])

    assert change.event is not None
    assert change.event.facts == {"added": 1, "restored": 0, "skipped": 2, "again": 0}
    assert [left.item for left in change.refused] == ["x", "y"]


def test_what_its_author_cannot_do_again_goes_to_others(office: Office) -> None:
    flow(office)
    office.enter("f", ["x"])
    office.set_status("f.label", "ann", ["x"], "completed")
    office.pause("f.label", "ann")

    office.set_status("f.check", "zoe", ["x"], "discard")

    assert [office.holds("f.label", who) for who in ("ann", "bob")] == [[], ["x"]]
    sound(office)


def test_pulled_nodes_lead_on_too_and_what_comes_back_is_with_its_author(office: Office) -> None:
    pulled = Node(id="label", allowed=["ann", "bob"], pull=PULL)
    office.create_pipeline(Pipeline(id="f", nodes=[pulled, CHECK], links=LINKS))
    office.enter("f", ["x", "y", "z"])
    batch = office.pull("f.label", "ann")

    turn = office.submit_and_pull("f.label", "ann", batch.items, "completed")
    assert (turn.batch.items, office.holds("f.check", "zoe")) == (("z",), ["x", "y"])
    office.set_status("f.check", "zoe", ["x"], "discard")

    assert sorted(office.holds("f.label", "ann")) == ["x", "z"]
    sound(office)


def test_an_item_of_several_people_leaves_when_the_last_has_finished_it(office: Office) -> None:
    both = Node(
        id="label",
        workload=Workload.even(["ann", "bob", "eve"]),
        overlap=Overlap(percent=100, assignees=3),
    )
    office.create_pipeline(Pipeline(id="f", nodes=[both, CHECK], links=LINKS))
    office.enter("f", ["x"])

    left = [
        office.set_status("f.label", who, ["x"], status).leaving
        for who, status in (("ann", "completed"), ("bob", "discard"), ("eve", "completed"))
    ]

    assert [len(each) for each in left] == [0, 0, 1]
    assert office.holds("f.check", "zoe") == ["x"]
    sound(office)


def test_most_decide_where_an_item_goes_and_between_equals_the_order_of_the_actions() -> None:
    def cells(*statuses: str) -> list[Cell]:
        return [Cell("done", NOON, status) for status in statuses]

    assert verdict(cells("a", "b", "b"), ("a", "b")) == "b"
    assert verdict(cells("b", "a"), ("a", "b")) == "a"
    assert verdict(cells("z", "y"), ("a",)) == "y"
    assert verdict([Cell("skipped", NOON)], ("a",)) is None


def test_skipped_as_done_leads_on_where_a_link_says_so(office: Office) -> None:
    skip = Pull(batch_size=2, max_batch_workload=4, skip="done")
    pulled = Node(id="label", allowed=["ann"], pull=skip, actions=("completed", "skipped"))
    office.create_pipeline(Pipeline(id="f", nodes=[pulled, CHECK], links=[Link("label", "skipped", "check")]))
    office.enter("f", ["x"])
    office.pull("f.label", "ann")

    office.skip("f.label", "ann", ["x"])

    assert office.holds("f.check", "zoe") == ["x"]


def test_the_same_request_carries_nothing_twice(office: Office) -> None:
    flow(office)
    office.enter("f", ["x"], request="in")
    office.enter("f", ["x"], request="in")
    for _ in range(2):
        office.set_status("f.label", "ann", ["x"], "completed", request="r")

    office.set_status("f.check", "zoe", ["x"], "approved")
    office.set_status("f.label", "ann", ["x"], "completed", request="r")
    assert office.progress("f.check").done == 1


def test_what_a_crash_cut_off_is_carried_on_later_once(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    flow(office)
    office.enter("f", ["x", "y", "z"])
    with monkeypatch.context() as killed:
        killed.setattr(Office, "_lead_on", lambda *_: None)
        office.set_status("f.label", "ann", ["x"], "completed")
        office.set_status("f.label", "bob", ["y"], "completed")
        office.set_status("f.label", "ann", ["x"], "discard")
        office.set_status("f.label", "ann", ["x"], "completed")
    assert office.items("f.check") == []

    assert office.advance("f") == {"f.check": 2}
    assert office.advance("f") == {}

    assert sorted(office.holds("f.check", "zoe")) == ["x", "y"]
    sound(office)


def test_what_left_again_since_is_carried_once_as_it_left_last(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    flow(office)
    office.enter("f", ["x", "y"])
    office.reassign("f.label", "bob", "ann")
    with monkeypatch.context() as killed:
        killed.setattr(Office, "_lead_on", lambda *_: None)
        office.set_status("f.label", "ann", ["x", "y"], "completed")
    office.clear_status("f.label", "ann", ["x"])
    office.set_status("f.label", "ann", ["x"], "completed")

    assert office.advance("f") == {"f.check": 1}
    assert sorted((row.item, row.round) for row in office.items("f.check")) == [("x", 1), ("y", 1)]


def test_a_task_that_is_deleted_takes_nothing_in_and_nothing_breaks(office: Office) -> None:
    flow(office)
    office.enter("f", ["x"])
    office.delete("f.check")

    assert office.set_status("f.label", "ann", ["x"], "completed").changed == ("x",)
    assert office.advance("f") == {}


def test_a_pipeline_changes_where_tasks_lead_and_leaves_their_work_alone(office: Office) -> None:
    flow(office)
    office.enter("f", ["x"])
    extra = Node(id="extra", workload=Workload.even(["max"]))
    office.create_pipeline(
        Pipeline(id="f", nodes=[LABEL, extra], links=[Link("label", "completed", "extra")])
    )

    office.set_status("f.label", "ann", ["x"], "completed")

    assert office.holds("f.extra", "max") == ["x"]
    assert office.get("f.check").station is None
    assert [task.id for task in office.pipeline_tasks("f")] == ["f.label", "f.extra"]


def test_a_pipeline_is_created_once_however_often(office: Office) -> None:
    assert office.create_pipeline(FLOW) == office.create_pipeline(FLOW)


def test_a_task_of_another_is_not_taken_over(office: Office) -> None:
    office.create("mine", ["a"], workload=Workload.even(["ann"]), id="f.label")

    with pytest.raises(Refused, match=r"task 'f\.label' exists; choose another id"):
        office.create_pipeline(FLOW)


def test_items_cannot_enter_what_is_not_there(office: Office) -> None:
    with pytest.raises(NotFound, match=r"create it first: create_pipeline"):
        office.enter("nowhere", ["x"])


def test_an_entry_can_be_undone_as_long_as_nobody_worked_on_it(office: Office) -> None:
    flow(office)
    office.enter("f", ["x"])
    office.set_status("f.label", "ann", ["x"], "completed")
    change = office.enter("f", ["x"])
    assert change.event is not None
    assert (office.items("f.label")[0].round, change.event.rounds) == (2, ((0, 1),))

    undone = office.undo("f.label", change.version)

    row = office.items("f.label")[0]
    assert (row.round, row.cells["ann"].state) == (1, "done")
    sound(office)
    office.undo("f.label", undone.version)
    row = office.items("f.label")[0]
    assert (row.round, row.cells["ann"].state) == (2, "open")
    sound(office)


def test_what_leaves_is_told_by_the_event() -> None:
    event = Event(what="submitted", facts={LEAVING: [["t", [1, 2]]]})

    assert list(leaving_by(event)) == [("t", (1, 2))]
    assert list(leaving_by(Event(what="submitted"))) == []
    bad: list[Any] = ["x", ["t"], [["t"]], [["t", 1]]]
    for wrong in bad:
        with pytest.raises(InvalidInput, match="what leaves by an event"):
            list(leaving_by(Event(what="submitted", facts={LEAVING: wrong})))


def test_nodes_nobody_reaches_are_named() -> None:
    lonely = Node(id="lonely", workload=Workload.even(["max"]))

    assert list(FLOW.unreached()) == []
    assert list(Pipeline(id="f", nodes=[LABEL, lonely, CHECK], links=LINKS).unreached()) == ["lonely"]


def test_items_enter_the_task_of_the_first_node() -> None:
    assert (FLOW.start, FLOW.task_id("check")) == ("f.label", "f.check")


def test_a_skip_before_others_finish_is_no_part_of_what_is_opened_again(office: Office) -> None:
    skipping = Pull(batch_size=2, max_batch_workload=4, skip="others")
    label = Node(id="label", allowed=["ann", "bob"], pull=skipping)
    office.create_pipeline(Pipeline(id="f", nodes=[label, CHECK], links=LINKS))
    office.enter("f", ["x"])
    office.pull("f.label", "ann")
    office.skip("f.label", "ann", ["x"])
    office.pull("f.label", "bob")
    office.set_status("f.label", "bob", ["x"], "completed")

    office.set_status("f.check", "zoe", ["x"], "discard")

    assert {who: cell.state for who, cell in office.items("f.label")[0].cells.items()} == {
        "ann": "skipped",
        "bob": "open",
    }
    sound(office)


def test_a_station_knows_its_ways() -> None:
    station = FLOW.station("label")

    assert station == Station(pipeline="f", node="label", leads=(Lead("completed", "f.check"),), start=True)
    assert (station.next("completed"), station.next("discard")) == ("f.check", None)


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: Pipeline(id="f", nodes=[]), "nodes of a pipeline must be 1 to 1000, got 0"),
        (
            lambda: Pipeline(id="f", nodes=[LABEL, LABEL]),
            "nodes of a pipeline must have different ids, got 'label'",
        ),
        (
            lambda: Pipeline(id="f", nodes=[LABEL], links=[Link("label", "completed", "moon")]),
            "node of a link must be among 'label', got 'moon'",
        ),
        (
            lambda: Pipeline(id="f", nodes=[LABEL], links=[Link("label", "done", "label")]),
            "status of a link from 'label' must be among 'completed', 'discard', got 'done'",
        ),
        (
            lambda: Pipeline(
                id="f",
                nodes=[LABEL, CHECK],
                links=[Link("label", "completed", "check"), Link("label", "completed", "label")],
            ),
            "links from 'label' must have different statuses, got 'completed'",
        ),
        (lambda: FLOW.station("moon"), "node must be among 'label', 'check', got 'moon'"),
        (
            lambda: Node(id="n"),
            "node 'n' must have a workload, or else pull settings and the allowed assignees, got None",
        ),
        (lambda: Node(id="n", workload=LABEL.workload, passes=1001), "passes must be at most 1000, got 1001"),
        (lambda: Node(id="", workload=LABEL.workload), "node id must "),
    ],
)
def test_what_cannot_be_a_pipeline_is_refused(build: Any, message: str) -> None:
    with pytest.raises(InvalidInput) as error:
        build()

    assert str(error.value).startswith(message)
