"""What the SDK only documents and the server has to check: bounds, sums, names, and numbers that are none."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from distribution.errors import DistributionError, Infeasible, InvalidInput, NotFound, Refused
from tests.dataloop.local import ALL_ITEMS, Local, in_memory

ANN, BOB = "ann@x.io", "bob@x.io"


@pytest.fixture(scope="module")
def local() -> Iterator[Local]:
    with in_memory() as local:
        yield local


@pytest.fixture(scope="module")
def made(local: Local) -> tuple[str, str, str]:
    return local.filled(4)


def loads(*pairs: tuple[str, Any]) -> list[dict[str, Any]]:
    return [{"assigneeId": who, "load": load} for who, load in pairs]


def system(**said: Any) -> dict[str, Any]:
    return {"workload": None, "metadata": {"system": {"allowedAssignees": [ANN, BOB], **said}}}


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({"workload": loads((ANN, 60), (BOB, 30))}, "loads must sum to 100, got 90.0"),
        ({"workload": loads((ANN, 99.4))}, "loads must sum to 100, got 99.4"),
        ({"workload": loads((ANN, 150), (BOB, -50))}, "load of 'ann@x.io' must be between 0 and 100, got 150"),
        ({"workload": loads((ANN, -50), (BOB, 150))}, "load of 'ann@x.io' must not be negative, got -50"),
        ({"workload": loads((ANN, True), (BOB, 99))}, "load of 'ann@x.io' must"),
        ({"workload": loads((ANN, "x"))}, "load of 'ann@x.io' must"),
        ({"workload": loads((ANN, None))}, "load of 'ann@x.io' must"),
        ({"workload": loads(("", 100))}, "assignee must not be empty"),
        ({"workload": [{"load": 100}]}, "assignee must be"),
        ({"workload": "ann"}, "workload must be a list of objects"),
        (system(batchSize=2, maxBatchWorkload=4), "batch_size must be between 3 and 100, got 2"),
        (system(batchSize=101, maxBatchWorkload=150), "batch_size must be between 3 and 100, got 101"),
        (system(batchSize=10, maxBatchWorkload=11), "must be between 12 and 20, got 11"),
        (system(batchSize=10, maxBatchWorkload=21), "must be between 12 and 20, got 21"),
        (system(batchSize=3.5, maxBatchWorkload=6), "batchSize must be"),
        (system(batchSize=True, maxBatchWorkload=6), "batchSize must be"),
        (system(batchSize="5", maxBatchWorkload=7), "batchSize must be"),
        (system(maxBatchWorkload=7), "batchSize must be given with maxBatchWorkload, got None"),
        (system(consensusPercentage=101), "percent"),
        (system(consensusPercentage=-1), "consensusPercentage must not be negative"),
        (system(consensusPercentage=50, consensusAssignees=1), "consensusAssignees must be at least 2, got 1"),
        (system(consensusPercentage=50, consensusAssignees=3), "3 different assignees"),
        (system(consensusTaskType="lottery"), "must be one of consensus, qualification, honeypot"),
        (system(batchSize=5, consensusAssignees=2), "be pulled from, or have consensus, not both"),
        (system(batchSize=5, allowedAssignees=7), "allowedAssignees must be a list of texts, got 7"),
        ({"priority": 4}, "priority must be 1 (low), 2 (medium) or 3 (high), got 4"),
        ({"priority": 1.5}, "priority must be"),
        ({"priority": "high"}, "priority must be a number, got 'high'"),
        ({"dueDate": "soon"}, "dueDate must be a number, got 'soon'"),
        ({"dueDate": "nan"}, "dueDate must be a number, got 'nan'"),
        ({"dueDate": "1e999"}, "dueDate must be a number"),
        ({"dueDate": True}, "dueDate must be a number, got True"),
        ({"name": ""}, "name must"),
        ({"name": None}, "name must"),
        ({"name": "x" * 256}, "name must"),
        ({"name": "a\x00b"}, "name must"),
        ({"spec": {"type": "lottery"}}, "spec.type must be one of annotation, qa, got 'lottery'"),
        ({"spec": []}, "spec must be an object, got []"),
        ({"metadata": "x"}, "metadata must be an object, got 'x'"),
        ({"limit": -1}, "limit must be"),
        ({"limit": "3"}, "limit must be"),
        ({"query": None}, "query of a task must be text, got None"),
        ({"query": '{"filter": {"name": "it"s"}}'}, "if a value has an apostrophe, the SDK made a quote of it"),
        ({"query": "[]"}, "query must be"),
        ({"query": '{"filter": {"a": {"$near": 1}}}'}, "$near"),
        ({"availableActions": [{}]}, "action must be"),
        ({"availableActions": "x"}, "availableActions must be a list of objects"),
        ({"checkIfExist": {"query": {"filter": []}}}, "must be"),
    ],
)  # fmt: skip
def test_a_task_that_cannot_be_is_refused_and_leaves_nothing(
    local: Local, made: tuple[str, str, str], said: dict[str, Any], message: str
) -> None:
    project, dataset, task = made

    with pytest.raises((InvalidInput, Infeasible)) as refused:
        local.task(project, dataset, **said)

    assert message in str(refused.value)
    assert "\n" not in str(refused.value)
    left = local.ask("POST", "/annotationtasks/query", {"filter": {}})["items"]
    assert [one["id"] for one in left] == [task]


@pytest.mark.parametrize(
    ("request_line", "body", "error", "message"),
    [
        ("POST /annotationtasks/{task}/addToTask", {}, InvalidInput, "query of a task must be text"),
        ("POST /annotationtasks/{task}/addToTask", {"query": ALL_ITEMS, "workload": loads((ANN, 5))}, InvalidInput, "sum to 100"),
        ("POST /annotationtasks/{task}/removeFromTask", {"query": 7}, InvalidInput, "query of a task must be text, got 7"),
        ("POST /annotationtasks/{task}/contributors", {}, InvalidInput, "assignees must be a list of texts, got None"),
        ("POST /annotationtasks/{task}/contributors", {"action": "promote", "assignees": [ANN]}, InvalidInput, "'add' or 'remove'"),
        ("POST /annotationtasks/{task}/contributors", {"action": "remove", "assignees": ["who"]}, NotFound, "who"),
        ("PATCH /annotationtasks/{task}", {"priority": 9}, InvalidInput, "priority must be"),
        ("PATCH /annotationtasks/{task}", {"dueDate": "x"}, InvalidInput, "dueDate must be a number"),
        ("PATCH /annotationtasks/{task}", {"name": ""}, InvalidInput, "name"),
        ("PATCH /annotationtasks/{task}", [1], InvalidInput, "body must be a JSON object, got [1]"),
        ("POST /assignments/{assignment}/reassign", {}, InvalidInput, "annotator must be a list of texts, got None"),
        ("POST /assignments/{assignment}/reassign", {"annotator": []}, InvalidInput, "annotator must be one e-mail, got []"),
        ("POST /assignments/{assignment}/reassign", {"annotator": [ANN, BOB]}, InvalidInput, "annotator must be one e-mail"),
        ("POST /assignments/{assignment}/reassign", {"annotator": ANN}, InvalidInput, "the new assignee must be somebody else"),
        ("POST /assignments/{assignment}/reassign", {"annotator": BOB, "taskId": "other"}, InvalidInput, "taskId must be"),
        ("POST /assignments/{assignment}/redistribute", {"workload": []}, InvalidInput, "workload must name somebody, got []"),
        ("POST /assignments/{assignment}/redistribute", {"workload": loads((ANN, 1))}, InvalidInput, "loads must sum to 100"),
        ("POST /assignments/{assignment}/batch", None, Refused, "is distributed by load, nobody pulls from it"),
        ("POST /assignments/{assignment}/items/{item}/status", {"status": "nonsense"}, InvalidInput, "nonsense"),
        ("POST /assignments/{assignment}/items/{item}/status", {"operation": "set"}, InvalidInput, "operation must be"),
        ("POST /assignments/{assignment}/items/{item}/status", {}, InvalidInput, "status must"),
        ("POST /assignments/items/tasks/{task}/status", {"itemIds": [7]}, InvalidInput, "itemIds must"),
        ("POST /assignments/items/tasks/{task}/status", {"itemIds": None}, InvalidInput, "itemIds must be a list of texts, got None"),
        ("GET /assignments?pageSize=x", None, InvalidInput, "pageSize must be a whole number, got 'x'"),
        ("GET /assignments?pageSize=0", None, InvalidInput, "pageSize must be"),
        ("GET /assignments?pageOffset=-1", None, InvalidInput, "pageOffset must be"),
        ("POST /projects/{project}/members/eve@x.io", {"role": "boss"}, InvalidInput, "role must be one of"),
        ("DELETE /projects/{project}/members/eve@x.io", None, NotFound, "eve@x.io"),
        ("POST /datasets", {"name": "d", "projects": []}, InvalidInput, "projects must be one project, got []"),
        ("POST /recipes", {"projectIds": []}, InvalidInput, "projectIds must name a project"),
        ("POST /items/{item}/annotations", [1], InvalidInput, "annotations must be a list"),
        ("POST /items/{item}/annotations", None, InvalidInput, "annotations must be a list"),
        ("PATCH /items/{item}", {"filename": "/../x"}, InvalidInput, "path of an item must be"),
        ("PATCH /items/{item}", {"hidden": "yes"}, InvalidInput, "hidden must be true or false"),
        ("POST /datasets/{dataset}/query", {"filter": {}, "delete": "yes"}, InvalidInput, "a bulk operation must be"),
        ("POST /datasets/{dataset}/query", {"filter": {}, "update": 7}, InvalidInput, "a bulk operation must be"),
        ("POST /pipelines", {"name": "p", "projectId": "{project}", "nodes": 7}, InvalidInput, "nodes must be a list of objects"),
        ("POST /pipelines/validate", {"nodes": [{"id": "a"}]}, InvalidInput, "name must"),
        ("POST /pipelines/validate", {"nodes": [{"id": "a", "name": "a", "type": "task", "outputs": 7}]}, InvalidInput, "outputs must be a list of objects"),
        ("POST /pipelines/validate", {"connections": [{"src": 7}]}, InvalidInput, "must be"),
    ],
)  # fmt: skip
def test_a_request_that_cannot_be_meant_is_refused_in_one_line(
    local: Local,
    made: tuple[str, str, str],
    request_line: str,
    body: Any,
    error: type[DistributionError],
    message: str,
) -> None:
    project, dataset, task = made
    assignment = local.ask("GET", f"/annotationtasks/{task}")["assignmentIds"][0]
    item = local.items(dataset, **{"metadata.system.refs.id": assignment})[0]["id"]
    ids = {"project": project, "dataset": dataset, "task": task, "assignment": assignment, "item": item}
    if isinstance(body, dict):
        body = {key: project if value == "{project}" else value for key, value in body.items()}

    method, path = request_line.split(" ")

    with pytest.raises(error) as refused:
        local.ask(method, path.format(**ids), body)

    assert message in str(refused.value)
    assert "\n" not in str(refused.value)
    assert local.ask("GET", f"/annotationtasks/{task}")["itemStatus"]["remaining"] == 4


def test_an_even_sum_that_rounds_to_a_hundred_is_brought_to_it(
    local: Local, made: tuple[str, str, str]
) -> None:
    project, dataset, _ = made
    task = local.task(
        project, dataset, name="rounded", workload=loads((ANN, 33.2), (BOB, 33.2), ("eve@x.io", 33.2))
    )

    total = local.ask("GET", f"/assignments?projects={project}&taskId={task}")["items"]
    assert sum(one["totalItems"] for one in total) == 4
    local.ask("DELETE", f"/annotationtasks/{task}", {})
