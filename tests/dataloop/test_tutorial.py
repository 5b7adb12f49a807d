"""Every snippet of the platform's tutorial on tasks and assignments, as it is written there."""

from __future__ import annotations

import datetime  # noqa: ICN001  as the tutorial has it
from typing import Any

from tests.dataloop.sdk import Studio, fails, lone_scenario, scenario

FIRST, SECOND, NEW = "annotator1@dataloop.ai", "annotator2@dataloop.ai", "new.annotator@dataloop.ai"
REVIEWERS = ["reviewer1@dataloop.ai", "reviewer2@dataloop.ai"]
DUE_DATE = datetime.datetime(day=1, month=1, year=2029).timestamp()  # noqa: DTZ001  as the tutorial has it
FOLDER = "/my/folder/path"


def basic(studio: Studio) -> Any:
    """Create the first task of the tutorial."""
    return studio.dataset.tasks.create(
        task_name="my_annotation_task", due_date=DUE_DATE, assignee_ids=[FIRST, SECOND]
    )


@scenario
def test_a_basic_task_is_created_after_the_login_check(studio: Studio) -> None:
    dl, name = studio.dl, studio.project.name
    studio.upload(10)

    if dl.token_expired():
        dl.login()
    project = dl.projects.get(project_name=name)
    dataset = project.datasets.get(dataset_name="dataset")
    task = dataset.tasks.create(
        task_name="my_annotation_task",
        due_date=datetime.datetime(day=1, month=1, year=2029).timestamp(),  # noqa: DTZ001
        assignee_ids=["annotator1@dataloop.ai", "annotator2@dataloop.ai"],
    )

    assert (task.name, task.status, task.due_date) == ("my_annotation_task", "open", DUE_DATE * 1000)
    assert studio.counts(task) == {FIRST: 5, SECOND: 5}
    assert task.get_items().items_count == 10


@scenario
def test_a_task_takes_the_items_of_a_folder_and_not_of_those_in_it(studio: Studio) -> None:
    studio.upload(3, FOLDER)
    studio.upload(2, f"{FOLDER}/deeper")

    filters = studio.dl.Filters(field="dir", values="/my/folder/path")
    task = studio.dataset.tasks.create(
        task_name="filtered_task", due_date=DUE_DATE, assignee_ids=[FIRST, SECOND], filters=filters
    )

    assert {item.dir for item in studio.items(task)} == {FOLDER}
    assert task.get_items().items_count == 3


@scenario
def test_a_task_takes_the_items_without_annotations(studio: Studio) -> None:
    first, *others = studio.upload(4, FOLDER)
    studio.annotate(first)

    filters = studio.dl.Filters(field="annotated", values=False)
    task = studio.dataset.tasks.create(
        task_name="filtered_task", due_date=DUE_DATE, assignee_ids=[FIRST, SECOND], filters=filters
    )

    assert studio.names(task) == [item.name for item in others]


@scenario
def test_a_qa_task_of_a_task_nobody_has_worked_on_is_empty(studio: Studio) -> None:
    studio.upload(4)
    task = basic(studio)

    qa_task = studio.dataset.tasks.create_qa_task(task=task, due_date=DUE_DATE, assignee_ids=REVIEWERS)

    assert (qa_task.name, qa_task.spec["type"]) == ("my_annotation_task_qa", "qa")
    assert qa_task.spec["parentTaskId"] == task.id
    assert studio.counts(qa_task) == dict.fromkeys(REVIEWERS, 0)


@scenario
def test_a_pulling_task_hands_out_one_batch_each(studio: Studio) -> None:
    studio.upload(25)

    pulling_task = studio.dataset.tasks.create(
        task_name="dynamic_task",
        due_date=DUE_DATE,
        batch_size=10,
        max_batch_workload=15,
        allowed_assignees=[FIRST, SECOND],
    )

    assert studio.counts(pulling_task) == {FIRST: 10, SECOND: 10}
    assert pulling_task.get_items().items_count == 25


@scenario
def test_a_consensus_task_gives_every_item_to_both(studio: Studio) -> None:
    studio.upload(10)

    consensus_task = studio.dataset.tasks.create(
        task_name="consensus_task",
        due_date=DUE_DATE,
        assignee_ids=[FIRST, SECOND],
        consensus_percentage=100,
        consensus_assignees=2,
    )

    assert studio.counts(consensus_task) == {FIRST: 10, SECOND: 10}
    assert consensus_task.get_items(get_consensus_items=True).items_count == 30


@scenario
def test_items_are_added_by_filter_and_one_by_one(studio: Studio) -> None:
    dl = studio.dl
    studio.upload(4)
    task = basic(studio)
    studio.upload(3, prefix="late")

    filters = dl.Filters(field="metadata.system.refs", values=[])
    task.add_items(filters=filters, assignee_ids=[FIRST, SECOND])
    assert studio.names(task)[-3:] == ["late000.txt", "late001.txt", "late002.txt"]

    new = studio.upload(1, "/new", prefix="new")[0]
    item = dl.items.get(item_id=new.id)
    same = task.add_items(items=[item], assignee_ids=["annotator1@dataloop.ai"])

    assert same is task
    assert sum(studio.counts(task).values()) == 8
    mine = next(one for one in task.assignments.list() if one.annotator == FIRST)
    assert item.id in [found.id for found in studio.items(mine)]


