"""The API in this process: calls without HTTP, by a clock of the test's own."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import attrs

from adapters.dataloop.api import Api
from adapters.dataloop.calls import Call, Principal, Reply
from adapters.dataloop.items import add_files
from adapters.dataloop.routes import ROUTES, Way
from adapters.dataloop.world import World
from adapters.dispatcher import Dispatcher
from adapters.memory import MemoryStore
from adapters.memory_shelf import MemoryShelf
from adapters.sqlite import SqliteStore
from adapters.sqlite_shelf import SqliteShelf

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
OWNER = Principal(email="owner@example.com")
ALL_ITEMS = '{"filter": {"$and": [{"hidden": false}, {"type": "file"}]}}'


class Local:
    """The API over a world of its own, and short ways to fill it."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.api = Api(world)
        self.who = OWNER
        self._peers = count(1)

    def ask(self, method: str, path: str, body: Any = None, **said: Any) -> Any:
        """Answer a call as a server would, over a connection of its own."""
        path, _, query = path.partition("?")
        way, names = way_of(method, path)
        call = Call(
            who=attrs.evolve(said.pop("who", self.who), acting=way.needs),
            base="http://test/api/v1",
            path=names,
            query=dict(part.split("=", 1) for part in query.split("&") if part),
            body=body,
            peer=said.pop("peer", f"peer {next(self._peers)}"),
            **said,
        )
        digest = json.dumps([method, path, body], sort_keys=True, default=str)
        reply = self.api.answer(way, call, digest)
        return reply.body if isinstance(reply, Reply) else reply

    def project(self, name: str = "project", **said: Any) -> str:
        """Create a project; give its id."""
        return str(self.ask("POST", "/projects", {"name": name}, **said)["id"])

    def dataset(self, project: str, items: int = 0, name: str = "dataset", **said: Any) -> str:
        """Create a dataset of so many items; give its id."""
        made = self.ask("POST", "/datasets", {"name": name, "projects": [project]}, **said)
        files = ((f"/a/{number:03}.txt", b"x") for number in range(items))
        add_files(self.world, made["id"], files, creator=self.who.email)
        return str(made["id"])

    def task(self, project: str, dataset: str, **said: Any) -> str:
        """Create a task over all items of a dataset; give its id."""
        body = {
            "name": "task",
            "query": ALL_ITEMS,
            "projectId": project,
            "datasetId": dataset,
            "dueDate": 1861920000000.0,
            "workload": [{"assigneeId": "ann@x.io", "load": 50}, {"assigneeId": "bob@x.io", "load": 50}],
            **said,
        }
        return str(self.ask("POST", "/annotationtasks", body)["spec"]["createdTaskId"])

    def filled(self, items: int = 4, **said: Any) -> tuple[str, str, str]:
        """Create a project, a dataset of so many items and a task over them; give their ids."""
        project = self.project()
        dataset = self.dataset(project, items)
        return project, dataset, self.task(project, dataset, **said)

    def items(self, dataset: str, **filters: Any) -> list[Any]:
        """List the items of a dataset."""
        found = self.ask("POST", f"/datasets/{dataset}/query", {"filter": filters, "pageSize": 1000})
        return list(found["items"])


def way_of(method: str, path: str) -> tuple[Way, dict[str, str]]:
    """Find who answers a request, and what its path names."""
    steps = path.strip("/").split("/")
    for way in ROUTES:
        parts = way.pattern.strip("/").split("/")
        fits = len(parts) == len(steps) and all(
            part.startswith("{") or part == step for part, step in zip(parts, steps, strict=True)
        )
        if way.method == method and fits:
            named = zip(parts, steps, strict=True)
            return way, {part[1:-1].partition(":")[0]: step for part, step in named if part.startswith("{")}
    raise AssertionError(f"{method} {path}")


class Clock:
    """It is noon until somebody waits."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now

    def wait(self, **length: float) -> None:
        """Let time go on."""
        self.now += timedelta(**length)


@contextmanager
def in_memory(clock: Clock | None = None) -> Iterator[Local]:
    """Give the API over stores in memory."""
    clock = clock or Clock()
    with Dispatcher(MemoryStore(), clock=clock) as tasks, MemoryShelf() as shelf:
        yield Local(World(tasks, shelf, clock=clock))


@contextmanager
def in_file(path: Path, clock: Clock | None = None) -> Iterator[Local]:
    """Give the API over a file."""
    clock = clock or Clock()
    with Dispatcher(SqliteStore(path), clock=clock) as tasks, SqliteShelf(path) as shelf:
        yield Local(World(tasks, shelf, clock=clock))
