"""Consensus, qualification and honeypots: items of which several people have copies."""

from __future__ import annotations

from typing import Any

import pytest

from tests.dataloop.sdk import ANN, BOB, DUE, EVE, Studio, fails, scenario

BOTH: dict[str, Any] = {"consensus_percentage": 100, "consensus_assignees": 2}


def copies(studio: Studio, task: Any) -> list[Any]:
    """List the copies that people have."""
    return [item for item in studio.items(task) if item.hidden]


@pytest.mark.parametrize(
    ("percent", "whole", "shown"), [(100, 30, 20), (50, 20, 15), (1, 10, 10), (25, 16, 13)]
)
@scenario
def test_consensus_items_are_counted_with_their_copies(
    studio: Studio, percent: int, whole: int, shown: int
) -> None:
    studio.upload(10)

    task = studio.task(consensus_percentage=percent, consensus_assignees=2)

    assert task.get_items(get_consensus_items=True).items_count == whole
    assert task.get_items().items_count == shown
    assert abs(studio.counts(task)[ANN] - studio.counts(task)[BOB]) <= 1


@scenario
def test_a_copy_says_where_it_comes_from_and_whose_it_is(studio: Studio) -> None:
    dl = studio.dl
    originals = {item.id: item for item in studio.upload(3, "/a")}
    task = studio.task(**BOTH)
    folders = studio.dataset.directory_tree.dir_names

    for assignment in task.assignments.list():
        for listed in studio.items(assignment):
            copy = dl.items.get(item_id=listed.id)
            source = originals[copy.spec["parentDatasetItemId"]]
            assert (copy.hidden, copy.name, copy.to_json()["srcItem"]) == (True, source.name, source.id)
            assert copy.dir.startswith("/.consensus/")
            assert copy.dir + "/" in folders or copy.dir in folders
            assert copy.download(save_locally=False).read() == source.download(save_locally=False).read()
            assert [ref["id"] for ref in copy.metadata["system"]["refs"]] == [task.id, assignment.id]


@scenario
def test_copies_are_hidden_from_the_dataset_and_found_where_they_are_asked_for(studio: Studio) -> None:
    dl = studio.dl
    studio.upload(3)
    task = studio.task(**BOTH)
    mine = studio.items(task.assignments.list()[0])

    assert studio.dataset.items.list().items_count == 3
    assert studio.dl.datasets.get(dataset_id=studio.dataset.id).items_count == 3
    where = dl.Filters(field="dir", values=sorted({copy.dir for copy in mine}), operator="in")
    where.add("hidden", True)
    assert studio.dataset.items.list(filters=where).items_count >= 3


@scenario
def test_originals_belong_to_an_assignment_that_nobody_sees(studio: Studio) -> None:
    item = studio.upload(2)[0]
    task = studio.task(**BOTH)
    hidden = task.metadata["system"]["consensusAssignmentId"]

    refs = studio.dl.items.get(item_id=item.id).metadata["system"]["refs"]
    assert [(ref["id"], ref["type"]) for ref in refs] == [(task.id, "task"), (hidden, "assignment")]
    assert hidden not in task.assignmentIds
    assert list(studio.counts(task)) == [ANN, BOB]


@scenario
def test_each_says_her_own_of_a_copy_and_the_original_is_done_when_all_are(studio: Studio) -> None:
    item = studio.upload(2)[0]
    task = studio.task(**BOTH)
    first, second = task.assignments.list()

    def copy(assignment: Any) -> Any:
        return next(c for c in studio.items(assignment) if c.spec["parentDatasetItemId"] == item.id)

    copy(first).update_status("completed", assignment_id=first.id)
    assert copy(first).status(task_id=task.id) == "completed"
    assert copy(second).status(task_id=task.id) is None
    assert studio.refs(item, task) == [{"id": task.id, "type": "task"}]
    task.set_status("discard", "create", [copy(second).id])
    assert studio.refs(item, task)[0]["metadata"]["status"] == "consensus_done"
    assert studio.ask("GET", f"/assignments/{first.id}")[1]["itemStatus"]["remaining"] == 1
    assert (
        studio.dataset.tasks.create_qa_task(task=task, due_date=DUE, assignee_ids=[EVE])
        .get_items()
        .items_count
        == 1
    )


@scenario
def test_an_app_for_scoring_is_there_and_can_be_taken_away(studio: Studio) -> None:
    dl = studio.dl
    studio.upload(1)
    fails(dl.exceptions.NotFound, lambda: studio.project.apps.get(app_name="scoring-and-metrics"))
    studio.task(**BOTH)

    app = studio.project.apps.get(app_name="scoring-and-metrics")
    assert app.uninstall()
    fails(dl.exceptions.NotFound, lambda: dl.apps.get(app_id=app.id))


