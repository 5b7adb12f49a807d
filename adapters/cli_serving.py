"""Commands that serve: the API that Dataloop's SDK speaks, with pages for people, and tokens for it."""

from __future__ import annotations

import json
import os
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import attrs
from typer import Argument, Option

from adapters.cli_options import CLOCK, Common, Panel
from adapters.cli_output import note, out, print_json
from distribution.errors import InvalidInput

if TYPE_CHECKING:
    import uvicorn

    from adapters.dataloop.access import Access

PANEL = Panel("Serving")
MEGABYTE = 1024 * 1024

Secret = Annotated[
    str | None,
    Option(
        "--secret-file",
        help="File with the secret that tokens are signed with (HS256), 32 bytes or more.",
        envvar="DISTRIBUTION_SECRET_FILE",
    ),
]


def _secret(path: str | None) -> bytes | None:
    if path is None:
        return None
    try:
        return Path(path).read_bytes().strip()
    except OSError as error:
        remedy = "make one: openssl rand -hex 32 > secret"
        raise InvalidInput(subject="--secret-file", must="be a file", got=path, remedy=remedy) from error


def _need_server() -> None:
    """Say what to install where something is missing.

    Raises:
        InvalidInput: the extra `server` is not installed.
    """
    for name in ("jwt", "python_multipart", "starlette", "uvicorn"):
        try:
            import_module(name)
        except ImportError as error:
            remedy = "pip install 'work-distribution[server]'"
            raise InvalidInput(subject="serving", must=f"have {name}", got="none", remedy=remedy) from error


@attrs.frozen(kw_only=True)
class Door:
    """Where the server listens, and whom it lets in."""

    host: Annotated[str, Option(help="Address to listen at.")] = "127.0.0.1"
    port: Annotated[int, Option(help="Port to listen at; 0 for any that is free.", min=0, max=65535)] = 8999
    secret_file: Secret = None
    token: Annotated[
        list[str] | None,
        Option("--token", help="A token that is accepted as it is: email=token. Repeatable."),
    ] = None
    insecure_no_auth: Annotated[
        bool, Option("--insecure-no-auth", help="Accept any token, with all rights; on loopback only.")
    ] = False

    def access(self) -> Access:
        """Give which tokens are accepted.

        Raises:
            InvalidInput: none would be, or all would be for everybody on the network.
        """
        from adapters.dataloop.access import Access, is_loopback
        from adapters.dataloop.calls import Principal

        if self.insecure_no_auth and not is_loopback(self.host):
            raise InvalidInput(
                subject="--insecure-no-auth",
                must="be used on loopback only",
                got=self.host,
                remedy="leave --host out, or give --secret-file",
            )
        listed = {}
        for pair in self.token or []:
            email, _, token = pair.partition("=")
            if not token:
                raise InvalidInput(subject="--token", must="be email=token", got=pair)
            listed[token] = Principal(email=email.lower(), admin=True)
        secret = _secret(self.secret_file)
        return Access(tokens=listed, secret=secret, open=self.insecure_no_auth, clock=CLOCK.get())


@PANEL.command("serve --store work.db --port 8999 --secret-file secret")
def serve(
    *,
    door: Door,
    max_upload: Annotated[int, Option(help="Megabytes of one request at most.", min=1, max=1024)] = 64,
    folder: Annotated[
        list[str] | None,
        Option(
            "--folder",
            help="Take the files of a folder in as items first: project/dataset=folder. Repeatable.",
        ),
    ] = None,
    common: Common,
) -> None:
    """Serve what the Dataloop SDK asks for, from a store of ours, and pages for people at /."""
    _need_server()
    import uvicorn

    from adapters.dataloop.served import opened, took_in, whole

    access = door.access()
    with opened(common.store, clock=CLOCK.get(), limit=max_upload * MEGABYTE) as world:
        for pair in folder or []:
            note(took_in(world, pair))
        app: Any = whole(world, access)
        _run(uvicorn.Config(app, host=door.host, port=door.port, log_level="warning"), common)


def _run(config: uvicorn.Config, common: Common) -> None:
    """Serve until somebody stops it; say where, once it listens."""
    import uvicorn

    class Server(uvicorn.Server):
        async def startup(self, sockets: Any = None) -> None:
            await super().startup(sockets=sockets)
            for served in self.servers:
                for socket in served.sockets:
                    host, port = socket.getsockname()[:2]
                    url = f"http://{host}:{port}"
                    if common.as_json:
                        # One line: whoever started the server reads on when it ends.
                        out(json.dumps({"url": url, "api": f"{url}/api/v1", "pid": os.getpid()}))
                    else:
                        out(
                            f"serving {common.store} at {url}; the SDK's environment is {url}/api/v1; Ctrl-C stops"
                        )

    Server(config).run()


@PANEL.command("token ann@example.com --secret-file secret --days 30 --admin")
def token(
    email: Annotated[str, Argument(help="Whose token it is.", metavar="EMAIL")],
    *,
    secret_file: Secret = None,
    days: Annotated[float, Option(help="How long it is valid.", min=0.001, max=3650)] = 30,
    admin: Annotated[bool, Option("--admin", help="It sees every project.")] = False,
    project: Annotated[
        list[str] | None, Option("--project", help="Id of a project; only these are seen. Repeatable.")
    ] = None,
    as_json: Annotated[bool, Option("--json", help="Print JSON for programs.")] = False,
) -> None:
    """Make a token for the server, signed with its secret."""
    _need_server()
    if secret_file is None:
        remedy = "make one: openssl rand -hex 32 > secret"
        raise InvalidInput(subject="--secret-file", must="be given", got=None, remedy=remedy)
    from adapters.dataloop.access import Access

    access = Access(secret=_secret(secret_file), clock=CLOCK.get())
    claims: dict[str, object] = {"admin": True} if admin else {}
    if project:
        claims["projects"] = project
    made = access.issue(email, days=days, **claims)
    if as_json:
        print_json({"email": email.lower(), "token": made})
    else:
        out(made)
