"""A server put together: store and documents of one file, the API, pages for people."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from starlette.applications import Starlette

from adapters.dataloop import datasets, entry, items
from adapters.dataloop.access import ANYBODY, Access
from adapters.dataloop.calls import Call, Principal
from adapters.dataloop.projects import create
from adapters.dataloop.server import application
from adapters.dataloop.world import DEFAULT_LIMIT, World
from adapters.deciding import now
from adapters.dispatcher import Dispatcher
from adapters.sqlite import SqliteStore
from adapters.sqlite_shelf import SqliteShelf
from distribution.errors import InvalidInput


@contextmanager
def opened(path: str, *, clock: Callable[[], datetime] = now, limit: int = DEFAULT_LIMIT) -> Iterator[World]:
    """Open the world of one file, which is created where there is none."""
    with Dispatcher(SqliteStore(path), clock=clock) as tasks, SqliteShelf(path) as shelf:
        yield World(tasks, shelf, clock=clock, limit=limit)


def whole(world: World, access: Access) -> Starlette:
    """Make the application: the API, and pages for people."""
    return application(world, access, more=entry.routes(world, access))


def took_in(world: World, pair: str) -> str:
    """Take the files of a folder into a dataset, which is created where there is none; say so.

    Raises:
        InvalidInput: it is not written as project/dataset=folder, or there is no such folder.
    """
    names, _, folder = pair.partition("=")
    project_name, _, dataset_name = names.partition("/")
    root = Path(folder)
    if not (project_name and dataset_name and folder):
        raise InvalidInput(subject="--folder", must="be project/dataset=folder", got=pair)
    if not root.is_dir():
        raise InvalidInput(subject="--folder", must="name a folder that exists", got=folder)
    who = Principal(email=ANYBODY, admin=True)
    call = Call(who=who, base="", body={"name": project_name})
    project = next((p for p in world.all("project") if p["name"] == project_name), None) or create(
        world, call
    )
    known = world.all("dataset", key=f"project {project['id']}")
    dataset = next((d for d in known if d["name"] == dataset_name), None)
    if dataset is None:
        dataset = datasets.make(world, call, dataset_name, project["id"])
    there = {item["filename"] for item in world.all("item", key=f"dataset {dataset['id']}")}
    made = items.add_files(world, dataset["id"], _files(root, there), creator=who.email)
    return f"{len(made)} files of {folder!r} taken into dataset {dataset_name!r} of project {project_name!r}"


def _files(root: Path, there: set[str]) -> Iterator[tuple[str, bytes]]:
    """Go through the files of a folder, hidden ones and links aside, that are not there yet."""
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            path = Path(folder, name)
            remote = "/" + path.relative_to(root).as_posix()
            if not name.startswith(".") and remote not in there and path.is_file() and not path.is_symlink():
                yield remote, path.read_bytes()
