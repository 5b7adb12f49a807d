"""Who may do what: a token for one project opens no other, and a role does no more than it may."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from adapters.dataloop.routes import ROUTES, WORKS, Way
from tests.dataloop.everything import ANN, BOB, Ids, furnish, request
from tests.dataloop.service import Service

OPEN = {"GET /users/me", "POST /projects", "POST /pipelines/validate"}
"""What is about nobody's project."""
LISTS = {
    "GET /projects",
    "POST /apps/query",
    "POST /datasets/query",
    "POST /annotationtasks/query",
    "GET /assignments",
    "GET /commands",
    "POST /pipelines/query",
}
"""What lists whatever somebody may see."""
named = pytest.mark.parametrize("way", ROUTES, ids=lambda way: f"{way.method} {way.pattern}")


@pytest.fixture(scope="module")
def furnished(service: Service) -> Ids:
    return furnish(service.http(), "a project with everything")


@pytest.fixture(scope="module")
def outsider(service: Service) -> dict[str, Any]:
    """Give claims of somebody with a project of his own."""
    mine = service.http(BOB).post("/projects", json={"name": "his own"})
    assert mine.status_code == 200
    return {"own": mine.json()["id"]}


def seen(service: Service, ids: Ids) -> list[Any]:
    """Look at everything there is in a project."""
    looks = [way for way in ROUTES if way.method == "GET" and "/commands" not in way.pattern]
    answers = [request(service.http(), way, ids) for way in looks]
    assert {answer.status_code for answer in answers} == {200}
    return [answer.content for answer in answers]


@named
@pytest.mark.parametrize("kind", ["no member", "token of another project"])
def test_a_foreign_token_reads_nothing_and_changes_nothing(
    service: Service, furnished: Ids, outsider: dict[str, Any], way: Way, kind: str
) -> None:
    claims = {"projects": [outsider["own"]], "admin": True} if kind == "token of another project" else {}
    foreign = service.http(BOB, **claims)
    name = f"{way.method} {way.pattern}"

    answer = request(foreign, way, furnished)

    if name in OPEN:
        assert answer.status_code in {200, 403, 409}
    elif name in LISTS:
        assert answer.status_code == 200
        assert not [found for found in furnished.of.values() if found in answer.text and found != BOB]
    else:
        assert answer.status_code == 404, answer.text
        assert "secret" not in answer.text


def test_after_all_that_nothing_has_changed(
    service: Service, furnished: Ids, outsider: dict[str, Any]
) -> None:
    before = seen(service, furnished)
    for claims in ({}, {"projects": [outsider["own"]]}):
        for way in ROUTES:
            if f"{way.method} {way.pattern}" not in OPEN:
                request(service.http(BOB, **claims), way, furnished)

    assert seen(service, furnished) == before


@named
def test_no_token_is_no_access(service: Service, furnished: Ids, way: Way) -> None:
    nobody = service.http()
    nobody = type(nobody)(base_url=service.api, trust_env=False)

    answer = request(nobody, way, furnished)

    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
    nobody.close()


@named
def test_an_annotator_does_only_what_annotators_do(service: Service, furnished: Ids, way: Way) -> None:
    answer = request(service.http(ANN), way, furnished)

    if way.needs != WORKS:
        assert answer.status_code == 403, answer.text
        assert answer.json()["message"].startswith("'ann@example.com' is annotator of project")
    else:
        assert answer.status_code in {200, 404, 409}, answer.text


@pytest.mark.parametrize(
    ("role", "may"),
    [
        ("annotator", (200, 403, 403, 403)),
        ("annotationManager", (200, 200, 403, 403)),
        ("engineer", (200, 200, 200, 403)),
        ("developer", (200, 200, 200, 403)),
        ("owner", (200, 200, 200, 200)),
    ],
)
def test_each_role_may_do_what_those_below_it_may(service: Service, role: str, may: tuple[int, ...]) -> None:
    owner = service.http()
    ids = furnish(owner, f"project for the {role}")
    who = f"{role}@example.com".lower()
    owner.post(f"/projects/{ids.of['project']}/members/{who}", json={"role": role})
    hers = service.http(who)

    done = (
        hers.get(ids.path(_way("GET", "/annotationtasks/{task}"))),
        hers.patch(f"/annotationtasks/{ids.of['task']}", json={"name": "hers"}),
        hers.patch(f"/datasets/{ids.of['dataset']}", json={"name": "hers"}),
        hers.patch(f"/projects/{ids.of['project']}", json={"name": f"of the {role}"}),
    )

    assert tuple(answer.status_code for answer in done) == may
    assert hers.get(f"/projects/{ids.of['project']}").json()["role"] == role


