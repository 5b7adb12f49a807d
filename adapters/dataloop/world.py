"""What surrounds tasks on a Dataloop server: projects, datasets, files, and who may see them.

All of it are documents on a shelf, in the form in which they go over the wire. Who gets
what is the dispatcher's; nothing here decides it.
"""

from __future__ import annotations

import hashlib
import itertools
import secrets
import threading
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

from adapters.dataloop.calls import Body, Principal, no_such
from adapters.deciding import now
from adapters.dispatcher import Dispatcher
from distribution.errors import Refused
from distribution.filters import Filter
from distribution.shelf import Desk, Document, KeepingShelf
from distribution.values import check_id

DEFAULT_LIMIT = 64 * 1024 * 1024
"""Bytes of one request at most."""
AT_ONCE = 1000
ROLES = ("owner", "engineer", "annotationManager", "annotator", "developer")
"""What a member of a project may be."""


def instant(at: datetime) -> str:
    """Write an instant as the platform does.

    >>> instant(datetime(2026, 11, 22, 12, tzinfo=UTC))
    '2026-11-22T12:00:00.000Z'
    """
    return f"{at.astimezone(UTC).strftime('%Y-%m-%dT%H:%M:%S')}.{at.microsecond // 1000:03d}Z"


def derived(*parts: str) -> str:
    """Make an id of 24 hex digits from others, always the same.

    >>> derived("task", "ann") == derived("task", "ann") != derived("task", "bob")
    True
    """
    return hashlib.blake2b("\0".join(parts).encode(), digest_size=12).hexdigest()


class Ids:
    """Ids of 24 hex digits in the order in which they are made; nobody else makes the same.

    >>> ids = Ids(now)
    >>> ids() < ids()
    True
    """

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._process = secrets.token_hex(5)
        self._count = itertools.count(secrets.randbelow(1 << 20))
        self._lock = threading.Lock()
        self._last = 0

    def __call__(self) -> str:
        """Make one."""
        with self._lock:
            self._last = max(self._last, int(self._clock().timestamp()))
            return f"{self._last:08x}{self._process}{next(self._count) % (1 << 24):06x}"


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
        from adapters.dataloop.finding import Finder
        from adapters.dataloop.mirror import Mirror

        self.finder = Finder(self)
        self.mirror = Mirror(self)

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

    def change(self, kind: str, name: str, edit: Callable[[Body], Body]) -> Body:
        """Change a document, nobody in between; its keys stay.

        Raises:
            NotFound: there is none.
        """

        def work(desk: Desk) -> Body:
            found = desk.get(kind, [name]).get(name)
            if found is None:
                raise no_such(kind, name)
            body = edit(dict(found.body))
            desk.put(kind, [Document(name, body, found.keys)])
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
        project = self.find("project", name)
        if not sees(who, project):
            raise no_such("project", name)
        return project

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
        except Exception as error:
            raise no_such(kind, name) from error
        return body

    def _within(self, who: Principal, kind: str, name: str, project: Callable[[Body], str]) -> Body:
        body = self.find(kind, name)
        found = self.shelf.get("project", [project(body)]).get(project(body))
        if found is None or not sees(who, found.body):
            raise no_such(kind, name)
        return body

    def visible(self, who: Principal) -> list[Body]:
        """List the projects somebody may see."""
        return [project for project in self.all("project") if sees(who, project)]

    def may_run(self, who: Principal, project: Body) -> None:
        """Refuse to let somebody run a project who only works in it.

        Raises:
            Refused: she is a member without the rights.
        """
        role = next((m["role"] for m in project["members"] if m["email"] == who.email), "owner")
        if not who.admin and role == "annotator":
            raise Refused(
                f"{who.email!r}", f"is {role} of project {project['name']!r}", "ask an owner to do it"
            )


def sees(who: Principal, project: Any) -> bool:
    """Tell whether a project is for somebody."""
    if who.projects is not None:
        return project["id"] in who.projects
    return who.admin or any(member["email"] == who.email for member in project["members"])