@scenario
def test_tasks_and_assignments_are_found(studio: Studio) -> None:
    dl = studio.dl
    studio.upload(4)
    made = basic(studio)

    task = dl.tasks.get(task_id=made.id)
    assert studio.project.tasks.get(task_name="my_annotation_task").to_json() == task.to_json()
    assert [found.id for found in studio.dataset.tasks.list()] == [task.id]
    assignments = task.assignments.list()
    assert [found.id for found in assignments] == task.assignmentIds
    assignment = dl.assignments.get(assignment_id=assignments[0].id)
    assert assignment.to_json() == assignments[0].to_json()


@scenario
def test_work_is_redistributed_and_reassigned(studio: Studio) -> None:
    dl = studio.dl
    studio.upload(10)
    task = basic(studio)
    assignment = dl.assignments.get(assignment_id=task.assignments.list()[0].id)

    found = assignment.redistribute(
        dl.Workload(
            [dl.WorkloadUnit(assignee_id=FIRST, load=50), dl.WorkloadUnit(assignee_id=SECOND, load=50)]
        )
    )
    assert [one.annotator for one in found] == [FIRST, SECOND]
    assert (found[0].id, sum(studio.counts(task).values())) == (assignment.id, 10)
    kept = {item.id for item in studio.items(found[0])}

    new = assignment.reassign(["new.annotator@dataloop.ai"])
    assert new.annotator == NEW
    assert {item.id for item in studio.items(new)} == kept
    assert list(studio.counts(task)) == [SECOND, NEW]


@scenario
def test_a_pipeline_gets_a_task_node(studio: Studio) -> None:
    dl = studio.dl
    pipeline = studio.project.pipelines.create(name="my-pipeline")
    task_node = dl.TaskNode(
        name="Pipeline Task",
        recipe_id="recipe-id",
        recipe_title="recipe-title",
        task_owner="owner@dataloop.ai",
        workload=[dl.WorkloadUnit(assignee_id="annotator@dataloop.ai", load=100)],
        position=(2, 1),
        project_id=studio.project.id,
        dataset_id=studio.dataset.id,
    )
    pipeline.nodes.add(node=task_node)
    pipeline.update()

    kept = dl.pipelines.get(pipeline_id=pipeline.id)
    assert [node.to_json() for node in kept.nodes] == [task_node.to_json()]
    assert kept.start_nodes == [{"nodeId": task_node.node_id, "type": "root"}]


@scenario
def test_a_task_is_deleted_with_its_assignments(studio: Studio) -> None:
    dl = studio.dl
    item = studio.upload(4)[0]
    task = basic(studio)
    assignment = task.assignments.list()[0]

    task.delete()

    fails(dl.exceptions.NotFound, lambda: dl.tasks.get(task_id=task.id))
    fails(dl.exceptions.NotFound, lambda: dl.assignments.get(assignment_id=assignment.id))
    assert dl.items.get(item_id=item.id).metadata["system"]["refs"] == []


@scenario
def test_an_assignment_is_deleted_only_over_plain_rest(studio: Studio) -> None:
    studio.upload(4)
    task = basic(studio)
    assignment = task.assignments.list()[0]

    assert not hasattr(assignment, "delete")
    assert studio.ask("DELETE", f"/assignments/{assignment.id}")[0] == 200

    assert studio.counts(task) == {SECOND: 4}


def whole_document(studio: Studio) -> Any:
    """Go through the whole tutorial; yield between its sections."""
    dl = studio.dl
    studio.upload(10, FOLDER)
    project = dl.projects.get(project_name=studio.project.name)
    dataset = project.datasets.get(dataset_name="dataset")
    people = {"due_date": DUE_DATE, "assignee_ids": [FIRST, SECOND]}
    task = dataset.tasks.create(task_name="my_annotation_task", **people)
    yield
    filters = dl.Filters(field="dir", values="/my/folder/path")
    filters = dl.Filters(field="annotated", values=False)
    dataset.tasks.create(task_name="filtered_task", filters=filters, **people)
    dataset.tasks.create_qa_task(task=task, due_date=DUE_DATE, assignee_ids=REVIEWERS)
    yield
    pull = {"batch_size": 10, "max_batch_workload": 15, "allowed_assignees": [FIRST, SECOND]}
    dataset.tasks.create(task_name="dynamic_task", due_date=DUE_DATE, **pull)
    dataset.tasks.create(
        task_name="consensus_task", consensus_percentage=100, consensus_assignees=2, **people
    )
    yield
    task.add_items(filters=dl.Filters(field="metadata.system.refs", values=[]), assignee_ids=[FIRST, SECOND])
    item = dl.items.get(item_id=studio.upload(1, "/new")[0].id)
    task.add_items(items=[item], assignee_ids=[FIRST])
    yield
    task = dl.tasks.get(task_id=task.id)
    task = project.tasks.get(task_name="my_annotation_task")
    assert len(dataset.tasks.list()) == 5
    assignment = dl.assignments.get(assignment_id=task.assignments.list()[0].id)
    yield
    halves = [dl.WorkloadUnit(assignee_id=who, load=50) for who in (FIRST, SECOND)]
    assignment.redistribute(dl.Workload(halves))
    yield
    assignment.reassign(["new.annotator@dataloop.ai"])
    assert sum(studio.counts(task).values()) == 11
    yield
    task.delete()
    assert len(dataset.tasks.list()) == 4


@scenario
def test_the_whole_document_runs_as_one_script(studio: Studio) -> None:
    assert len(list(whole_document(studio))) == 7


@lone_scenario
def test_the_server_is_stopped_and_started_between_any_two_sections_and_the_script_goes_on(
    studio: Studio,
) -> None:
    ways = [studio.restart, studio.crash]
    for section, _ in enumerate(whole_document(studio)):
        ways[section % 2]()
