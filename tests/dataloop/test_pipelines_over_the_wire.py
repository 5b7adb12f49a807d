"""Pipelines of task nodes, made, installed and run through the SDK."""

from __future__ import annotations

from typing import Any

from tests.dataloop.sdk import ANN, BOB, EVE, Studio, fails, scenario


def node(studio: Studio, name: str, people: Any = (ANN,), at: int = 1, **settings: Any) -> Any:
    """Make a task node."""
    dl = studio.dl
    loads = dl.Workload.generate(list(people)).to_json()
    return dl.TaskNode(
        name=name,
        recipe_id=studio.dataset.get_recipe_ids()[0],
        recipe_title="recipe",
        task_owner="owner@example.com",
        workload=[dl.WorkloadUnit(unit["assigneeId"], unit["load"]) for unit in loads],
        position=(at, 1),
        project_id=studio.project.id,
        dataset_id=studio.dataset.id,
        **settings,
    )


def pipeline_of(studio: Studio, *nodes: Any, install: bool = True) -> Any:
    """Make a pipeline that begins with the first of these nodes."""
    pipeline = studio.project.pipelines.create(name=f"pipeline of {nodes[0].name}")
    for one in nodes:
        pipeline.nodes.add(node=one)
    pipeline.update()
    if install:
        pipeline = pipeline.install() or studio.dl.pipelines.get(pipeline_id=pipeline.id)
    return pipeline


def enter(pipeline: Any, item: Any) -> Any:
    """Let an item into a pipeline."""
    return pipeline.execute(execution_input={"item": item.id})


def label_and_check(studio: Studio) -> tuple[Any, Any, Any]:
    """Make the pipeline that labels, checks, and labels again what was discarded."""
    dl = studio.dl
    source = dl.DatasetNode("source", studio.project.id, studio.dataset.id, position=(0, 1))
    label = node(studio, "label", [ANN, BOB])
    check = node(studio, "check", [EVE], at=2, task_type="qa")
    pipeline = studio.project.pipelines.create(name="label and check")
    pipeline.nodes.add(node=source).connect(node=label)
    label.connect(node=check, source_port=label.outputs[0], action="complete")
    check.connect(node=label, source_port=check.outputs[0], action="discard")
    pipeline.update()
    pipeline.install()
    tasks = studio.project.tasks
    return pipeline, tasks.get(task_name="label"), tasks.get(task_name="check")


@scenario
def test_installing_creates_a_task_named_like_each_node(studio: Studio) -> None:
    dl = studio.dl
    label = node(studio, "label", batch_size=5, max_batch_workload=7, priority=dl.TaskPriority.LOW)
    pipeline = pipeline_of(studio, label, node(studio, "check", task_type="qa", at=2))

    tasks = {task.name: task for task in studio.project.tasks.list()}
    assert set(tasks) == {"label", "check"}
    task = tasks["label"]
    assert (task.spec["type"], tasks["check"].spec["type"], task.priority) == ("annotation", "qa", 1)
    assert (task.metadata["system"]["batchSize"], task.metadata["system"]["maxBatchWorkload"]) == (5, 7)
    assert (task.recipe_id, task.dataset_id) == (studio.dataset.get_recipe_ids()[0], studio.dataset.id)
    assert dl.pipelines.get(pipeline_id=pipeline.id).status == "Installed"


@scenario
def test_a_node_that_cannot_be_a_task_is_told_in_the_composition(studio: Studio) -> None:
    pipeline = pipeline_of(studio, node(studio, "label", batch_size=10, max_batch_workload=7))

    composition = studio.project.compositions.get(composition_id=pipeline.composition_id)
    message = composition["errorText"]["message"]

    assert message.startswith("Request failed with status code 400, Failed to create a task")
    assert message.endswith("got 7")
    asked = studio.dl.Filters(resource=studio.dl.FiltersResource.COMPOSITION, use_defaults=False)
    asked.add("id", [pipeline.composition_id], operator=studio.dl.FiltersOperations.IN)
    assert studio.dl.pipelines._list(filters=asked)["items"] == [composition]
    assert studio.project.tasks.list() == []


