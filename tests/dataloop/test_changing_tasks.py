"""Tasks that change under way: items come and go, work changes hands, settings are updated."""

from __future__ import annotations

from typing import Any

from tests.dataloop.sdk import ANN, BOB, EVE, ZOE, Studio, fails, scenario


@scenario
def test_added_items_go_by_the_loads_that_come_with_them_and_new_people_join(studio: Studio) -> None:
    dl = studio.dl
    studio.upload(4)
    task = studio.task()
    late = studio.upload(4, "/late")

    task.add_items(items=late, workload=dl.Workload.generate([ANN, EVE], [25, 75]))

    assert studio.counts(task) == {ANN: 3, BOB: 2, EVE: 3}


@scenario
def test_items_added_without_loads_go_to_whoever_is_short(studio: Studio) -> None:
    studio.upload(3)
    task = studio.task()
    late = studio.upload(3, "/late")

    task.add_items(items=late)

    assert studio.counts(task) == {ANN: 3, BOB: 3}


@scenario
def test_items_that_are_there_are_not_added_twice(studio: Studio) -> None:
    items = studio.upload(4)
    task = studio.task()
    before = [sorted(item.id for item in studio.items(one)) for one in task.assignments.list()]

    task.add_items(items=items, assignee_ids=[ANN, BOB])
    task.add_items(filters=studio.dl.Filters())

    assert [sorted(item.id for item in studio.items(one)) for one in task.assignments.list()] == before
    assert task.get_items().items_count == 4


@scenario
def test_items_are_added_by_query_up_to_a_limit(studio: Studio) -> None:
    studio.upload(2)
    task = studio.task()
    studio.upload(5, "/late")

    task.add_items(query={"filter": {"$and": [{"dir": "/late"}]}}, limit=2, assignee_ids=[ANN])

    assert [item.dir for item in studio.items(task)].count("/late") == 2
    assert studio.counts(task) == {ANN: 3, BOB: 1}


@scenario
def test_items_with_a_status_stay_when_items_are_removed_and_are_counted(studio: Studio) -> None:
    items = studio.upload(5)
    task = studio.task(people=[ANN])
    task.set_status("completed", "create", [items[0].id])

    command = task.remove_items(items=items[:3], wait=False).wait()

    assert (command.spec["removeItemsCount"], command.spec["totalItemsCount"]) == (2, 3)
    assert studio.names(task) == ["f000.txt", "f003.txt", "f004.txt"]
    assert studio.refs(items[1], task) == []
    assert task.remove_items(filters=studio.dl.Filters())
    assert studio.names(task) == ["f000.txt"]


@scenario
def test_an_emptied_assignment_vanishes_and_comes_back_with_items(studio: Studio) -> None:
    items = studio.upload(4)
    task = studio.task()
    first, second = task.assignments.list()

    task.remove_items(items=studio.items(first))
    assert [one.id for one in task.assignments.list()] == [second.id]
    fails(studio.dl.exceptions.NotFound, lambda: studio.dl.assignments.get(assignment_id=first.id))
    task.remove_items(items=items)
    assert task.assignments.list() == []
    task.add_items(items=items[:2], assignee_ids=[ANN])
    assert studio.counts(task) == {ANN: 2}


@scenario
def test_empty_assignments_of_a_batch_node_stay(studio: Studio) -> None:
    items = studio.upload(4)
    task = studio.task(metadata={"type": "batchNode"})

    task.add_items(items=items, assignee_ids=[ANN, BOB])
    task.remove_items(items=items)

    assert studio.counts(task) == {ANN: 0, BOB: 0}


@scenario
def test_an_assignment_is_redistributed_and_finished_work_stays(studio: Studio) -> None:
    dl = studio.dl
    studio.upload(12)
    task = studio.task()
    first = task.assignments.list()[0]
    before = studio.items(first)
    task.set_status("completed", "create", [item.id for item in before[:2]])

    found = first.redistribute(dl.Workload.generate([EVE, ZOE]))

    assert [one.annotator for one in found] == [EVE, ZOE]
    assert studio.counts(task) == {ANN: 2, BOB: 6, EVE: 2, ZOE: 2}
    moved = {item.id for one in found for item in studio.items(one)}
    assert moved == {item.id for item in before[2:]}


@scenario
def test_redistributing_among_others_gives_back_exactly_the_items_of_the_source(studio: Studio) -> None:
    studio.upload(12)
    task = studio.task(people=[ANN])
    source = task.assignments.list()[0]
    before = sorted(item.id for item in studio.items(source))

    found = source.redistribute(studio.dl.Workload.generate([BOB, EVE]))

    assert sorted(item.id for one in found for item in studio.items(one)) == before
    assert list(studio.counts(task)) == [BOB, EVE]


@scenario
def test_who_is_in_the_loads_keeps_her_assignment(studio: Studio) -> None:
    studio.upload(8)
    task = studio.task(people=[ANN])
    source = task.assignments.list()[0]

    found = source.redistribute(studio.dl.Workload.generate([ANN, BOB, EVE], [50, 25, 25]))

    assert found[0].id == source.id
    assert studio.counts(task) == {ANN: 4, BOB: 2, EVE: 2}


