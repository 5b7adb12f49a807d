"""Calls that come again: the same where the answer may be lost, new where it was seen, whole after any crash."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from adapters.dataloop.attempts import PATIENCE, SWEPT
from distribution.errors import NotFound, Refused
from tests.dataloop.local import ALL_ITEMS, Clock, Local, in_file, in_memory


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def local(clock: Clock) -> Iterator[Local]:
    with in_memory(clock) as local:
        yield local


def pipeline(local: Local, project: str, **said: Any) -> str:
    return str(local.ask("POST", "/pipelines", {"name": "p", "projectId": project}, **said)["id"])


def test_the_same_again_over_another_connection_is_the_same_call(local: Local) -> None:
    project = local.project()

    assert pipeline(local, project) == pipeline(local, project)


def test_the_same_again_over_the_connection_of_the_first_is_another_call(local: Local) -> None:
    project = local.project()

    assert pipeline(local, project, peer="a") != pipeline(local, project, peer="a")


def test_connections_that_nobody_knows_apart_show_nothing(local: Local) -> None:
    project = local.project()

    assert pipeline(local, project, peer=None) == pipeline(local, project, peer=None)


def test_whoever_names_what_only_the_answer_told_has_seen_it(local: Local) -> None:
    project = local.project()
    first = pipeline(local, project)
    local.ask("GET", f"/pipelines/{first}")

    assert pipeline(local, project) != first


def test_ids_in_bodies_and_contexts_are_seen_too(local: Local) -> None:
    first = local.project()
    local.ask("POST", "/datasets/query", {"filter": {}, "context": {"projects": [first]}})
    with pytest.raises(Refused, match="exists"):
        local.project()

    dataset = local.dataset(first)
    assert local.dataset(first) == dataset
    local.task(first, dataset)
    with pytest.raises(Refused, match="exists"):
        local.dataset(first)


def test_after_a_while_the_same_is_new(local: Local, clock: Clock) -> None:
    project = local.project()
    first = pipeline(local, project)
    clock.now += PATIENCE

    assert pipeline(local, project) != first


def test_other_people_and_other_bodies_are_other_calls(local: Local) -> None:
    project = local.project()
    local.ask("POST", f"/projects/{project}/members/eve@x.io", {"role": "engineer"})
    eve = local.who.__class__(email="eve@x.io")

    made = {pipeline(local, project), pipeline(local, project, who=eve)}
    made.add(local.ask("POST", "/pipelines", {"name": "other", "projectId": project})["id"])
    assert len(made) == 3


def test_what_failed_is_tried_again(local: Local) -> None:
    first = local.project()
    local.ask("GET", f"/projects/{first}")
    for _ in range(2):
        with pytest.raises(Refused, match="exists"):
            local.project()
    local.ask("DELETE", f"/projects/{first}")

    assert local.project() != first


def test_a_second_deletion_that_nobody_asked_for_again_is_the_first(local: Local) -> None:
    _, _, task = local.filled()

    gone = local.ask("DELETE", f"/annotationtasks/{task}", {"asynced": True})
    assert local.ask("DELETE", f"/annotationtasks/{task}", {"asynced": True}) == gone
    local.ask("GET", f"/commands/{gone['id']}")
    with pytest.raises(NotFound):
        local.ask("DELETE", f"/annotationtasks/{task}", {"asynced": True})


def test_whoever_deletes_what_a_call_named_has_ended_it(local: Local) -> None:
    project = local.project()
    first = local.ask("POST", "/recipes", {"title": "r", "projectIds": [project]})["id"]
    local.ask("DELETE", f"/projects/{project}")

    with pytest.raises(NotFound):
        local.ask("POST", "/recipes", {"title": "r", "projectIds": [project]})
    with pytest.raises(NotFound):
        local.ask("GET", f"/recipes/{first}")


def test_the_same_at_once_is_done_once(local: Local) -> None:
    project, dataset, _ = local.filled()

    def create(_: int) -> str:
        return local.task(project, dataset, name="at once")

    with ThreadPoolExecutor(8) as threads:
        assert len(set(threads.map(create, range(8)))) == 1


def test_old_attempts_are_swept_away(local: Local, clock: Clock) -> None:
    project = local.project()
    for number in range(SWEPT + 1):
        local.ask("POST", "/pipelines", {"name": f"p{number}", "projectId": project})
    clock.now += PATIENCE
    pipeline(local, project)

    assert len(local.world.shelf.ids("attempt")) == 2


class Crash(BaseException):
    """The process dies."""


def dies_after(commits: int, local: Local, patch: pytest.MonkeyPatch) -> Callable[[], int]:
    """Let the world end after so many commits; give how many there were."""
    seen = 0

    def counted(transact: Callable[..., Any]) -> Callable[..., Any]:
        def commit(*given: Any, **named: Any) -> Any:
            nonlocal seen
            result = transact(*given, **named)
            seen += 1
            if seen == commits:
                raise Crash
            return result

        return commit

    for kept in (local.world.shelf, local.world.tasks.store):
        patch.setattr(kept, "transact", counted(kept.transact))
    return lambda: seen


def new_project(local: Local, *_: str) -> Any:
    return local.ask("POST", "/projects", {"name": "new"})


def new_dataset(local: Local, project: str, *_: str) -> Any:
    return local.ask("POST", "/datasets", {"name": "new", "projects": [project]})


def new_task(local: Local, project: str, dataset: str, _task: str) -> Any:
    return local.task(
        project, dataset, name="new", metadata={"system": {"consensusTaskType": "qualification"}}
    )


def more_items(local: Local, _project: str, _dataset: str, task: str) -> Any:
    body = {"query": ALL_ITEMS, "workload": [{"assigneeId": "eve@x.io", "load": 100}]}
    return local.ask("POST", f"/annotationtasks/{task}/addToTask", body)


def new_pipeline(local: Local, project: str, *_: str) -> Any:
    return local.ask("POST", "/pipelines", {"name": "new", "projectId": project})


def new_annotations(local: Local, _project: str, dataset: str, _task: str) -> Any:
    item = local.items(dataset)[0]["id"]
    return local.ask("POST", f"/items/{item}/annotations", [{"type": "class", "label": "cat"}] * 2)


def whole(local: Local, project: str, dataset: str) -> dict[str, Any]:
    """Tell what there is, but for ids and instants."""
    tasks = local.ask("POST", "/annotationtasks/query", {"filter": {}, "resource": "tasks"})["items"]
    query = {"filter": {}, "resource": "datasets", "systemSpace": True}
    items = local.items(dataset)
    return {
        "projects": sorted(one["name"] for one in local.ask("GET", "/projects")),
        "datasets": sorted(one["name"] for one in local.ask("POST", "/datasets/query", query)["items"]),
        "recipes": len(local.world.shelf.ids("recipe")),
        "tasks": sorted((one["name"], one["totalItems"], len(one["assignmentIds"])) for one in tasks),
        "assignments": sorted(
            (one["annotator"], one["totalItems"])
            for one in local.ask("GET", f"/assignments?projects={project}")["items"]
        ),
        "pipelines": local.ask("POST", "/pipelines/query", {"filter": {}})["totalItemsCount"],
        "refs": sorted(len(item["metadata"]["system"]["refs"]) for item in items),
        "annotations": sorted(item["annotationsCount"] for item in items),
        "apps": local.ask("POST", "/apps/query", {"filter": {}})["totalItemsCount"],
    }


@pytest.mark.parametrize(
    "call",
    [new_project, new_dataset, new_task, more_items, new_pipeline, new_annotations],
    ids=lambda c: c.__name__,
)
def test_cut_off_after_any_commit_and_called_again_it_is_done_once_and_whole(
    call: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def world(name: str) -> tuple[Path, tuple[str, str, str]]:
        path = tmp_path / f"{name}.db"
        with in_file(path) as local:
            made = local.filled()
            local.dataset(made[0], 2, "others")
        return path, made

    path, ids = world("smooth")
    with in_file(path) as local:
        call(local, *ids)
        wanted = whole(local, *ids[:2])
    cut = 1
    while True:
        path, ids = world(f"cut {cut}")
        with in_file(path) as local, monkeypatch.context() as patch:
            seen = dies_after(cut, local, patch)
            try:
                call(local, *ids)
            except Crash:
                pass
            else:
                break
            assert seen() == cut
        with in_file(path) as local:
            call(local, *ids)
            assert whole(local, *ids[:2]) == wanted
        cut += 1
    assert cut > 2
