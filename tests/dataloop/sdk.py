"""The SDK, unmodified, in a process of its own; tests are scenarios that are played there.

A scenario is a function of a `Studio`, written beside its test, which it is: in pytest it
sends its own name to the SDK's process and waits for how it went. So the process loads
`dtlpy` once, sees nothing of pytest, and talks to the server over loopback alone.
"""

from __future__ import annotations

import importlib.util
import inspect
import json
import os
import select
import signal
import subprocess
import sys
import traceback
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import IO, Any

from tests.dataloop.lossy import Lossy
from tests.dataloop.service import OWNER, ROOT, Service, signed

PATIENCE = 120
"""Seconds that one scenario may take."""
DUE = 1_861_920_000.0
"""The first of January 2029, when all tasks are due."""
ANN, BOB, EVE, ZOE = (f"{name}@example.com" for name in ("ann", "bob", "eve", "zoe"))


def scenario_of(fixture: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Make what makes tests of functions of a studio: they are played where this fixture has its SDK."""

    def made(play: Callable[..., None]) -> Callable[..., None]:
        def test(**given: Any) -> None:
            sdk = given.pop(fixture)
            sdk.play(inspect.getfile(play), play.__name__, given)

        parameters = list(inspect.signature(play).parameters.values())
        first = inspect.Parameter(fixture, inspect.Parameter.KEYWORD_ONLY)
        rest = [parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY) for parameter in parameters[1:]]
        test.__signature__ = inspect.Signature([first, *rest])  # type: ignore[attr-defined]
        test.__name__, test.__doc__, test.__module__ = play.__name__, play.__doc__, play.__module__
        test.play = play  # type: ignore[attr-defined]
        return test

    return made


scenario = scenario_of("sdk")
"""A test of a function of a studio: it is played where the SDK is."""
lone_scenario = scenario_of("lone_sdk")
"""One whose server is its own module's: it may stop and start it."""


class Sdk:
    """A process with the SDK in it."""

    def __init__(self, folder: Path, service: Service, lossy: Lossy | None = None) -> None:
        self.service, self.lossy = service, lossy
        url = service.url if lossy is None else lossy.url
        home, empty = folder / "home", folder / "empty"
        for path in (home, empty):
            path.mkdir(parents=True)
        (home / "cookie.json").write_text(json.dumps(cookie(url, service.token())))
        self._log = folder / "sdk.log"
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(home),
            "PYTHONPATH": str(ROOT),
            "DATALOOP_PATH": str(home),
            "NO_PROXY": "127.0.0.1,localhost",
            "STUDIO_URL": url,
            "STUDIO_TOKEN": service.token(),
            "STUDIO_SECRET": service.secret,
        }
        with self._log.open("w") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-c", "from tests.dataloop.sdk import listen; listen()"],
                cwd=empty,
                env=environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )

    def play(self, file: str, name: str, given: dict[str, Any]) -> None:
        """Let a scenario be played; fail as it fails."""
        self._send({"file": file, "name": name, "given": given})
        while True:
            said = self._receive(name)
            if "does" in said:
                self._do(said["does"])
            else:
                assert said["failed"] is None, said["failed"]
                return

    def _do(self, what: str) -> None:
        """Do to the server what a scenario asks for."""
        match what:
            case "restart":
                self.service.restart()
            case "crash":
                self.service.restart(signal.SIGKILL)
            case _:
                assert self.lossy is not None
                how, _, request = what.partition(" ")
                self.lossy.lose(request, crash=how == "crash-at")
        self._send({"done": what})

    def _send(self, message: dict[str, Any]) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(message) + "\n")
        self._process.stdin.flush()

    def _receive(self, name: str) -> dict[str, Any]:
        assert self._process.stdout is not None
        ready, _, _ = select.select([self._process.stdout], [], [], PATIENCE)
        line = self._process.stdout.readline() if ready else ""
        assert line, f"{name} gave no sign of life: {self._log.read_text()[-2000:]}"
        message: dict[str, Any] = json.loads(line)
        return message

    def close(self) -> None:
        """Let the process end."""
        self._process.kill()
        self._process.communicate()


def cookie(url: str, token: str) -> dict[str, Any]:
    """Make what the SDK keeps of an environment between two runs."""
    login = {
        "alias": "ours",
        "token": token,
        "refresh_token": None,
        "verify_ssl": True,
        "gate_url": url,
        "url": f"{url}/",
    }
    return {"url": f"{url}/api/v1", "login_parameters": {f"{url}/api/v1": login}}


