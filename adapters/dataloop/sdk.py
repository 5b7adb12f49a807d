"""The port to the platform, on top of its own SDK. The only module that knows dtlpy.

The SDK logs in, refreshes tokens, waits for commands and makes exceptions of statuses;
all that stays its own. Everything it sends goes through one place, `gen_request` of the
client we make for ourselves, and there is the gate. Around three habits of its own we go:
it takes a refused query for an empty answer, it walks pages by number where the filter is
not its own, and it prints bars to standard output.
"""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stdout
from typing import Any, NoReturn

from adapters.dataloop.dql_filters import is_pattern
from adapters.dataloop.pace import Gate
from adapters.dataloop.platform import (
    MARK,
    ItemPage,
    NewTask,
    NotLoggedIn,
    PlatformFailed,
    PlatformTask,
)
from distribution.errors import InvalidInput, NotFound
from distribution.values import AssigneeId

PAGE = 1000
"""Rows of a page at most, says the platform."""
TASKS_PAGE = 500
ID = re.compile(r"[0-9a-f]{24}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
"""What ids of projects and datasets look like; anything else is a name."""


def load() -> Any:
    """Import the SDK, which takes a second or two and makes itself a folder.

    Raises:
        InvalidInput: it is not installed, or cannot read its own cookie.
    """
    try:
        with redirect_stdout(sys.stderr):
            import dtlpy
    except ImportError as error:
        remedy = "pip install 'work-distribution[dataloop]'"
        raise InvalidInput(
            subject="working with Dataloop", must="have dtlpy", got="none", remedy=remedy
        ) from error
    except SystemExit as error:
        raise _broken_cookie() from error
    return dtlpy


def _broken_cookie() -> InvalidInput:
    remedy = "delete ~/.dataloop/cookie.json, or what DATALOOP_PATH names, and log in again"
    return InvalidInput(subject="cookie of dtlpy", must="be readable", got="something else", remedy=remedy)


class SdkPlatform:
    """A dataset as the SDK reaches it."""

    def __init__(self, dl: Any, client: Any, project: Any, dataset: Any) -> None:
        self._dl = dl
        self._client = client
        self._project = project
        self._dataset = dataset
        self._known: dict[str, Any] = {}
        """Tasks as the SDK knows them, which spares it from asking for them again."""

    @property
    def dataset(self) -> str:
        """Give the id of the dataset."""
        return str(self._dataset.id)

    @property
    def project(self) -> str:
        """Give the id of the project."""
        return str(self._project.id)

    def pages(self, where: Mapping[str, Any], join: Mapping[str, Any] | None = None) -> Iterator[ItemPage]:
        """Go through items by their ids."""
        path, after, total = f"/datasets/{self._dataset.id}/query", None, None
        while True:
            clauses = [where] if after is None else [where, {"id": {"$gt": after}}]
            body = {"filter": {"$and": clauses}, "sort": {"id": "ascending"}, "page": 0, "pageSize": PAGE}
            body |= {"resource": "items"} | ({"join": join} if join else {})
            with self._doing("listing items"):
                done, answer = self._client.gen_request(req_type="POST", path=path, json_req=body)
                self._client.check_response(done, answer, path=path)
                page = answer.json()
            total = page["totalItemsCount"] if total is None else total
            if page["items"]:
                yield ItemPage(page["items"], total)
                after = page["items"][-1]["id"]
            if not page["hasNextPage"] or not page["items"]:
                return

    def tasks(self) -> Sequence[PlatformTask]:
        """List the tasks of the dataset."""
        found, page = list[PlatformTask](), 0
        while True:
            with self._doing("listing tasks"):
                some = self._dataset.tasks.list(pages_size=TASKS_PAGE, page_offset=page)
            found += [self._task(task) for task in some]
            if len(some) < TASKS_PAGE:
                return sorted(found, key=lambda task: task.id)
            page += 1

    def _task(self, task: Any) -> PlatformTask:
        self._known[task.id] = task
        mark = (task.metadata or {}).get(MARK) or {}
        return PlatformTask(
            id=task.id,
            name=task.name,
            key=str(mark.get("key", "")),
            number=int(mark.get("number", 0)),
            parent=(task.spec or {}).get("parentTaskId"),
            total=task.total_items or 0,
            # Where it does not say, people may have worked on all of it.
            remaining=(task.item_status or {}).get("remaining", 0),
        )

    def assignees(self, task: str) -> Mapping[str, AssigneeId]:
        """Tell who has each assignment of a task."""
        found, page = dict[str, AssigneeId](), 0
        while True:
            with self._doing(f"listing the assignments of task {task!r}"):
                some = self._project.assignments.list(
                    project_ids=[self._project.id], task_id=task, pages_size=TASKS_PAGE, page_offset=page
                )
            found |= {assignment.id: assignment.annotator for assignment in some}
            if len(some) < TASKS_PAGE:
                return found
            page += 1

    def create(self, new: NewTask) -> PlatformTask:
        """Create a task, unless one of that name came up meanwhile."""
        dl, terms = self._dl, new.terms
        with self._doing(f"creating task {new.name!r}"):
            made = self._dataset.tasks.create(
                task_name=new.name,
                task_type="annotation" if new.parent is None else "qa",
                task_parent_id=new.parent,
                query=_these(new.items),
                workload=self._all_for(new.assignee),
                due_date=None if terms.due is None else terms.due.timestamp(),
                priority=terms.priority,
                available_actions=[dl.ItemAction(action) for action in terms.actions] or None,
                recipe_id=terms.recipe,
                metadata={MARK: {"key": new.key, "number": new.number}},
                check_if_exist=self._named(new.name),
            )
        return self._task(made)

    def _named(self, name: str) -> Any:
        """Ask for tasks of a name; for none where the platform would take it for a pattern, which others fit too."""
        if is_pattern(name):
            return False
        same = self._dl.Filters(resource=self._dl.FiltersResource.TASK, use_defaults=False)
        same.add(field="name", values=name)
        same.add(field="datasetId", values=self._dataset.id)
        return same

    def add(self, task: str, assignee: AssigneeId, items: Sequence[str]) -> None:
        """Take items into a task, all for one person."""
        with self._doing(f"adding items to task {task!r}"):
            self._dataset.tasks.add_items(
                task=self._known.get(task),
                task_id=task,
                query=_these(items),
                workload=self._all_for(assignee),
            )

    def delete(self, task: str) -> None:
        """Delete a task."""
        with self._doing(f"deleting task {task!r}"):
            self._dataset.tasks.delete(task_id=task)

    def _all_for(self, assignee: AssigneeId) -> Any:
        return self._dl.Workload([self._dl.WorkloadUnit(assignee_id=assignee, load=100)])

    @contextmanager
    def _doing(self, doing: str) -> Iterator[None]:
        """Make errors of ours of the SDK's."""
        with _told(self._dl, self._client, doing):
            yield


def _these(items: Sequence[str]) -> dict[str, Any]:
    """Write a query for items by their ids, as the SDK does."""
    filter_ = {"$and": [{"id": {"$in": list(items)}}]}
    return {"filter": filter_, "page": 0, "pageSize": PAGE, "resource": "items"}


@contextmanager
def _told(dl: Any, client: Any, doing: str) -> Iterator[None]:
    """Make errors of ours of the SDK's and of the network's."""
    import requests

    try:
        yield
    except dl.exceptions.ExceptionMain as error:
        if str(error.status_code) in {"401", "600"}:
            raise NotLoggedIn(client.environment) from error
        raise PlatformFailed(doing, str(error.status_code), _line(error.message)) from error
    except requests.RequestException as error:
        raise PlatformFailed(doing, "no answer", _line(error)) from error


def _line(message: object) -> str:
    return " ".join(str(message).split())[:300]


@contextmanager
def connected(
    project: str, dataset: str, *, gate: Gate, client: Any = None, quiet: bool = False
) -> Iterator[SdkPlatform]:
    """Reach a dataset by the names or ids of its project and itself.

    Without a *client* one of our own is made, with the login that the SDK keeps. *quiet*
    keeps what the SDK logs and draws off the terminal.

    Raises:
        InvalidInput: dtlpy is not installed.
        NotLoggedIn: there is no valid token.
        NotFound: there is no such project, or no such dataset in it.
        PlatformFailed: the platform gave no answer.
    """
    dl = load()
    own = client if client is not None else _own_client(dl)
    if quiet:
        _hush(own)
    send = own.gen_request

    def gated(*args: Any, **kwargs: Any) -> Any:
        return gate(lambda: send(*args, **kwargs))

    own.gen_request = gated
    try:
        with _told(dl, own, "looking at the login"):
            if own.token_expired():
                raise NotLoggedIn(own.environment)
        found = _project(dl, own, project)
        yield SdkPlatform(dl, own, found, _dataset(dl, own, found, dataset))
    finally:
        # What the instance has hides what its class has, as it was before.
        del own.gen_request


def _own_client(dl: Any) -> Any:
    try:
        with redirect_stdout(sys.stderr):
            return dl.ApiClient()
    except SystemExit as error:
        raise _broken_cookie() from error


def _hush(client: Any) -> None:
    """Keep the SDK's log lines and bars off the terminal; its own log file has them all the same."""
    for handler in logging.getLogger("dtlpy").handlers:
        if type(handler) is logging.StreamHandler:
            handler.addFilter(_nothing)
    # The public switch would write the user's own settings to disk.
    client.verbose._disable_progress_bar = True  # noqa: SLF001


def _nothing(_record: logging.LogRecord) -> bool:
    return False


def _project(dl: Any, client: Any, name: str) -> Any:
    how = {"project_id": name} if ID.fullmatch(name) else {"project_name": name}
    with _told(dl, client, f"looking for project {name!r}"):
        try:
            return dl.repositories.Projects(client_api=client).get(**how)
        except dl.exceptions.NotFound as error:
            _absent("project", name, f"Dataloop at {client.environment}", error)


def _dataset(dl: Any, client: Any, project: Any, name: str) -> Any:
    how = {"dataset_id": name} if ID.fullmatch(name) else {"dataset_name": name}
    with _told(dl, client, f"looking for dataset {name!r}"):
        try:
            return project.datasets.get(**how)
        except dl.exceptions.NotFound as error:
            _absent("dataset", name, f"project {project.name!r}", error)


def _absent(kind: str, name: str, place: str, error: Exception) -> NoReturn:
    remedy = "look up its name, or give its id"
    raise NotFound(kind=kind, name=name, place=place, remedy=remedy) from error
