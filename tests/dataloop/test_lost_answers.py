"""Answers that are lost, and servers that die after the work: the SDK asks again, and nothing is done twice."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.dataloop.lossy import Lossy
from tests.dataloop.sdk import ANN, BOB, EVE, Sdk, Studio, fails, scenario_of
from tests.dataloop.service import Service


@pytest.fixture(scope="module")
def lossy_sdk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sdk]:
    """Give an SDK whose way to the server loses what it is told to lose."""
    service = Service(tmp_path_factory.mktemp("lossy service")).start()
    lossy = Lossy(service)
    sdk = Sdk(tmp_path_factory.mktemp("lossy sdk"), service, lossy)
    yield sdk
    sdk.close()
    lossy.close()
    service.stop()


lossy_scenario = scenario_of("lossy_sdk")
both_ways = pytest.mark.parametrize("crash", [False, True], ids=["lost", "killed"])


@both_ways
@lossy_scenario
def test_what_is_created_is_created_once(studio: Studio, *, crash: bool) -> None:
    dl = studio.dl
    studio.upload(4)

    studio.lose("POST /projects", crash=crash)
    name = f"{studio.project.name} again"
    project = dl.projects.create(name)
    assert dl.projects.get(project_name=name).id == project.id

    studio.lose("POST /datasets ", crash=crash)
    dataset = project.datasets.create("d")
    assert [one.id for one in project.datasets.list()] == [dataset.id]

    studio.lose("POST /annotationtasks ", crash=crash)
    task = studio.task("once")
    assert [one.id for one in studio.dataset.tasks.list()] == [task.id]
    assert studio.counts(task) == {ANN: 2, BOB: 2}

    studio.lose("POST /pipelines ", crash=crash)
    pipeline = studio.project.pipelines.create(name="once")
    assert [one.id for one in studio.project.pipelines.list().items] == [pipeline.id]


@both_ways
@lossy_scenario
def test_what_changes_a_task_changes_it_once(studio: Studio, *, crash: bool) -> None:
    task = studio.task(items=studio.upload(8)[:4])
    path = f"POST /annotationtasks/{task.id}"

    studio.lose(f"{path}/addToTask", crash=crash)
    task.add_items(filters=studio.dl.Filters(), assignee_ids=[EVE])
    assert studio.counts(task) == {ANN: 2, BOB: 2, EVE: 4}

    first = task.assignments.list()[0]
    studio.lose(f"POST /assignments/{first.id}/reassign", crash=crash)
    assert first.reassign("zoe@example.com").total_items == 2
    assert studio.counts(task) == {BOB: 2, EVE: 4, "zoe@example.com": 2}

    second = task.assignments.list()[0]
    studio.lose(f"POST /assignments/{second.id}/redistribute", crash=crash)
    second.redistribute(studio.dl.Workload.generate([EVE]))
    assert studio.counts(task) == {EVE: 6, "zoe@example.com": 2}

    studio.lose(f"{path}/removeFromTask", crash=crash)
    gone = studio.items(task.assignments.list()[1])
    assert task.remove_items(items=gone)
    assert task.get_items().items_count == 6

    studio.lose(f"DELETE /annotationtasks/{task.id}", crash=crash)
    assert task.delete()
    assert studio.dataset.tasks.list() == []


@both_ways
@lossy_scenario
def test_what_is_said_of_items_is_said_once(studio: Studio, *, crash: bool) -> None:
    studio.upload(1)
    studio.lose(f"POST /datasets/{studio.dataset.id}/items", crash=crash)
    item = studio.upload(1, "/more")[0]
    assert studio.dataset.items.list().items_count == 2

    studio.lose(f"POST /items/{item.id}/annotations", crash=crash)
    studio.annotate(item, "cat", "dog")
    assert studio.dl.items.get(item_id=item.id).annotations_count == 2

    task = studio.task()
    studio.lose(f"POST /assignments/items/tasks/{task.id}/status", crash=crash)
    task.set_status("completed", "create", [item.id])
    log = studio.dl.items.get(item_id=item.id).metadata["system"]["taskStatusLog"]
    assert len(log) == 1

    studio.lose(f"DELETE /items/{item.id}", crash=crash)
    assert item.delete()
    assert studio.dataset.items.list().items_count == 1


@lossy_scenario
def test_what_is_asked_for_twice_is_done_twice(studio: Studio) -> None:
    dl = studio.dl
    item = studio.upload(2)[0]

    def twice(make: Any) -> None:
        assert make().id != make().id

    twice(lambda: studio.task("same"))
    twice(lambda: studio.task("same", wait=False))
    twice(lambda: studio.project.pipelines.create(name="same"))
    studio.annotate(item, "cat")
    studio.annotate(item, "cat")
    assert dl.items.get(item_id=item.id).annotations_count == 2
    fails(dl.exceptions.Conflict, lambda: studio.project.datasets.create("dataset"))
    task = studio.task("gone")
    task.delete()
    fails(dl.exceptions.NotFound, task.delete)
