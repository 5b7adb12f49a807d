"""Tasks and assignments found by id, by name and by every documented filter."""

from __future__ import annotations

from functools import partial
from typing import Any

from tests.dataloop.sdk import ANN, BOB, DUE, EVE, Studio, fails, scenario


def names(tasks: Any) -> list[str]:
    """Name tasks, sorted."""
    return sorted(task.name for task in tasks)


@scenario
def test_a_task_is_found_by_id_and_by_name_from_everywhere(studio: Studio) -> None:
    dl = studio.dl
    studio.upload(2)
    task = studio.task("one of a kind")

    for found in (
        dl.tasks.get(task_id=task.id),
        studio.project.tasks.get(task_name="one of a kind"),
        studio.dataset.tasks.get(task_name="one of a kind"),
        studio.project.tasks.get(task_id=task.id),
    ):
        assert found.to_json() == task.to_json()
    fails(dl.exceptions.NotFound, lambda: studio.project.tasks.get(task_name="unheard of"))


@scenario
def test_two_tasks_of_one_name_are_two(studio: Studio) -> None:
    studio.upload(2)
    first, second = studio.task("twice"), studio.task("twice")

    assert first.id != second.id
    error = fails(studio.dl.exceptions.NotFound, lambda: studio.project.tasks.get(task_name="twice"))
    assert "More than one" in error.message


@scenario
def test_ids_that_cannot_be_are_not_found(studio: Studio) -> None:
    dl = studio.dl
    gets = [
        (dl.tasks.get, "task_id"),
        (dl.assignments.get, "assignment_id"),
        (dl.items.get, "item_id"),
        (dl.datasets.get, "dataset_id"),
        (dl.projects.get, "project_id"),
        (dl.pipelines.get, "pipeline_id"),
        (dl.recipes.get, "recipe_id"),
        (dl.annotations.get, "annotation_id"),
    ]
    for get, key in gets:
        for name in ("111111111111", "6" * 24, "no such thing"):
            fails(dl.exceptions.NotFound, partial(get, **{key: name}))


@scenario
def test_tasks_are_listed_by_name_status_recipe_creator_and_assignments(studio: Studio) -> None:
    dl = studio.dl
    item = studio.upload(1)[0]
    done, open_ = studio.task("done"), studio.task("open", [EVE], recipe_id="another recipe")
    done.set_status("completed", "create", [item.id])

    def listed(**asked: Any) -> list[str]:
        return names(studio.dataset.tasks.list(**asked))

    assert listed() == ["done", "open"]
    assert listed(task_name="open") == ["open"]
    assert listed(status="completed") == ["done"]
    assert listed(recipe=dl.recipes.get(recipe_id=done.recipe_id)) == ["done"]
    assert listed(recipe="another recipe") == ["open"]
    assert listed(creator="owner@example.com") == ["done", "open"]
    assert listed(creator="nobody@example.com") == []
    assert listed(assignments=open_.assignments.list()) == ["open"]
    assert listed(assignments=[*done.assignmentIds, *open_.assignmentIds]) == ["done", "open"]


@scenario
def test_tasks_are_listed_by_when_they_are_due(studio: Studio) -> None:
    studio.upload(1)
    create = studio.dataset.tasks.create
    for day in range(3):
        create(task_name=f"day {day}", due_date=DUE + day * 86_400, assignee_ids=[ANN])

    def between(least: float | None, most: float | None) -> list[str]:
        return names(studio.project.tasks.list(min_date=least, max_date=most))

    assert between(DUE * 1000, None) == ["day 1", "day 2"]
    assert between(None, (DUE + 86_400) * 1000) == ["day 0"]
    assert between(DUE * 1000, (DUE + 86_400.5) * 1000) == ["day 1"]


@scenario
def test_tasks_are_listed_page_by_page_and_by_a_filter_of_ones_own(studio: Studio) -> None:
    dl = studio.dl
    studio.upload(1)
    for number in range(5):
        studio.task(f"task {number}")

    assert names(studio.dataset.tasks.list(pages_size=2, page_offset=1)) == ["task 2", "task 3"]
    filters = dl.Filters(resource=dl.FiltersResource.TASK, field="name", values="task *")
    filters.add("name", ["task 1", "task 4"], operator=dl.FiltersOperations.IN)
    found = studio.project.tasks.list(filters=filters)
    assert names(task for page in found for task in page) == ["task 1", "task 4"]


@scenario
def test_tasks_are_listed_in_the_order_that_is_asked_for_page_by_page(studio: Studio) -> None:
    dl = studio.dl
    studio.upload(1)
    for name, priority in (("b", 1), ("d", 3), ("a", 3), ("c", 2)):
        studio.task(name, priority=priority)

    def listed(*fields: str) -> list[str]:
        filters = dl.Filters(resource=dl.FiltersResource.TASK)
        filters.page_size = 3
        for field in fields:
            path, _, down = field.partition(" ")
            directions = dl.FiltersOrderByDirection
            filters.sort_by(path, directions.DESCENDING if down else directions.ASCENDING)
        return [task.name for page in studio.project.tasks.list(filters=filters) for task in page]

    assert listed("name") == ["a", "b", "c", "d"]
    assert listed("name down") == ["d", "c", "b", "a"]
    assert listed("priority down", "name") == ["a", "d", "c", "b"]
    assert listed() == ["b", "d", "a", "c"]


