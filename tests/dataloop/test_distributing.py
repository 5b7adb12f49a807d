"""Tasks whose items are shared out by load, through the SDK."""

from __future__ import annotations

import json

import pytest

from tests.dataloop.sdk import ANN, BOB, DUE, EVE, Studio, fails, scenario


@pytest.mark.parametrize(("people", "counts"), [(1, [10]), (2, [5, 5]), (3, [4, 3, 3]), (4, [3, 3, 2, 2])])
@scenario
def test_items_are_shared_out_within_one_of_each_load(studio: Studio, people: int, counts: list[int]) -> None:
    names = [f"p{number}@x.io" for number in range(people)]
    studio.upload(10)

    task = studio.task(people=names)

    assert studio.counts(task) == dict(zip(names, counts, strict=True))
    hands = [item.id for one in task.assignments.list() for item in studio.items(one)]
    assert len(hands) == len(set(hands)) == task.get_items().items_count == 10


@scenario
def test_loads_arrive_as_the_sdk_makes_them(studio: Studio) -> None:
    dl = studio.dl
    studio.upload(10)

    thirds = dl.Workload.generate(assignee_ids=[ANN, BOB, EVE])
    assert [unit.load for unit in thirds] == [34, 33, 33]
    assert studio.counts(studio.task("thirds", None, workload=thirds)) == {ANN: 4, BOB: 3, EVE: 3}
    skewed = dl.Workload.generate(assignee_ids=[ANN, BOB], loads=[80, 20])
    assert studio.counts(studio.task("skewed", None, workload=skewed)) == {ANN: 8, BOB: 2}
    nearly = dl.Workload.generate(assignee_ids=[ANN, BOB], loads=[49.5, 50])
    assert sum(studio.counts(studio.task("nearly", None, workload=nearly)).values()) == 10


@scenario
def test_a_hundred_and_twenty_people_have_assignments_also_those_without_a_load(studio: Studio) -> None:
    names = [f"p{number:03}@x.io" for number in range(120)]
    studio.upload(2)

    task = studio.task(people=names)

    assert list(studio.counts(task)) == names
    assert sum(studio.counts(task).values()) == 2


@scenario
def test_what_is_sent_comes_back(studio: Studio) -> None:
    dl = studio.dl
    studio.upload(3)
    filters = dl.Filters(field="dir", values="/")
    recipe = studio.dataset.get_recipe_ids()[0]
    task = studio.task(
        filters=filters,
        task_owner="boss@example.com",
        metadata={"key": "value"},
        priority=dl.TaskPriority.HIGH,
        recipe_id=recipe,
        available_actions=[dl.ItemAction(action="fix-label", display_name="Fix", color="#123456")],
    )

    kept = dl.tasks.get(task_id=task.id)
    query = json.loads(kept.query)
    assert query.pop("sort") == {"id": "ascending"}
    assert query == filters.prepare()
    assert (kept.due_date, kept.priority, kept.recipe_id) == (DUE * 1000, 3, recipe)
    assert (kept.creator, kept.task_owner) == ("owner@example.com", "boss@example.com")
    assert kept.metadata["key"] == "value"
    assert [action.to_json() for action in kept.available_actions] == [
        {"action": "fix-label", "displayName": "Fix", "color": "#123456"}
    ]
    assert (kept.project.id, kept.dataset.id) == (studio.project.id, studio.dataset.id)


@scenario
def test_two_looks_at_a_task_are_alike(studio: Studio) -> None:
    studio.upload(4)
    task = studio.task()

    looks = [studio.ask("GET", f"/annotationtasks/{task.id}") for _ in range(2)]
    assert looks[0] == looks[1]
    assert looks[0][1]["assignmentIds"] == [one.id for one in task.assignments.list()]


@scenario
def test_names_of_people_are_in_lower_case_everywhere(studio: Studio) -> None:
    dl = studio.dl
    studio.upload(4)
    task = studio.task(people=["ANN@Example.com", "Bob@example.com"])
    first, second = task.assignments.list()
    assert (first.annotator, second.annotator) == (ANN, BOB)

    halves = dl.Workload([dl.WorkloadUnit("EVE@Example.com", 50), dl.WorkloadUnit("ANN@example.com", 50)])
    assert {one.annotator for one in first.redistribute(halves)} == {EVE, ANN}
    assert second.reassign("Zoe@Example.com").annotator == "zoe@example.com"


@scenario
def test_loads_of_one_person_who_is_named_twice_add_up(studio: Studio) -> None:
    dl = studio.dl
    studio.upload(4)

    twice = dl.Workload(
        [dl.WorkloadUnit(ANN, 25), dl.WorkloadUnit(BOB, 50), dl.WorkloadUnit("ANN@example.com", 25)]
    )

    assert studio.counts(studio.task(people=None, workload=twice)) == {ANN: 2, BOB: 2}


