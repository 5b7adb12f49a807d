"""One visit of a reader: what she asks for, what she may see, and where links lead."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TypeAlias
from urllib.parse import quote, unquote, urlencode

import attrs
from starlette.requests import Request

from adapters.dispatcher import Dispatcher
from distribution.errors import InvalidInput
from distribution.filters import AllOf, Filter, matches
from distribution.task import Task, no_task
from distribution.values import ITEM_ID_LIMIT, ItemId, TaskId, check_id

Visible: TypeAlias = Callable[[Request], Filter | None]
"""Tells which tasks a reader sees: those whose `Task.record` passes, None for all.

Raises starlette's HTTPException to refuse her, or to send her elsewhere first."""

SLOWEST = 3600
"""Seconds between two refreshes at most."""


def part_of(text: str) -> str:
    """Write an id as one part of a path, whatever it holds; servers take one layer of escapes off.

    >>> part_of("img 4.png"), part_of("a/b%"), part_of("..")
    ('img%204.png', 'a%252Fb%2525', '%252E%252E')
    """
    inner = text.replace("%", "%25").replace("/", "%2F")
    # Browsers take a part of dots, once escaped or not, for a way up.
    return quote(inner if text.strip(".") else inner.replace(".", "%2E"), safe="")


def read_part(text: str) -> str:
    """Read an id that `part_of` wrote, as a server hands it on.

    >>> read_part("a%2Fb%25"), read_part("img 4.png")
    ('a/b%', 'img 4.png')
    """
    return unquote(text)


@attrs.frozen
class Visit:
    """What one reader asks."""

    tasks: Dispatcher
    request: Request
    sees: Filter | None
    """Which tasks she sees; None for all."""
    leave: str | None = None
    """What, beside the pages, takes the POST of a reader who is done; None where nothing does."""

    @property
    def now(self) -> datetime:
        """Tell the time, by the clock that decides."""
        return self.tasks.clock()

    def filter(self, *clauses: Filter | None) -> Filter | None:
        """Give the filter of what she asks for, of what she may see."""
        wanted = tuple(clause for clause in (self.sees, *clauses) if clause is not None)
        return AllOf(wanted) if wanted else None

    def task(self) -> Task:
        """Give the task that the address names.

        Raises:
            NotFound: there is none, or none that she may see.
        """
        return self.seen(read_part(self.request.path_params["task"]))

    def seen(self, task_id: TaskId) -> Task:
        """Give a task that she may see.

        Raises:
            NotFound: there is none.
        """
        task = self.tasks.get(task_id)
        if self.sees is not None and not matches(self.sees, task.record()):
            raise no_task(task_id)
        return task

    def item(self) -> ItemId:
        """Give the item that the address names."""
        return check_id(read_part(self.request.path_params["item"]), "item id", ITEM_ID_LIMIT)

    def text(self, name: str) -> str:
        """Give what was asked, without the space around it; empty where nothing was."""
        return self.chosen(name).strip()

    def chosen(self, name: str) -> str:
        """Give what was chosen from a list, to the letter; empty where nothing was."""
        return self.request.query_params.get(name, "")

    def number(self, name: str) -> int | None:
        """Give a number that was asked for.

        Raises:
            InvalidInput: it is none.
        """
        text = self.text(name)
        try:
            return int(text) if text else None
        except ValueError as error:
            raise InvalidInput(subject=f"{name} of this page", must="be a number", got=text) from error

    @property
    def refresh(self) -> int | None:
        """Give the seconds after which the page is to be loaded again.

        Raises:
            InvalidInput: they make no sense.
        """
        seconds = self.number("refresh")
        if seconds is not None and not 1 <= seconds <= SLOWEST:
            must = f"be between 1 and {SLOWEST} seconds"
            raise InvalidInput(subject="refresh of this page", must=must, got=seconds)
        return seconds

    def to(self, *parts: str, **query: str | int | None) -> str:
        """Give the address of a page: ids as they are, wherever the pages are mounted."""
        path = "/".join(part_of(part) for part in parts)
        asked = urlencode({name: value for name, value in query.items() if value not in {None, ""}})
        root: str = self.request.scope.get("root_path", "")
        return f"{quote(root.rstrip('/'))}/{path}" + (f"?{asked}" if asked else "")

    def here(self, **query: str | int | None) -> str:
        """Give the address of this page with a part of its query changed."""
        asked = {**self.request.query_params, **query}
        return "?" + urlencode({name: value for name, value in asked.items() if value not in {None, ""}})