class Studio:
    """What a scenario has: the SDK, a project of its own with a dataset in it, and short ways to fill them."""

    _numbers = count(1)

    def __init__(self, dl: Any, channel: tuple[Iterator[str], IO[str]]) -> None:
        self.dl = dl
        self.url, self.token = os.environ["STUDIO_URL"], os.environ["STUDIO_TOKEN"]
        self.due = DUE
        self._channel = channel
        self._number = next(self._numbers)
        self.project = dl.projects.create(f"project {os.getpid()} {self._number}")
        self.dataset = self.project.datasets.create("dataset")

    def upload(self, number: int, folder: str = "/", *, prefix: str = "f") -> list[Any]:
        """Upload so many small files to a folder; give the items in the order of their names."""
        local = Path.cwd().parent / f"files {self._number} {next(self._numbers)}"
        local.mkdir()
        for n in range(number):
            (local / f"{prefix}{n:03}.txt").write_text(f"{prefix} {n}")
        self.dataset.items.upload(local_path=f"{local}/*", remote_path=folder)
        filters = self.dl.Filters(field="dir", values=folder.rstrip("/") or "/")
        return sorted(
            (item for page in self.dataset.items.list(filters) for item in page), key=lambda i: i.name
        )

    def annotate(self, item: Any, *labels: str) -> list[Any]:
        """Let an item have an annotation of each label."""
        builder = item.annotations.builder()
        for label in labels or ("cat",):
            builder.add(self.dl.Classification(label=label))
        return list(item.annotations.upload(builder))

    def task(self, name: str = "task", people: Any = (ANN, BOB), **settings: Any) -> Any:
        """Create a task."""
        said = {"due_date": self.due, **({} if people is None else {"assignee_ids": list(people)})}
        return self.dataset.tasks.create(task_name=name, **said, **settings)

    def counts(self, task: Any) -> dict[str, int]:
        """Tell how many items everybody has, in the order of the list."""
        return {one.annotator: one.total_items for one in task.assignments.list()}

    def items(self, entity: Any, **asked: Any) -> list[Any]:
        """Walk through all items of a task or an assignment."""
        return [item for page in entity.get_items(**asked) for item in page]

    def names(self, entity: Any, **asked: Any) -> list[str]:
        """Name the items of a task or an assignment, sorted."""
        return sorted(item.name for item in self.items(entity, **asked))

    def refs(self, item: Any, entity: Any) -> list[dict[str, Any]]:
        """Give what an item says of a task or an assignment."""
        fresh = self.dl.items.get(item_id=item.id)
        return [ref for ref in fresh.metadata["system"]["refs"] if ref["id"] == entity.id]

    def ask(self, method: str, path: str, body: Any = None, *, token: str | None = None) -> tuple[int, Any]:
        """Send a plain request; give the status and the JSON that came back."""
        import requests

        headers = {"authorization": f"Bearer {token or self.token}"}
        answer = requests.request(method, f"{self.url}/api/v1{path}", json=body, headers=headers, timeout=60)
        return answer.status_code, answer.json()

    def signed(self, email: str, **claims: Any) -> str:
        """Make a token of somebody, as an identity provider would."""
        return signed(os.environ["STUDIO_SECRET"], email, **claims)

    def restart(self) -> None:
        """Let the server be stopped and started again."""
        self._ask_for("restart")

    def crash(self) -> None:
        """Let the server be killed, and started again."""
        self._ask_for("crash")

    def lose(self, request: str, *, crash: bool = False) -> None:
        """Let the next answer to a request, as "POST /projects", be lost on its way; or the server die then."""
        self._ask_for(f"{'crash-at' if crash else 'lose'} {request}")

    def _ask_for(self, what: str) -> None:
        inward, outward = self._channel
        outward.write(json.dumps({"does": what}) + "\n")
        outward.flush()
        assert json.loads(next(inward)) == {"done": what}


def fails(exception: Any, call: Callable[[], Any]) -> Any:
    """Expect an error of the SDK; give it."""
    try:
        found = call()
    except exception as error:
        return error
    raise AssertionError(f"{exception.__name__} was not raised, it gave {found!r}")


def listen() -> None:
    """Play scenarios as they are asked for: the other end of `Sdk`."""
    outward = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    import dtlpy as dl

    inward = iter(sys.stdin)
    for line in inward:
        asked = json.loads(line)
        failed = None
        try:
            play = _loaded(asked["file"], asked["name"])
            play(Studio(dl, (inward, outward)), **asked["given"])
        except Exception as error:  # noqa: BLE001  whatever it is, the test fails with it
            failed = _told(error)
        outward.write(json.dumps({"failed": failed}) + "\n")
        outward.flush()


def _told(error: Exception) -> str:
    """Tell where a scenario failed, and what its names stood for there."""
    trace = traceback.TracebackException.from_exception(error, capture_locals=True)
    for frame in trace.stack:
        frame.locals = {name: value[:200] for name, value in (frame.locals or {}).items()}
    return "".join(trace.format())


_modules: dict[str, Any] = {}


def _loaded(file: str, name: str) -> Any:
    """Give a scenario of a test module."""
    if file not in _modules:
        spec = importlib.util.spec_from_file_location(Path(file).stem, file)
        assert spec is not None
        assert spec.loader is not None
        _modules[file] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(_modules[file])
    return getattr(_modules[file], name).play


__all__ = [
    "ANN",
    "BOB",
    "DUE",
    "EVE",
    "OWNER",
    "ZOE",
    "Sdk",
    "Studio",
    "fails",
    "listen",
    "lone_scenario",
    "scenario",
]
