"""How a reader comes to the pages: with the token that the API takes, kept by her browser.

The cookie is for this site alone and out of reach of any script. What she sees are the
tasks of the projects she sees; tasks that belong to no project are for those who see all.
"""

from __future__ import annotations

from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qs

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from adapters.dataloop.access import Access, Unauthorized
from adapters.dataloop.world import World
from adapters.pages.frame import HEADERS, document
from adapters.pages.markup import Html, el
from adapters.pages.site import routes as pages
from distribution.filters import Filter, field

COOKIE = "distribution_token"
LONGEST = 8192
"""Bytes of a token at most."""
ENTER = "/enter"
LEAVE = "leave"


def routes(world: World, access: Access) -> list[BaseRoute]:
    """Give the pages with their door."""

    def visible(request: Request) -> Filter | None:
        try:
            who = access.principal(_header(request))
        except Unauthorized as error:
            if request.method == "GET":
                headers = {"location": request.scope.get("root_path", "") + ENTER}
                raise HTTPException(303, "Say who you are first.", headers) from error
            raise HTTPException(401, str(error)) from error
        if who.admin and who.projects is None:
            return None
        names = [project["id"] for project in world.visible(who)]
        return field("metadata.dataloop.project").is_in(names)

    async def enter(request: Request) -> Response:
        if request.method == "GET":
            return _form()
        token = await _token(request)
        try:
            await run_in_threadpool(access.principal, f"Bearer {token}")
        except Unauthorized as error:
            return _form(str(error), status=401)
        root = request.scope.get("root_path", "")
        answer = RedirectResponse(f"{root}/", status_code=303)
        secure = request.url.scheme == "https"
        answer.set_cookie(COOKIE, token, httponly=True, samesite="strict", secure=secure, path=f"{root}/")
        return answer

    async def leave(request: Request) -> Response:
        root = request.scope.get("root_path", "")
        answer = RedirectResponse(f"{root}{ENTER}", status_code=303)
        answer.delete_cookie(COOKIE, path=f"{root}/")
        return answer

    door = [
        Route(ENTER, enter, methods=["GET", "POST"]),
        Route(f"/{LEAVE}", leave, methods=["POST"]),
    ]
    # Where anybody is let in there is no inside to leave.
    return [*door, *pages(world.tasks, visible=visible, leave=None if access.open else LEAVE)]


def _header(request: Request) -> str | None:
    """Give the token of a request: its header, or else its cookie."""
    if (header := request.headers.get("authorization")) is not None:
        return header
    try:
        morsel = SimpleCookie(request.headers.get("cookie", "")).get(COOKIE)
    except CookieError:
        return None
    return None if morsel is None else f"Bearer {morsel.value}"


async def _token(request: Request) -> str:
    """Read the token of a form."""
    raw = b""
    async for chunk in request.stream():
        raw += chunk
        if len(raw) > LONGEST:
            return ""
    found = parse_qs(raw.decode("ascii", "replace")).get("token", [""])
    return found[0].strip()


def _form(problem: str = "", *, status: int = 200) -> HTMLResponse:
    """Ask for a token."""
    said: Html | None = el("p", problem[:1].upper() + problem[1:] + ".", role="alert") if problem else None
    content = el(
        "section",
        el("h1", "Who are you?"),
        said,
        el(
            "p",
            "These pages show what the token shows that the SDK uses: ",
            el("code", "distribution token"),
            ".",
        ),
        el(
            "form",
            el(
                "label",
                "Token ",
                el("input", name="token", type="password", required=True, autocomplete="off"),
            ),
            " ",
            el("button", "Enter"),
            method="post",
        ),
        class_="card",
    )
    return HTMLResponse(document("Who are you?", content), status, headers=HEADERS)