@scenario
def test_three_of_four_people_get_each_item_and_all_the_same_amount(studio: Studio) -> None:
    studio.upload(8)
    people = [f"p{number}@x.io" for number in range(4)]
    create = studio.dataset.tasks.create_consensus_task

    task = create(
        name="three", due_date=DUE, assignee_ids=people, consensus_percentage=100, consensus_assignees=3
    )

    assert studio.counts(task) == dict.fromkeys(people, 6)
    holders: dict[str, set[str]] = {}
    for one in task.assignments.list():
        for item in studio.items(one):
            holders.setdefault(item.spec["parentDatasetItemId"], set()).add(one.annotator)
    assert [len(names) for names in holders.values()] == [3] * 8


@scenario
def test_a_qualification_gives_everything_to_everybody_in_all_its_forms(studio: Studio) -> None:
    studio.upload(10)
    forms = [
        studio.dataset.tasks.create_qualification_task(name="a", due_date=DUE, assignee_ids=[ANN, BOB]),
        studio.task("b", metadata={"system": {"consensusTaskType": "qualification"}}),
        studio.task("c", consensus_task_type="qualification", **BOTH),
    ]

    for task in forms:
        assert studio.counts(task) == {ANN: 10, BOB: 10}
        assert task.get_items(get_consensus_items=True).items_count == 30


@scenario
def test_who_comes_late_to_a_qualification_gets_everything_too(studio: Studio) -> None:
    studio.upload(4)
    task = studio.dataset.tasks.create_qualification_task(name="exam", due_date=DUE, assignee_ids=[ANN, BOB])

    status, _ = studio.ask(
        "POST", f"/annotationtasks/{task.id}/contributors", {"action": "add", "assignees": [EVE]}
    )

    assert status == 200
    assert studio.counts(task) == {ANN: 4, BOB: 4, EVE: 4}
    assert task.get_items(get_consensus_items=True).items_count == 16


@scenario
def test_honeypots_are_mixed_into_everybodys_work(studio: Studio) -> None:
    known = studio.upload(4, "/honeypot", prefix="known")
    for item in known:
        studio.annotate(item, "cat")
    studio.upload(40, "/work")

    task = studio.dataset.tasks.create_honeypot_task(
        name="honeypot", due_date=DUE, assignee_ids=[ANN, BOB], consensus_percentage=10
    )

    met = 0
    for assignment in task.assignments.list():
        work = studio.items(assignment)
        pots = [item for item in work if item.name.startswith("known")]
        met += len(pots)
        assert (assignment.total_items, len(work) - len(pots)) == (len(work), 20)
        assert len(pots) in {2, 3}
        assert all(item.hidden and not item.annotated for item in pots)
    assert not [item for item in studio.items(task) if item.dir == "/honeypot"]
    # Every honeypot that nobody sees, what everybody has of them, and the work itself.
    assert task.get_items(get_consensus_items=True).items_count == 4 + met + 40


@scenario
def test_a_honeypot_task_without_known_answers_copies_items_as_the_sdk_says(studio: Studio) -> None:
    studio.upload(10)

    task = studio.dataset.tasks.create_honeypot_task(
        name="honeypot", due_date=DUE, assignee_ids=[ANN, BOB], consensus_percentage=50, consensus_assignees=2
    )

    assert task.get_items(get_consensus_items=True).items_count == 20


@scenario
def test_copies_go_when_their_task_goes(studio: Studio) -> None:
    item = studio.upload(2)[0]
    task = studio.task(**BOTH)
    names = [copy.id for copy in copies(studio, task)]

    task.delete()

    assert studio.dataset.items.list(filters=studio.dl.Filters(use_defaults=False)).items_count == 2
    fails(studio.dl.exceptions.NotFound, lambda: studio.dl.items.get(item_id=names[0]))
    assert studio.dl.items.get(item_id=item.id).metadata["system"]["refs"] == []


@scenario
def test_a_copy_is_not_deleted_alone_and_goes_with_its_original(studio: Studio) -> None:
    item = studio.upload(2)[0]
    task = studio.task(**BOTH)
    copy = next(c for c in copies(studio, task) if c.spec["parentDatasetItemId"] == item.id)

    fails(studio.dl.exceptions.Conflict, copy.delete)
    item.delete()

    fails(studio.dl.exceptions.NotFound, lambda: studio.dl.items.get(item_id=copy.id))
    assert studio.counts(task) == {ANN: 1, BOB: 1}


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"consensus_percentage": 101, "consensus_assignees": 2}, "percent"),
        (
            {"consensus_percentage": 50, "consensus_assignees": 1},
            "consensusAssignees must be at least 2, got 1",
        ),
        ({"consensus_percentage": 50, "consensus_assignees": 3}, "3 different assignees"),
        ({"consensus_task_type": "lottery"}, "consensusTaskType must be one of"),
    ],
)
@scenario
def test_consensus_out_of_bounds_is_refused(studio: Studio, settings: dict[str, Any], message: str) -> None:
    studio.upload(2)
    error = fails(studio.dl.exceptions.BadRequest, lambda: studio.task(**settings))

    assert message in error.message
    assert studio.dataset.tasks.list() == []