@scenario
def test_datasets_and_pipelines_and_annotations_are_listed_in_the_order_that_is_asked_for(
    studio: Studio,
) -> None:
    for name in ("b", "c", "a"):
        studio.project.datasets.create(name)
        studio.project.pipelines.create(name)
    studio.annotate(studio.upload(1)[0], "b", "c", "a")
    context = {"projectIds": [studio.project.id]}

    def listed(path: str, key: str, **said: Any) -> list[str]:
        status, page = studio.ask("POST", path, {"filter": {}, "sort": {key: "descending"}, **said})
        assert status == 200
        return [row[key] for row in page["items"]]

    assert listed("/datasets/query", "name", context=context) == ["dataset", "c", "b", "a"]
    assert listed("/pipelines/query", "name", context=context) == ["c", "b", "a"]
    there = f"/datasets/{studio.dataset.id}/query"
    assert listed(there, "label", resource="annotations") == ["c", "b", "a"]


@scenario
def test_eighty_one_tasks_of_one_name_in_two_projects_are_counted_for_each(studio: Studio) -> None:
    dl = studio.dl
    studio.upload(1)
    other = dl.projects.create(f"{studio.project.name} other")
    second = other.datasets.create("dataset")
    for number in range(81):
        dataset = studio.dataset if number % 3 else second
        dataset.tasks.create(task_name="same", due_date=DUE, assignee_ids=[ANN])

    assert len(studio.project.tasks.list(task_name="same")) == 54
    assert len(other.tasks.list(task_name="same")) == 27
    assert len(dl.tasks.list(project_ids=[studio.project.id, other.id], task_name="same")) == 81
    assert len(studio.dataset.tasks.list()) == 54


@scenario
def test_a_task_is_found_through_a_project_it_is_not_of_and_says_where_it_is(studio: Studio) -> None:
    dl = studio.dl
    studio.upload(1)
    task = studio.task()
    other = dl.projects.create(f"{studio.project.name} other")

    found = other.tasks.get(task_id=task.id)

    assert (found.project_id, found.dataset_id) == (studio.project.id, studio.dataset.id)
    assignment = other.datasets.create("d").assignments.get(assignment_id=task.assignmentIds[0])
    assert assignment.metadata["system"]["taskId"] == task.id


@scenario
def test_assignments_are_listed_by_task_name_person_status_and_page(studio: Studio) -> None:
    item = studio.upload(2)[0]
    plus = "ann+tag@example.com"
    task, other = studio.task("one", [ANN, BOB, plus]), studio.task("other", [ANN])
    task.set_status("completed", "create", [item.id])

    def listed(of: Any = studio.project, **asked: Any) -> list[tuple[str, str]]:
        found = of.assignments.list(**asked)
        return [(one.task.name, one.annotator) for one in found]

    assert listed(task) == [("one", ANN), ("one", BOB), ("one", plus)]
    assert listed() == [("one", ANN), ("one", BOB), ("one", plus), ("other", ANN)]
    assert listed(task_id=other.id) == [("other", ANN)]
    assert listed(assignee_id=ANN) == [("one", ANN), ("other", ANN)]
    assert listed(assignee_id=plus) == [("one", plus)]
    assert listed(assignment_name="one (2)") == [("one", BOB)]
    assert len(listed(status="done")) == 1
    assert listed(pages_size=2, page_offset=1) == [("one", plus), ("other", ANN)]
    assert listed(project_ids=[studio.project.id], task_id=other.id) == [("other", ANN)]
    assert studio.dl.assignments.list(project_ids=["6" * 24]) == []


@scenario
def test_an_assignment_is_found_by_name_and_updated(studio: Studio) -> None:
    dl = studio.dl
    studio.upload(2)
    task = studio.task("label")
    assert task.assignments.get(assignment_name="label (1)").annotator == ANN
    assignment = task.assignments.list()[0]
    assignment.name = "the first"
    assignment.update()

    again = dl.assignments.get(assignment_id=assignment.id)
    assert (again.name, again.annotator) == ("the first", ANN)
    assert again.metadata["system"]["markForDeletion"] is False
    assert [item.id for item in studio.items(again)] == [item.id for item in studio.items(assignment)]


@scenario
def test_projects_and_datasets_are_found_by_id_and_by_name(studio: Studio) -> None:
    dl = studio.dl
    odd = dl.projects.create(f"a/b & c %41 {studio.project.name}")
    assert dl.projects.get(project_name=odd.name).id == odd.id
    assert dl.projects.get(project_id=odd.id).name == odd.name
    assert odd.id in {project.id for project in dl.projects.list()}
    fails(dl.exceptions.NotFound, lambda: dl.projects.get(project_name="unheard of"))
    fails(dl.exceptions.Conflict, lambda: dl.projects.create(odd.name))

    assert [dataset.name for dataset in studio.project.datasets.list()] == ["dataset"]
    assert studio.project.datasets.get(dataset_name="dataset").id == studio.dataset.id
    fails(dl.exceptions.NotFound, lambda: studio.project.datasets.get(dataset_name="unheard of"))
    fails(dl.exceptions.Conflict, lambda: studio.project.datasets.create("dataset"))


@scenario
def test_a_project_or_dataset_is_not_renamed_to_what_another_is_called(studio: Studio) -> None:
    dl = studio.dl
    other = dl.projects.create(f"{studio.project.name} other")
    second = studio.project.datasets.create("second")
    other.name, second.name = studio.project.name, "dataset"

    fails(dl.exceptions.Conflict, other.update)
    fails(dl.exceptions.Conflict, second.update)
    assert dl.projects.get(project_name=studio.project.name).id == studio.project.id
    assert studio.project.datasets.get(dataset_name="dataset").id == studio.dataset.id
    studio.project.update()
    studio.dataset.update()
    other.name = f"{studio.project.name} moved"
    other.update()
    assert dl.projects.get(project_name=other.name).id == other.id