@scenario
def test_items_that_enter_are_handed_out_in_batches(studio: Studio) -> None:
    dl = studio.dl
    studio.upload(10, "/in")
    studio.upload(2, "/out")
    pipeline = pipeline_of(studio, node(studio, "label", batch_size=5, max_batch_workload=7))

    command = pipeline.pipeline_executions.create_batch(
        pipeline_id=pipeline.id, filters=dl.Filters(field="dir", values="/in")
    )

    assert command.status == "success"
    task = studio.project.tasks.get(task_name="label")
    assert (studio.counts(task), task.get_items().items_count) == ({ANN: 5}, 10)


@scenario
def test_items_that_enter_one_by_one_go_by_the_loads(studio: Studio) -> None:
    items = studio.upload(6)
    pipeline = pipeline_of(studio, node(studio, "label", [ANN, BOB]))
    for item in items:
        enter(pipeline, item)

    assert studio.counts(studio.project.tasks.get(task_name="label")) == {ANN: 3, BOB: 3}


@scenario
def test_items_enter_by_themselves_where_a_trigger_waits_for_them(studio: Studio) -> None:
    dl = studio.dl
    label = node(studio, "label", batch_size=5, max_batch_workload=7)
    pipeline = pipeline_of(studio, label, install=False)
    label.add_trigger(filters=dl.Filters(field="dir", values="/in"))
    pipeline.update()
    pipeline.install()

    studio.upload(10, "/in")
    studio.upload(2, "/out")

    task = studio.project.tasks.get(task_name="label")
    assert (studio.counts(task), task.get_items().items_count) == ({ANN: 5}, 10)
    assert pipeline.pipeline_executions.list().items_count == 10


@scenario
def test_what_is_complete_goes_on_and_what_is_discarded_comes_back(studio: Studio) -> None:
    item = studio.upload(1)[0]
    pipeline, label, check = label_and_check(studio)
    cycle = enter(pipeline, item)
    assert (studio.names(label), studio.names(check)) == (["f000.txt"], [])
    assert [action.action for action in check.available_actions] == ["approve", "discard"]

    label.set_status("complete", "create", [item.id])
    assert studio.names(check) == ["f000.txt"]
    check.set_status("discard", "create", [item.id])
    fresh = studio.dl.items.get(item_id=item.id)
    assert (fresh.status(task_id=label.id), fresh.status(task_id=check.id)) == (None, "discard")
    label.set_status("complete", "create", [item.id])
    assert studio.dl.items.get(item_id=item.id).status(task_id=check.id) is None
    check.set_status("approve", "create", [item.id])

    executions = pipeline.pipeline_executions
    done = executions.get(pipeline_execution_id=cycle.id, pipeline_id=pipeline.id)
    assert (done.status, {part.name: part.status for part in done.nodes}) == (
        "success",
        {"source": "success", "label": "success", "check": "success"},
    )
    log = studio.dl.items.get(item_id=item.id).metadata["system"]["taskStatusLog"]
    assert [(entry["action"], entry["status"]["status"]) for entry in log] == [
        ("created", "complete"),
        ("created", "discard"),
        ("deleted", "complete"),
        ("created", "complete"),
        ("deleted", "discard"),
        ("created", "approve"),
    ]


@scenario
def test_the_usual_statuses_lead_on_too(studio: Studio) -> None:
    item = studio.upload(1)[0]
    pipeline, label, check = label_and_check(studio)
    enter(pipeline, item)

    label.set_status("completed", "create", [item.id])

    assert studio.names(check) == ["f000.txt"]


