"""What surrounds tasks on a Dataloop server: projects, datasets, files, and who may see them.

All of it are documents on a shelf, in the form in which they go over the wire. Who gets
what is the dispatcher's; nothing here decides it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any

from adapters.dataloop.access import Forbidden
from adapters.dataloop.calls import Body, Principal, no_such
from adapters.dataloop.finder import Finder
from adapters.dataloop.mirror import Mirror
from adapters.dataloop.stamps import Ids, instant
from adapters.deciding import now
from adapters.dispatcher import Dispatcher
from distribution.errors import NotFound
from distribution.filters import Filter
from distribution.shelf import Desk, Document, KeepingShelf
from distribution.values import check_id

DEFAULT_LIMIT = 64 * 1024 * 1024
"""Bytes of one request at most."""
AT_ONCE = 1000
ROLES = {"annotator": 0, "annotationManager": 1, "engineer": 2, "developer": 2, "owner": 3}
"""What a member of a project may be, and how much that is: who may do more may do all that others may."""


class World:
    """Documents of a server, its tasks, and its clock."""

    def __init__(
        self,
        tasks: Dispatcher,
        shelf: KeepingShelf,
        *,
        clock: Callable[[], datetime] = now,
        ids: Callable[[], str] | None = None,
        limit: int = DEFAULT_LIMIT,
    ) -> None:
        self.tasks = tasks
        self.shelf = shelf
        self.clock = clock
        self.ids = ids or Ids(clock)
        self.limit = limit
        self.finder = Finder(shelf)
        self.mirror = Mirror(tasks, shelf, self.ids, self.now)

    def now(self) -> str:
        """Give the moment as it is written."""
        return instant(self.clock())

    def find(self, kind: str, name: str) -> Body:
        """Give a document.

        Raises:
            NotFound: there is none.
        """
        found = self.shelf.get(kind, [check_id(name, f"{kind} id")])
        if name not in found:
            raise no_such(kind, name)
        return dict(found[name].body)

    def all(self, kind: str, *, key: str | None = None, where: Filter | None = None) -> Iterator[Body]:
        """Go through documents in the order of their ids."""
        after: str | None = None
        while page := self.shelf.find(kind, key=key, where=where, after=after, limit=AT_ONCE):
            yield from (dict(document.body) for document in page)
            after = page[-1].id

    def put(self, kind: str, body: Body, keys: Iterable[str] = ()) -> Body:
        """Keep a document under its id."""
        self.shelf.transact(lambda desk: desk.put(kind, [Document(body["id"], body, tuple(keys))]))
        return body

    def change(
        self,
        kind: str,
        name: str,
        edit: Callable[[Body], Body],
        *,
        check: Callable[[Desk, Body], None] = lambda _desk, _known: None,
        keys: Sequence[str] | None = None,
    ) -> Body:
        """Change a document, nobody in between; its keys stay, unless others are given.

        *check* looks at what else there is, and raises where the change must not be.

        Raises:
            NotFound: there is none.
        """

        def work(desk: Desk) -> Body:
            found = desk.get(kind, [name]).get(name)
            if found is None:
                raise no_such(kind, name)
            known = dict(found.body)
            check(desk, known)
            body = edit(known)
            desk.put(kind, [Document(name, body, found.keys if keys is None else keys)])
            return body

        return self.shelf.transact(work)

    def drop(self, kind: str, names: Iterable[str]) -> None:
        """Take documents away."""
        self.shelf.transact(lambda desk: desk.drop(kind, list(names)))

    def project(self, who: Principal, name: str) -> Body:
        """Give a project that somebody may see.

        Raises:
            NotFound: there is none, or not for her.
        """
        return self._within(who, "project", name, lambda body: body["id"])

    def dataset(self, who: Principal, name: str) -> Body:
        """Give a dataset of a project that somebody may see.

        Raises:
            NotFound: there is none, or not for her.
        """
        return self._within(who, "dataset", name, lambda body: body["projects"][0])

    def of_project(self, who: Principal, kind: str, name: str) -> Body:
        """Give a document with a `projectId`, of a project that somebody may see.

        Raises:
            NotFound: there is none, or not for her.
        """
        return self._within(who, kind, name, lambda body: body["projectId"])

    def of_dataset(self, who: Principal, kind: str, name: str) -> Body:
        """Give a document with a `datasetId`, of a project that somebody may see.

        Raises:
            NotFound: there is none, or not for her.
        """
        body = self.find(kind, name)
        try:
            self.dataset(who, body["datasetId"])
        except NotFound as error:
            raise no_such(kind, name) from error
        return body

    def _within(self, who: Principal, kind: str, name: str, project: Callable[[Body], str]) -> Body:
        body = self.find(kind, name)
        found = self.shelf.get("project", [project(body)]).get(project(body))
        if found is None or not sees(who, found.body):
            raise no_such(kind, name)
        check_role(who, found.body)
        return body

    def delete_task(self, task_id: str, actor: str) -> None:
        """Delete a task with its assignments; items are in it no more."""
        try:
            self.tasks.delete(task_id, actor=actor)
        except NotFound:
            self.drop("task", [task_id])
        self.mirror.catch_up(task_id)

    def fill(self, task_id: str) -> None:
        """Let everybody who may pull have what a pull gives her, and bring the documents up to date."""
        task = self.tasks.get(task_id)
        if task.pull is not None and task.state == "open":
            for assignment in self.tasks.assignments(task_id, empty=True):
                if assignment.state == "active":
                    self.tasks.pull(task_id, assignment.assignee)
        self.mirror.catch_up(task_id)

    def owe(self, task_id: str) -> None:
        """Let people have what comes into a task before anybody looks: what comes in one by one is one batch."""
        self.put("owed", {"id": task_id})

    def look_at(self, task_id: str) -> bool:
        """Bring the documents of a task up to date; tell whether there is such a task."""
        self._hand_out()
        return self.mirror.catch_up(task_id)

    def look_at_dataset(self, dataset_id: str) -> None:
        """Bring the documents of all tasks of a dataset up to date."""
        self._hand_out()
        for task_id in self.shelf.ids("task", key=f"dataset {dataset_id}"):
            self.mirror.catch_up(task_id)

    def _hand_out(self) -> None:
        for task_id in self.shelf.ids("owed"):
            self.drop("owed", [task_id])
            with suppress(NotFound):
                self.fill(task_id)

    def visible(self, who: Principal) -> list[Body]:
        """List the projects somebody may see."""
        return [project for project in self.all("project") if sees(who, project)]


def sees(who: Principal, project: Any) -> bool:
    """Tell whether a project is for somebody."""
    if who.projects is not None:
        return project["id"] in who.projects
    return who.admin or any(member["email"] == who.email for member in project["members"])


def role_of(who: Principal, project: Any) -> str:
    """Tell what somebody is in a project that she sees."""
    if who.admin:
        return "owner"
    found = (str(member["role"]) for member in project["members"] if member["email"] == who.email)
    # Whoever has a token for the project alone, and is no member, is a service that runs it.
    return next(found, "owner")


def check_role(who: Principal, project: Any) -> None:
    """Refuse what needs a higher role than somebody has.

    Raises:
        Forbidden: it does.
    """
    role = role_of(who, project)
    if ROLES.get(role, 0) < ROLES[who.acting]:
        raise Forbidden(who.email, role, project["name"], who.acting)
