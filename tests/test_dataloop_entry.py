"""The door of the pages: whoever has a token sees what it shows, and nobody else sees anything."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from adapters.dataloop.access import Access
from adapters.dataloop.calls import Principal
from adapters.dataloop.served import whole
from adapters.dataloop.world import World
from adapters.dispatcher import Dispatcher
from adapters.memory import MemoryStore
from adapters.memory_shelf import MemoryShelf
from distribution import Workload
from tests.reader import Reader

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
ALL = "all"
SECRET = b"0123456789abcdef0123456789abcdef"


@pytest.fixture
def access() -> Access:
    return Access(secret=SECRET, tokens={ALL: Principal(email="a@x.io", admin=True)}, clock=lambda: NOON)


@pytest.fixture
def client(access: Access) -> Iterator[Reader]:
    with Dispatcher(MemoryStore(), clock=lambda: NOON) as tasks, MemoryShelf() as shelf:
        world = World(tasks, shelf, clock=lambda: NOON)
        for name in ("mine", "theirs"):
            project: Any = {"id": name, "name": name, "members": [{"email": f"{name}@x.io", "role": "owner"}]}
            world.put("project", project)
            tasks.create(
                f"{name} cats",
                ["a"],
                workload=Workload.even(["ann"]),
                metadata={"dataloop": {"project": name}},
            )
        tasks.create("nobody's", ["a"], workload=Workload.even(["ann"]))
        yield Reader(whole(world, access))


def test_without_a_token_every_page_leads_to_the_door(client: Reader) -> None:
    answer = client.get("/")

    assert (answer.status_code, answer.headers["location"]) == (303, "/enter")
    assert "Token" in client.get("/enter").text


def test_a_token_opens_the_tasks_of_its_projects_and_no_others(client: Reader, access: Access) -> None:
    answer = client.post("/enter", token=access.issue("mine@x.io"))
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie

    shown = client.get("/").text

    assert "mine cats" in shown
    assert "theirs cats" not in shown
    assert "nobody" not in shown


def test_who_sees_all_sees_what_belongs_to_no_project(client: Reader) -> None:
    client.post("/enter", token=ALL)

    assert "nobody" in client.get("/").text


def test_a_header_is_as_good_as_a_cookie(client: Reader) -> None:
    assert client.get("/", authorization="Bearer all").status_code == 200


@pytest.mark.parametrize("token", ["", "wrong", "x" * 9000])
def test_a_token_that_is_none_is_refused_at_the_door(client: Reader, token: str) -> None:
    answer = client.post("/enter", token=token)

    assert answer.status_code == 401
    assert "The bearer token" in answer.text
    assert "set-cookie" not in answer.headers


def test_whoever_leaves_has_to_enter_again(client: Reader) -> None:
    client.post("/enter", token=ALL)
    (way,) = [tag for name, tag in client.page("/").tags if name == "form" and tag.get("method") == "post"]
    client.post(way["action"] or "")

    assert client.get("/").status_code == 303


def test_where_anybody_is_let_in_nobody_is_asked_to_leave() -> None:
    with Dispatcher(MemoryStore(), clock=lambda: NOON) as tasks, MemoryShelf() as shelf:
        world = World(tasks, shelf, clock=lambda: NOON)
        reader = Reader(whole(world, Access(open=True, clock=lambda: NOON)))

        assert "Leave" not in reader.page("/").text