@scenario
def test_an_item_sent_again_into_a_repeatable_node_loses_its_status(studio: Studio) -> None:
    item = studio.upload(1)[0]
    pipeline = pipeline_of(studio, node(studio, "label"))
    first = enter(pipeline, item)
    task = studio.project.tasks.get(task_name="label")
    task.set_status("complete", "create", [item.id])
    executions = pipeline.pipeline_executions
    assert executions.get(pipeline_execution_id=first.id, pipeline_id=pipeline.id).status == "success"

    second = enter(pipeline, item)

    assert studio.dl.items.get(item_id=item.id).status(task_id=task.id) is None
    log = studio.dl.items.get(item_id=item.id).metadata["system"]["taskStatusLog"]
    assert (log[-1]["action"], log[-1]["status"]["status"]) == ("deleted", "complete")
    assert len(executions.list().items) == 2
    assert executions.get(pipeline_execution_id=second.id, pipeline_id=pipeline.id).status == "in-progress"


@scenario
def test_an_item_sent_again_into_a_node_that_is_not_repeatable_stays_as_it_is(studio: Studio) -> None:
    item = studio.upload(1)[0]
    pipeline = pipeline_of(studio, node(studio, "label", repeatable=False))
    enter(pipeline, item)
    task = studio.project.tasks.get(task_name="label")
    task.set_status("complete", "create", [item.id])

    enter(pipeline, item)

    assert studio.dl.items.get(item_id=item.id).status(task_id=task.id) == "complete"


@scenario
def test_a_pipeline_that_is_not_installed_takes_nothing_in(studio: Studio) -> None:
    dl = studio.dl
    item = studio.upload(1)[0]
    pipeline = pipeline_of(studio, node(studio, "label"), install=False)
    fails(dl.exceptions.Conflict, lambda: enter(pipeline, item))

    pipeline.install()
    enter(pipeline, item)
    pipeline.pause()
    fails(dl.exceptions.Conflict, lambda: enter(pipeline, item))
    assert studio.project.tasks.get(task_name="label").set_status("complete", "create", [item.id])
    assert pipeline.reset()


@scenario
def test_tasks_outlive_their_nodes_and_their_pipeline_and_lead_nowhere_then(studio: Studio) -> None:
    dl = studio.dl
    item = studio.upload(1)[0]
    pipeline, label, check = label_and_check(studio)
    enter(pipeline, item)
    pipeline = dl.pipelines.get(pipeline_id=pipeline.id)
    pipeline.nodes.remove(node_name="check")
    pipeline.connections.clear()
    pipeline.update()
    label.set_status("complete", "create", [item.id])
    assert (studio.names(label), studio.names(check)) == (["f000.txt"], [])

    assert pipeline.delete()
    fails(dl.exceptions.NotFound, lambda: dl.pipelines.get(pipeline_id=pipeline.id))
    assert {task.name for task in studio.project.tasks.list()} == {"label", "check"}


@scenario
def test_pipelines_are_found_by_id_by_name_and_counted(studio: Studio) -> None:
    dl = studio.dl
    item = studio.upload(1)[0]
    pipeline = pipeline_of(studio, node(studio, "label"))
    other = studio.project.pipelines.create(name="other")

    assert studio.project.pipelines.get(pipeline_name="other").id == other.id
    assert studio.project.pipelines.list().items_count == 2
    assert dl.pipelines.get(pipeline_id=pipeline.id).name == pipeline.name
    enter(pipeline, item)
    counters = pipeline.stats().node_counters[0].counters
    assert {counter.status: counter.count for counter in counters} == {"in-progress": 1, "success": 0}


@scenario
def test_an_empty_pipeline_can_be_installed_and_two_of_one_name_are_two(studio: Studio) -> None:
    first = studio.project.pipelines.create(name="empty")
    second = studio.project.pipelines.create(name="empty")

    assert first.id != second.id
    first.install()
    assert studio.project.tasks.list() == []
    assert studio.project.pipelines.validate(pipeline_json=second.to_json()) == {"valid": True}