@scenario
def test_what_is_reassigned_is_the_same_but_for_whose_it_is(studio: Studio) -> None:
    studio.upload(4)
    task = studio.task()
    old = task.assignments.list()[1]
    old.metadata["note"] = "urgent"
    old = old.update()
    items = sorted(item.id for item in studio.items(old))

    new = old.reassign(assignee_id=EVE)

    ours = ("id", "name", "annotator", "url")
    before, after = ({k: v for k, v in one.to_json().items() if k not in ours} for one in (old, new))
    assert before == after
    assert sorted(item.id for item in studio.items(new)) == items
    assert studio.counts(task) == {ANN: 2, EVE: 2}


@scenario
def test_whoever_has_an_assignment_already_gets_the_items_into_it(studio: Studio) -> None:
    studio.upload(6)
    task = studio.task(people=[ANN, BOB, EVE])
    first, second, _ = task.assignments.list()

    new = first.reassign(BOB)

    assert (new.id, new.total_items) == (second.id, 4)
    assert studio.counts(task) == {BOB: 4, EVE: 2}
    found = task.assignments.list()[0].redistribute(studio.dl.Workload.generate([ANN, BOB]))
    assert sorted(one.total_items for one in found) == [2, 2]


@scenario
def test_a_list_of_several_people_is_nobody_to_reassign_to(studio: Studio) -> None:
    studio.upload(2)
    first = studio.task().assignments.list()[0]

    error = fails(studio.dl.exceptions.BadRequest, lambda: first.reassign([EVE, ZOE]))

    assert error.message.startswith("annotator must be one e-mail")


@scenario
def test_an_assignment_is_created_in_a_task(studio: Studio) -> None:
    studio.upload(2)
    task = studio.task()
    late = studio.upload(2, "/late")

    assignment = task.create_assignment("hers", EVE, items=late)

    assert (assignment.annotator, studio.names(assignment)) == (EVE, ["f000.txt", "f001.txt"])
    assert studio.counts(studio.dl.tasks.get(task_id=task.id)) == {ANN: 1, BOB: 1, EVE: 2}
    again = studio.dl.assignments.get(assignment_id=assignment.id)
    assert again.metadata["system"]["taskId"] == task.id
    more = studio.upload(1, "/more")
    assert task.assignments.create(assignee_id=ZOE, items=more).annotator == ZOE


@scenario
def test_an_assignment_over_plain_rest_deleted_gives_its_work_to_the_others(studio: Studio) -> None:
    studio.upload(6)
    task = studio.task(people=[ANN, BOB, EVE])
    first = task.assignments.list()[0]
    task.set_status("completed", "create", [studio.items(first)[0].id])

    assert studio.ask("DELETE", f"/assignments/{first.id}")[0] == 200

    assert studio.counts(task)[ANN] == 1
    assert sum(studio.counts(task).values()) == 6


@scenario
def test_settings_are_updated_also_with_texts_for_numbers(studio: Studio) -> None:
    dl = studio.dl
    studio.upload(2)
    task = studio.task(metadata={"kept": "yes"})
    before = studio.ask("GET", f"/annotationtasks/{task.id}")[1]

    task.name, task.task_owner = "renamed", "boss@example.com"
    task.due_date, task.priority = "1917082584000", "1"
    task.metadata["note"] = {"a": 1}
    task = task.update()

    kept = dl.tasks.get(task_id=task.id)
    assert (kept.name, kept.task_owner, kept.metadata["note"]) == ("renamed", "boss@example.com", {"a": 1})
    assert (float(kept.due_date), int(kept.priority)) == (1917082584000.0, 1)
    after = studio.ask("GET", f"/annotationtasks/{task.id}")[1]
    changed = {key for key in after if after[key] != before[key]}
    assert changed <= {"name", "taskOwner", "dueDate", "priority", "metadata", "updatedAt"}


@scenario
def test_an_update_changes_nothing_that_follows_from_work(studio: Studio) -> None:
    item = studio.upload(2)[0]
    task = studio.task()
    task.set_status("completed", "create", [item.id])
    body = studio.ask("GET", f"/annotationtasks/{task.id}")[1]

    forged: dict[str, Any] = {"status": "completed", "assignmentIds": [], "totalItems": 99, "progress": 100}
    assert studio.ask("PATCH", f"/annotationtasks/{task.id}", {**body, **forged})[1]["totalItems"] == 2

    assert {k: v for k, v in studio.ask("GET", f"/annotationtasks/{task.id}")[1].items() if k in forged} == {
        key: body[key] for key in forged
    }


@scenario
def test_new_actions_are_statuses_from_then_on(studio: Studio) -> None:
    dl = studio.dl
    item = studio.upload(1)[0]
    task = studio.task()
    task.available_actions = [dl.ItemAction(action="relabel")]
    task = task.update()

    task.set_status("relabel", "create", [item.id])

    assert dl.items.get(item_id=item.id).status(task_id=task.id) == "relabel"


@scenario
def test_an_item_deleted_leaves_its_tasks(studio: Studio) -> None:
    items = studio.upload(3)
    task = studio.task(people=[ANN])

    items[0].delete()

    assert studio.counts(task) == {ANN: 2}
    assert task.get_items().items_count == 2


@scenario
def test_a_dataset_and_a_project_go_with_all_their_tasks(studio: Studio) -> None:
    dl = studio.dl
    studio.upload(2)
    task, other = studio.task(), studio.task()
    task.delete()
    studio.dataset.delete(sure=True, really=True)
    fails(dl.exceptions.NotFound, lambda: dl.tasks.get(task_id=other.id))
    assert studio.project.delete(sure=True, really=True)
    fails(dl.exceptions.NotFound, lambda: dl.projects.get(project_id=studio.project.id))
