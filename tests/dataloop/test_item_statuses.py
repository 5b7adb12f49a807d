"""Statuses of items, set and cleared through tasks and assignments, and what follows of them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.dataloop.sdk import ANN, BOB, DUE, EVE, ZOE, Studio, fails, scenario


def raw(studio: Studio, task: Any) -> Any:
    """Give a task as it goes over the wire."""
    return studio.ask("GET", f"/annotationtasks/{task.id}")[1]


def log(studio: Studio, item: Any) -> list[tuple[str, str]]:
    """Give what an item notes of its statuses."""
    noted = studio.dl.items.get(item_id=item.id).metadata["system"]["taskStatusLog"]
    return [(entry["action"], entry["status"]["status"]) for entry in noted]


def mine(studio: Studio, task: Any, item: Any) -> Any:
    """Give the assignment that an item is in."""
    refs = studio.dl.items.get(item_id=item.id).metadata["system"]["refs"]
    names = {ref["id"] for ref in refs if ref["type"] == "assignment"}
    return next(one for one in task.assignments.list() if one.id in names)


@pytest.mark.parametrize("way", ["task", "assignment", "item by task", "item by assignment", "item alone"])
@scenario
def test_a_status_lands_on_task_and_assignment_whichever_way_it_comes(studio: Studio, way: str) -> None:
    item = studio.upload(2)[0]
    task = studio.task()
    assignment = mine(studio, task, item)
    fresh = studio.dl.items.get(item_id=item.id)
    ways = {
        "task": lambda: task.set_status("completed", "create", [item.id]),
        "assignment": lambda: assignment.set_status("completed", "create", item.id),
        "item by task": lambda: fresh.update_status("completed", task_id=task.id),
        "item by assignment": lambda: fresh.update_status("completed", assignment_id=assignment.id),
        "item alone": lambda: fresh.update_status("completed"),
    }

    ways[way]()

    for entity in (task, assignment):
        (ref,) = studio.refs(item, entity)
        assert (ref["metadata"]["status"], ref["metadata"]["creator"]) == ("completed", assignment.annotator)
        assert ref["metadata"]["timestamp"].endswith("Z")
    fresh = studio.dl.items.get(item_id=item.id)
    assert fresh.status(task_id=task.id) == fresh.status(assignment_id=assignment.id) == "completed"
    assert log(studio, item) == [("created", "completed")]


@scenario
def test_a_task_is_completed_when_every_item_has_any_status(studio: Studio) -> None:
    first, second, third = studio.upload(3)
    task = studio.task()
    statuses = [raw(studio, task)["status"]]
    for item, status in ((first, "completed"), (second, "discard"), (third, "completed")):
        task.set_status(status, "create", [item.id])
        statuses.append(raw(studio, task)["status"])
    assert statuses == ["open", "open", "open", "completed"]
    assert {one.status for one in task.assignments.list()} == {"done"}

    task.set_status("completed", "delete", [third.id])
    assert raw(studio, task)["status"] == "open"
    task.set_status("discard", "create", [third.id])
    assert raw(studio, task)["status"] == "completed"
    assert log(studio, third) == [("created", "completed"), ("deleted", "completed"), ("created", "discard")]


@scenario
def test_counts_follow_statuses(studio: Studio) -> None:
    items = studio.upload(4)
    task = studio.task(people=[ANN])
    task.set_status("completed", "create", [items[0].id, items[1].id])
    task.set_status("discard", "create", [items[2].id])

    for path in (f"/annotationtasks/{task.id}", f"/assignments/{task.assignmentIds[0]}"):
        seen = studio.ask("GET", path)[1]
        assert seen["itemStatus"] == {
            "completed": 3,
            "remaining": 1,
            "actions": {"completed": 2, "discard": 1},
        }
        assert (seen["progress"], seen["totalItems"]) == (75, 4)
    assert studio.ask("GET", f"/assignments/{task.assignmentIds[0]}")[1]["status"] == "in progress"
    task.set_status("discard", "delete", [items[2].id])
    assert raw(studio, task)["itemStatus"]["actions"] == {"completed": 2, "discard": 0}


@scenario
def test_a_status_is_changed_and_cleared_and_an_item_lost_none_by_being_added(studio: Studio) -> None:
    item = studio.upload(1)[0]
    task = studio.task()
    assert log(studio, item) == []
    fresh = studio.dl.items.get(item_id=item.id)
    fresh.update_status("completed", task_id=task.id)
    fresh.update_status("discard", task_id=task.id)
    assert studio.refs(item, task)[0]["metadata"]["status"] == "discard"
    fresh.update_status("discard", clear=True, task_id=task.id)
    assert studio.refs(item, task) == [{"id": task.id, "type": "task"}]
    assert log(studio, item) == [("created", "completed"), ("created", "discard"), ("deleted", "discard")]
    task.add_items(items=[item], assignee_ids=[ANN])
    assert len(log(studio, item)) == 3


@scenario
def test_statuses_of_ones_own_are_accepted_where_the_task_knows_them(studio: Studio) -> None:
    dl = studio.dl
    item = studio.upload(2)[0]
    task = studio.task(available_actions=[dl.ItemAction(action="fix-label")])

    assert task.set_status("fix-label", "create", [item.id])
    assert dl.items.get(item_id=item.id).status(task_id=task.id) == "fix-label"
    error = fails(dl.exceptions.BadRequest, lambda: task.set_status("nonsense", "create", [item.id]))
    assert "nonsense" in error.message


@scenario
def test_items_that_are_not_in_the_task_are_left_out_of_the_answer(studio: Studio) -> None:
    inside, outside = studio.upload(2)
    task = studio.task(items=[inside])
    path = f"/assignments/items/tasks/{task.id}/status"

    def said(*items: Any) -> Any:
        payload = {"operation": "create", "returnLastStatus": True, "status": "completed"}
        return studio.ask("POST", path, {"itemIds": [i.id for i in items], "statusPayload": payload})

    assert list(said(inside, outside)[1]) == [inside.id]
    assert said(outside) == (200, None)
    fails(
        studio.dl.exceptions.NotFound,
        lambda: task.assignments.list()[0].set_status("completed", "create", outside.id),
    )


@scenario
def test_statuses_of_two_tasks_do_not_meet(studio: Studio) -> None:
    item = studio.upload(1)[0]
    one, other = studio.task("one"), studio.task("other")

    one.set_status("completed", "create", [item.id])
    other.set_status("discard", "create", [item.id])

    fresh = studio.dl.items.get(item_id=item.id)
    assert (fresh.status(task_id=one.id), fresh.status(task_id=other.id)) == ("completed", "discard")
    assert len(fresh.metadata["system"]["refs"]) == 4


@scenario
def test_a_qa_task_takes_what_has_a_status_and_what_lost_it_stays_out(studio: Studio) -> None:
    items = studio.upload(6)
    task = studio.task("label", metadata={"key": "value"})
    task.set_status("completed", "create", [item.id for item in items[:4]])
    task.set_status("discard", "create", [items[4].id])
    task.set_status("completed", "delete", [items[0].id])
    create = studio.dataset.tasks.create_qa_task

    qa = create(task=task, due_date=DUE, assignee_ids=[EVE, ZOE], metadata={"key": "qa"})

    assert studio.names(qa) == [item.name for item in items[1:5]]
    assert (qa.name, qa.spec) == ("label_qa", {"type": "qa", "parentTaskId": task.id})
    assert (qa.recipe_id, qa.task_owner, qa.metadata["key"]) == (task.recipe_id, task.creator, "qa")
    assert [action.action for action in qa.available_actions] == ["approved", "discard"]
    assert {one.to_json()["annotator"] for one in qa.assignments.list()} == {EVE, ZOE}


@scenario
def test_what_is_said_in_qa_is_said_there_alone(studio: Studio) -> None:
    dl = studio.dl
    items = studio.upload(2)
    task = studio.task("label", [ANN])
    task.set_status("completed", "create", [item.id for item in items])
    qa = studio.dataset.tasks.create_qa_task(task=task, due_date=DUE, assignee_ids=[EVE])

    qa.set_status("approved", "create", [items[0].id])
    qa.set_status("discard", "create", [items[1].id])

    assert raw(studio, qa)["status"] == "completed"
    fresh = dl.items.get(item_id=items[1].id)
    assert (fresh.status(task_id=task.id), fresh.status(task_id=qa.id)) == ("completed", "discard")
    qa.delete()
    task.delete()
    assert studio.dataset.tasks.list() == []


@scenario
def test_a_qa_task_may_be_pulled_from_or_have_loads_or_items_of_its_own(studio: Studio) -> None:
    dl = studio.dl
    items = studio.upload(8)
    task = studio.task("label")
    task.set_status("completed", "create", [item.id for item in items[:6]])
    create = studio.dataset.tasks.create_qa_task

    pulled = create(task=task, due_date=DUE, batch_size=3, max_batch_workload=5, assignee_ids=[EVE])
    assert studio.counts(pulled) == {EVE: 3}
    skewed = dl.Workload.generate([EVE, ZOE], [75, 25])
    assert studio.counts(create(task=task, due_date=DUE, assignee_ids=None, workload=skewed)) == {
        EVE: 5,
        ZOE: 1,
    }
    chosen = create(task=task, due_date=DUE, assignee_ids=[EVE], items=items[6:])
    assert studio.names(chosen) == ["f006.txt", "f007.txt"]


@scenario
def test_an_annotation_says_that_there_is_an_issue_and_the_task_stays_completed(studio: Studio) -> None:
    item = studio.upload(1)[0]
    annotation = studio.annotate(item)[0]
    task = studio.task(people=[BOB])
    assignment = task.assignments.list()[0]
    issue = {"issueAssignmentId": assignment.id, "issueTaskId": task.id, "status": "issue"}

    annotation.metadata["system"] = {**annotation.metadata.get("system", {}), **issue}
    assert annotation.update(True).metadata["system"]["status"] == "issue"
    task.set_status("completed", "create", [item.id])
    for status in ("review", "approved"):
        annotation.metadata["system"]["status"] = status
        annotation.update(True)
        assert raw(studio, task)["status"] == "completed"
    kept = studio.dl.items.get(item_id=item.id).annotations.list()[0]
    assert kept.metadata["system"]["status"] == "approved"
    assert kept.metadata["system"]["issueTaskId"] == task.id


@scenario
def test_statuses_of_annotations_leave_a_task_as_it_is(studio: Studio) -> None:
    item = studio.upload(1)[0]
    task = studio.task()
    (annotation,) = studio.annotate(item)
    annotation.update_status(studio.dl.AnnotationStatus.ISSUE)
    assert raw(studio, task)["status"] == "open"
    annotation.update_status(studio.dl.AnnotationStatus.CLEAR)

    task.set_status("completed", "create", [item.id])
    assert raw(studio, task)["status"] == "completed"
    annotation.update_status(studio.dl.AnnotationStatus.APPROVED)

    assert raw(studio, task)["status"] == "completed"
    assert studio.dl.items.get(item_id=item.id).annotations.list()[0].status == "approved"
