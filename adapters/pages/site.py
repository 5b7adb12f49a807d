"""Pages for people, as routes of starlette: mount them in a service of your own.

Tasks, people, progress, queue, pair coverage, reasons for waiting, histories: plain HTML and
inline SVG made on the server, without a script. The pages change nothing.

    app = Starlette(routes=[Mount("/work", routes=routes(tasks, visible=mine)), *yours])
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping

import attrs
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from adapters.dispatcher import Dispatcher
from adapters.pages.frame import problem
from adapters.pages.history import history_page
from adapters.pages.item import item_page
from adapters.pages.items import items_page
from adapters.pages.people import people_page
from adapters.pages.task import task_page
from adapters.pages.tasks import tasks_page
from adapters.pages.visit import Visible, Visit
from distribution.errors import DistributionError, InvalidInput, NotFound, Refused, StoreBusy

LOG = logging.getLogger(__name__)

PAGES: Mapping[str, Callable[[Visit], Response]] = {
    "/": tasks_page,
    "/tasks": tasks_page,
    "/tasks/{task}": task_page,
    "/tasks/{task}/people": people_page,
    "/tasks/{task}/history": history_page,
    "/tasks/{task}/items": items_page,
    "/tasks/{task}/items/{item:path}": item_page,
}
"""Addresses, as `Visit.to` writes them."""
TITLES = {
    400: "That cannot be shown",
    401: "Who are you?",
    403: "Not for you",
    404: "Not here",
    503: "Not now",
}


@attrs.frozen
class _Endpoint:
    """A page for whoever asks, with every refusal in words."""

    tasks: Dispatcher
    visible: Visible | None
    leave: str | None
    make: Callable[[Visit], Response]

    def answer(self, request: Request) -> Response:
        """Answer with the page, or say why there is none. Runs in a thread: stores wait for disks."""
        try:
            sees = None if self.visible is None else self.visible(request)
            return self.make(Visit(self.tasks, request, sees, self.leave))
        except (DistributionError, HTTPException) as error:
            return said(request, error)


def routes(tasks: Dispatcher, *, visible: Visible | None = None, leave: str | None = None) -> list[BaseRoute]:
    """Give the pages of a dispatcher's tasks, to be mounted anywhere.

    *visible* says of every request which tasks its reader sees, as a filter over
    `Task.record`, None for all; a task she does not see is not there for her. It refuses
    her, or sends her elsewhere, by an HTTPException. *leave* names what, beside the pages,
    takes the POST of a reader who is done; without it no page has a button for that.
    """
    return [
        Route(path, _Endpoint(tasks, visible, leave, make).answer, name=make.__name__)
        for path, make in PAGES.items()
    ]


def app(tasks: Dispatcher, *, visible: Visible | None = None) -> Starlette:
    """Give the pages as an application of its own, which also says in words what is not there."""
    return Starlette(routes=routes(tasks, visible=visible), exception_handlers={HTTPException: said})


def said(request: Request, error: Exception) -> Response:
    """Answer an error with a page in words and the way back; may serve as exception handler.

    What failed in the store goes to the log, not to the reader.
    """
    status, words, headers = _words(error)
    if status >= 500:
        LOG.error("page %r", request.url.path, exc_info=error)
    root: str = request.scope.get("root_path", "")
    return problem(f"{root.rstrip('/')}/", status, TITLES.get(status, "That did not work"), words, headers)


def _words(error: Exception) -> tuple[int, str, dict[str, str]]:
    """Give the status of an error, what to say of it, and what else belongs to the answer."""
    if isinstance(error, HTTPException):
        words = "There is no such page." if error.status_code == 404 else error.detail
        return error.status_code, _sentence(words), dict(error.headers or {})
    if isinstance(error, NotFound):
        return 404, _sentence(str(error)), {}
    if isinstance(error, InvalidInput):
        return 400, _sentence(str(error)), {}
    if isinstance(error, Refused):
        return 409, _sentence(str(error)), {}
    if isinstance(error, StoreBusy):
        return 503, "Somebody else holds the store; try again in a moment.", {"Retry-After": "2"}
    return 500, "The store could not be read; whoever runs this service finds out more in its log.", {}


def _sentence(words: str) -> str:
    return words[:1].upper() + words[1:].rstrip(".") + "."