@scenario
def test_a_task_takes_at_most_as_many_items_as_its_limit(studio: Studio) -> None:
    studio.upload(5)

    assert studio.task(limit=3).get_items().items_count == 3


@scenario
def test_a_task_may_have_no_items_and_one_may_be_made_of_a_bare_query(studio: Studio) -> None:
    studio.upload(2)
    empty = studio.task("empty", filters=studio.dl.Filters(field="dir", values="/nowhere"))
    assert studio.counts(empty) == {ANN: 0, BOB: 0}
    assert (empty.status, empty.get_items().items_count) == ("open", 0)

    bare = studio.task("bare", query={"$and": [{"name": "f001.txt"}]})
    assert studio.names(bare) == ["f001.txt"]


@scenario
def test_a_listed_page_of_items_is_a_task(studio: Studio) -> None:
    studio.upload(3)

    task = studio.task(items=studio.dataset.items.list())

    assert studio.names(task) == ["f000.txt", "f001.txt", "f002.txt"]


@scenario
def test_an_item_is_in_two_tasks_at_once_with_two_references_each(studio: Studio) -> None:
    item = studio.upload(2)[0]
    tasks = [studio.task(), studio.task()]

    refs = studio.dl.items.get(item_id=item.id).metadata["system"]["refs"]
    assert [ref["type"] for ref in refs] == ["task", "assignment"] * 2
    assert {ref["id"] for ref in refs if ref["type"] == "task"} == {task.id for task in tasks}
    for task in tasks:
        assert studio.refs(item, task) == [{"id": task.id, "type": "task"}]


@scenario
def test_a_task_without_people_is_its_owners(studio: Studio) -> None:
    studio.upload(2)

    assert studio.counts(studio.task(people=None)) == {"owner@example.com": 2}


@scenario
def test_the_same_task_is_found_where_that_is_asked_for(studio: Studio) -> None:
    dl = studio.dl
    studio.upload(2)

    def once(name: str) -> str:
        there = dl.Filters(resource=dl.FiltersResource.TASK, field="name", values=name)
        return str(studio.task(name, check_if_exist=there).id)

    assert once("daily") == once("daily") != once("weekly")
    assert len(studio.dataset.tasks.list()) == 2


@scenario
def test_a_labeling_task_is_shared_out_or_pulled_from(studio: Studio) -> None:
    studio.upload(8)
    create = studio.dataset.tasks.create_labeling_task

    shared = create(name="shared", due_date=DUE, assignee_ids=[ANN, BOB])
    assert studio.counts(shared) == {ANN: 4, BOB: 4}
    pulled = create(name="pulled", due_date=DUE, assignee_ids=[ANN, BOB], batch_size=3, max_batch_workload=5)
    assert studio.counts(pulled) == {ANN: 3, BOB: 3}


@scenario
def test_a_command_that_nobody_waits_for_can_be_waited_for(studio: Studio) -> None:
    dl = studio.dl
    studio.upload(2)

    command = studio.task(wait=False)
    assert isinstance(command, dl.Command)
    task = dl.tasks.get(task_id=command.wait().spec["createdTaskId"])
    assert task.get_items().items_count == 2
    assert command.id in [one.id for one in dl.commands.list()]
    assert dl.commands.abort(command_id=command.id).status == "success"
    assert task.add_items(filters=dl.Filters(), assignee_ids=[ANN], wait=False).wait().status == "success"
    task.delete(wait=False)
    fails(dl.exceptions.NotFound, lambda: dl.tasks.get(task_id=task.id))


@scenario
def test_scores_read_as_empty(studio: Studio) -> None:
    item = studio.upload(1)[0]
    task = studio.task()
    annotation = studio.annotate(item)[0]

    assert studio.dataset.tasks.task_scores(task_id=task.id) == []
    assert item.task_scores(task_id=task.id) == []
    assert annotation.task_scores(task_id=task.id) == []
    assert studio.ask("GET", f"/scores/assignments/{task.assignmentIds[0]}") == (200, [])


@scenario
def test_a_load_out_of_bounds_is_refused_before_or_behind_the_wire(studio: Studio) -> None:
    dl = studio.dl
    studio.upload(2)
    fails(dl.exceptions.BadRequest, lambda: dl.WorkloadUnit(ANN, 101))
    fails(dl.exceptions.BadRequest, lambda: dl.Workload.generate([ANN, BOB], [60, 30]))

    too_much = dl.Workload([dl.WorkloadUnit(ANN, 75), dl.WorkloadUnit(BOB, 75)])
    error = fails(dl.exceptions.BadRequest, lambda: studio.task(people=None, workload=too_much))

    assert error.message == "loads must sum to 100, got 150.0"
    assert studio.dataset.tasks.list() == []
