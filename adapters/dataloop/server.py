"""Dataloop's REST for the unmodified SDK, as an application that can be mounted anywhere.

One table says what is answered (`routes`); the description for tools (OpenAPI) is made
from the same table. Bodies are bounded and read here, tokens are checked here, and
errors of the core become the statuses from which the SDK makes its own.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote, urlsplit

import attrs
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.types import Message, Receive

from adapters.dataloop.access import Access, Forbidden, Unauthorized, is_loopback
from adapters.dataloop.api import Api
from adapters.dataloop.calls import Call, Principal, Reply, Upload, read_json
from adapters.dataloop.openapi import description
from adapters.dataloop.routes import ROUTES, Way
from adapters.dataloop.world import World
from distribution.errors import (
    DistributionError,
    Infeasible,
    InvalidInput,
    NotFound,
    Refused,
    StoreBusy,
)

STATUSES: Mapping[type[DistributionError], int] = {
    InvalidInput: 400,
    Infeasible: 400,
    Unauthorized: 401,
    Forbidden: 403,
    NotFound: 404,
    Refused: 409,
}
"""What errors are on the wire; the SDK makes its own of them. It sends again what gets a 503, which `StoreBusy` is."""
API = "/api/v1"
_NOBODY = Principal(email="nobody")


class TooLarge(Exception):
    """More bytes came than one request may have."""


def status_of(error: DistributionError) -> int:
    """Choose the HTTP status of an error; 500 for what is ours to mend."""
    return next((status for kind, status in STATUSES.items() if isinstance(error, kind)), 500)


def application(world: World, access: Access, *, more: list[BaseRoute] | None = None) -> Starlette:
    """Make the application: the API under /api/v1, the login beside it, and *more* routes, as pages for people."""
    api = Api(world)
    paths: dict[str, dict[str, Way]] = {}
    for way in ROUTES:
        paths.setdefault(way.pattern, {})[way.method] = way
    ways = [
        Route(path, _endpoint(api, access, by_method), methods=list(by_method))
        for path, by_method in paths.items()
    ]
    beside = [
        Route("/token", _login(access), methods=["POST"]),
        Route("/login", _browser_login(access), methods=["GET"]),
        Route("/openapi.json", _described(world), methods=["GET"]),
        Mount(API, routes=ways),
    ]
    handlers: dict[Any, Any] = {HTTPException: _http_error, Exception: _failure}
    return Starlette(routes=[*beside, *(more or [])], exception_handlers=handlers)


def problem(status: int, message: str) -> Response:
    """Make the answer to what went wrong, as the SDK reads it."""
    # Whoever sends too much would go on sending it, if the connection stayed.
    headers = {401: {"www-authenticate": "Bearer"}, 413: {"connection": "close"}}.get(status)
    return JSONResponse({"message": message, "status": status}, status_code=status, headers=headers)


async def _http_error(_request: Request, error: HTTPException) -> Response:
    answer = problem(error.status_code, error.detail)
    for name, value in (error.headers or {}).items():
        answer.headers[name] = value
    return answer


async def _failure(_request: Request, _error: Exception) -> Response:
    return problem(500, "the server failed; its log says why")


def _endpoint(api: Api, access: Access, ways: Mapping[str, Way]) -> Any:
    """Make what answers the requests of one path, by their methods."""

    async def endpoint(request: Request) -> Response:
        way = ways["GET" if request.method == "HEAD" else request.method]
        try:
            _refuse_other_sites(request, access)
            who = await run_in_threadpool(access.principal, request.headers.get("authorization"))
            body, file, digest = await _read(request, api.world.limit)
            call = Call(
                who=attrs.evolve(who, acting=way.needs),
                base=_base(request),
                path={key: str(value) for key, value in request.path_params.items()},
                query=_query(request),
                body=body,
                file=file,
                peer=None if request.client is None else f"{request.client.host}:{request.client.port}",
            )
            called = hashlib.blake2b(f"{way.method} {request.url.path} {digest}".encode()).hexdigest()
            return _response(await run_in_threadpool(api.answer, way, call, called))
        except StoreBusy:
            # Its own words name places on this machine.
            return problem(503, "the store is busy; nothing was done, send it again")
        except DistributionError as error:
            if status_of(error) == 500:
                raise
            return problem(status_of(error), str(error))
        except TooLarge:
            return problem(413, f"the body has more than {api.world.limit} bytes; send less at once")
        except (MultiPartException, UnicodeDecodeError) as error:
            return problem(400, f"the body cannot be read: {error}")
        except ClientDisconnect:
            return Response(status_code=400)

    return endpoint


def _refuse_other_sites(request: Request, access: Access) -> None:
    """Keep pages of other sites out where no token does: a browser on this machine would send what they ask for.

    Raises:
        Unauthorized: the request is one, or pretends that this machine has another name.
    """
    if not access.open:
        return
    origin = request.headers.get("origin")
    ours = {None, f"{request.url.scheme}://{request.url.netloc}"}
    if origin not in ours or request.headers.get("sec-fetch-site", "none") not in {"none", "same-origin"}:
        raise Unauthorized("is missing: this comes from a page of another site")
    if not is_loopback(request.url.hostname or ""):
        raise Unauthorized(
            f"is missing: without one this server is called localhost, not {request.url.hostname!r}"
        )


async def _read(request: Request, limit: int) -> tuple[Any, Upload | None, str]:
    """Read a body of at most so many bytes; give it, the file in it, and a digest of its bytes."""
    digest = hashlib.blake2b(digest_size=16)
    request._receive = _bounded(request.receive, limit, digest)  # noqa: SLF001  there is no other way in
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in {"multipart/form-data", "application/x-www-form-urlencoded"}:
        return read_json(await request.body()), None, digest.hexdigest()
    async with request.form(max_files=1, max_fields=64, max_part_size=limit) as form:
        fields, file = dict[str, Any](), None
        for key, value in form.multi_items():
            if isinstance(value, UploadFile):
                content = await value.read()
                mimetype = value.content_type or "application/octet-stream"
                file = Upload(filename=value.filename or "file", content=content, mimetype=mimetype)
            else:
                fields[key] = value
        return fields, file, digest.hexdigest()


def _bounded(receive: Receive, limit: int, digest: Any) -> Receive:
    """Count bytes as they come, and stop at the limit, whatever the header says."""
    seen = 0

    async def bounded() -> Message:
        nonlocal seen
        message = await receive()
        if message["type"] == "http.request":
            chunk = message.get("body", b"")
            seen += len(chunk)
            digest.update(chunk)
            if seen > limit:
                raise TooLarge
        return message

    return bounded


def _base(request: Request) -> str:
    """Tell where the API is for whoever asks."""
    return f"{request.url.scheme}://{request.url.netloc}{request.scope.get('root_path', '')}"


def _query(request: Request) -> dict[str, str]:
    """Read the query: the SDK sends a plus as a plus."""
    raw = request.scope.get("query_string", b"").decode("latin-1")
    pairs = (part.partition("=") for part in raw.split("&") if part)
    return {unquote(key): unquote(value) for key, _, value in pairs}


def _response(reply: Any) -> Response:
    if not isinstance(reply, Reply):
        reply = Reply(body=reply)
    headers = dict(reply.headers)
    if reply.content is not None:
        return Response(reply.content, reply.status, headers, media_type=reply.mimetype)
    return JSONResponse(reply.body, status_code=reply.status, headers=headers)


def _login(access: Access) -> Any:
    """Make what answers with a token: for a password, or for a token that renews."""

    async def login(request: Request) -> Response:
        try:
            body, _, _ = await _read(request, 64 * 1024)
            call = Call(who=_NOBODY, base="", body=body).object()
            if call.get("type") == "refresh_token":
                return JSONResponse(access.refresh(str(call.get("refresh_token"))))
            return JSONResponse(access.log_in(str(call.get("username")), str(call.get("password"))))
        except DistributionError as error:
            return problem(status_of(error), str(error))
        except TooLarge:
            return problem(413, "the body is too large for a login")

    return login


def _browser_login(access: Access) -> Any:
    """Make what sends a browser back to the SDK with tokens, where nobody has to prove who she is."""

    async def login(request: Request) -> Response:
        callback = request.query_params.get("callback", "")
        if not access.open or access.secret is not None:
            return problem(401, "this server has no login page; set a token: distribution token --help")
        back = urlsplit(callback)
        if back.scheme != "http" or "@" in back.netloc or not is_loopback(back.hostname or ""):
            return problem(400, "the callback must be on this machine: http://localhost:...")
        found = access.log_in("owner@example.com", "")
        query = f"id_token={found['id_token']}&access_token={found['id_token']}&refresh_token={found['refresh_token']}"
        return RedirectResponse(f"{callback}?{query}", status_code=302)

    return login


def _described(world: World) -> Any:
    """Make what gives the description of the API."""
    lock, known = threading.Lock(), list[bytes]()

    async def described(_request: Request) -> Response:
        with lock:
            if not known:
                known.append(json.dumps(description(ROUTES, API, world.limit)).encode())
        return Response(known[0], media_type="application/json")

    return described