def test_an_annotator_sets_statuses_of_her_own_items_alone(service: Service) -> None:
    owner = service.http()
    ids = furnish(owner, "two annotators")
    owner.post(f"/projects/{ids.of['project']}/members/{BOB}", json={"role": "annotator"})
    body: Any = {"name": "shared", "projectId": ids.of["project"], "datasetId": ids.of["dataset"]}
    body |= {"query": '{"filter": {}}', "workload": [{"assigneeId": ANN, "load": 100}]}
    command = owner.post("/annotationtasks", json=body).json()
    task = owner.get(f"/annotationtasks/{command['spec']['createdTaskId']}").json()
    status = {"operation": "create", "status": "completed"}
    one = f"/assignments/{task['assignmentIds'][0]}"
    many = {"itemIds": [ids.of["item"]], "statusPayload": status}

    theirs, hers = service.http(BOB), service.http(ANN)

    for path in (f"{one}/items/{ids.of['item']}/status", f"{one}/batch", f"{one}/clear"):
        assert theirs.post(path, json=status).status_code == 403
    assert theirs.post(f"/assignments/items/tasks/{task['id']}/status", json=many).json() is None
    assert hers.post(f"/assignments/items/tasks/{task['id']}/status", json=many).json() == {
        ids.of["item"]: {"status": "completed"}
    }


@pytest.fixture
def claimed(service: Service) -> Iterator[tuple[Ids, Any]]:
    ids = furnish(service.http(), "claimed")
    yield ids, service.http("service@example.com", projects=[ids.of["project"]])
    service.http().delete(f"/projects/{ids.of['project']}")


def test_a_token_for_a_project_runs_it_without_being_a_member_and_makes_no_other(
    service: Service, claimed: tuple[Ids, Any]
) -> None:
    ids, runs = claimed

    assert [project["id"] for project in runs.get("/projects").json()] == [ids.of["project"]]
    assert runs.patch(f"/annotationtasks/{ids.of['task']}", json={"name": "run"}).status_code == 200
    assert runs.post("/projects", json={"name": "another"}).status_code == 403
    assert (
        service.http("boss@example.com", admin=True).get(f"/projects/{ids.of['project']}").status_code == 200
    )


def test_what_is_of_another_project_cannot_be_drawn_into_ones_own(service: Service) -> None:
    owner = service.http()
    mine, other = furnish(owner, "one of two").of, furnish(owner, "two of two").of
    body = {"name": "t", "projectId": mine["project"], "datasetId": other["dataset"], "query": "{}"}
    node = {"id": "n", "name": "label", "type": "task", "metadata": {"datasetId": other["dataset"]}}
    owner.patch(f"/pipelines/{mine['pipeline']}", json={"nodes": [node]})
    entering = {"pipeline": {"input": {"item": other["item"]}}}

    assert owner.post("/annotationtasks", json=body).status_code == 400
    installed = owner.post(f"/pipelines/{mine['pipeline']}/install", json={}).json()
    assert "must be of the pipeline's project" in installed["errorText"]["message"]
    owner.patch(f"/pipelines/{mine['pipeline']}", json={"nodes": []})
    owner.post(f"/pipelines/{mine['pipeline']}/install", json={})
    assert owner.post(f"/pipelines/{mine['pipeline']}/execute", json=entering).status_code == 400


def _way(method: str, pattern: str) -> Way:
    return next(way for way in ROUTES if (way.method, way.pattern) == (method, pattern))
