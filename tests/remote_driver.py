"""Runs scenarios with the real SDK, each in a process of its own.

The SDK takes seconds to import, so one process imports it once and then forks for every
scenario it is asked for. A scenario may die; what it was is told by its signal.
"""

from __future__ import annotations

import base64
import inspect
import json
import os
import subprocess
import sys
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import attrs

ROOT = Path(__file__).parents[1]
CATS, DOGS, MANY, FEW = 7, 5, 1100, 4
"""How many items the folders of the datasets have."""


def token(expires: float = 3600) -> str:
    """Make a token that nobody signed, for a server that accepts any."""
    claims = {"email": "owner@example.com", "exp": time.time() + expires}
    parts = [json.dumps(part).encode() for part in ({"alg": "none"}, claims)]
    return ".".join([*(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts), "none"])


def cookie(url: str, expires: float = 3600) -> str:
    """Write what the SDK keeps of a login."""
    base = f"{url}/api/v1"
    login = {"alias": "ours", "token": token(expires), "refresh_token": None, "verify_ssl": True}
    return json.dumps({"url": base, "login_parameters": {base: {**login, "gate_url": url, "url": f"{url}/"}}})


@attrs.frozen
class Ended:
    """How a scenario ended: with a result, an error, or by a signal."""

    result: Any
    error: str
    signal: int


class Driver:
    """The process that has the SDK, seen from a test."""

    def __init__(self, folder: Path, url: str) -> None:
        self.home = folder / "home"
        self.home.mkdir()
        (self.home / "cookie.json").write_text(cookie(url))
        (folder / "empty").mkdir()
        self.environment = {
            "PATH": "",
            "HOME": str(folder),
            "DATALOOP_PATH": str(self.home),
            "PYTHONPATH": str(ROOT),
            "NO_PROXY": "127.0.0.1",
            "COLUMNS": "200",
        }
        self.folder = folder / "empty"
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.remote_driver"],
            cwd=self.folder,
            env=self.environment,
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )

    def end(self, scenario: str, **given: Any) -> Ended:
        """Run a scenario and tell how it ended."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"scenario": scenario, "given": given}) + "\n")
        self._process.stdin.flush()
        return Ended(**json.loads(self._process.stdout.readline()))

    def run(self, scenario: str, **given: Any) -> Any:
        """Run a scenario that ends well, and give its result."""
        ended = self.end(scenario, **given)
        assert (ended.error, ended.signal) == ("", 0), ended.error
        return ended.result

    def close(self) -> None:
        """Let the process end."""
        self._process.communicate()


@contextmanager
def served(folder: Path) -> Iterator[Driver]:
    """Serve the project `animals` with the datasets photos (cats and dogs), many and few; give what speaks to it."""
    for name, count in (("photos/cats", CATS), ("photos/dogs", DOGS), ("many", MANY), ("few", FEW)):
        (folder / name).mkdir(parents=True)
        for n in range(count):
            (folder / name / f"{n:04}.png").write_bytes(b"x" * (n * n + 1 if count < MANY else 0))
    command = [sys.executable, "-m", "adapters.cli", "serve", "--store", "server.db", "--port", "0"]
    command += ["--json", "--insecure-no-auth"]
    for name in ("photos", "many", "few"):
        command += ["--folder", f"animals/{name}={name}"]
    environment = {"PATH": "", "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}
    server = subprocess.Popen(
        command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    assert server.stdout is not None
    told = ""
    while not told.rstrip().endswith("}"):
        line = server.stdout.readline()
        assert line, "the server did not start"
        told += line
    driver = Driver(folder, json.loads(told)["url"])
    yield driver
    driver.close()
    server.terminate()
    server.communicate()


def main() -> None:
    """Read scenarios from standard input until it ends."""
    from tests import remote_scenarios

    # The SDK looks at its callers before each request, which is slow for the first of a process.
    inspect.stack()
    # What scenarios print is theirs; the answers go where the test listens.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    for line in sys.stdin:
        asked = json.loads(line)
        answers.write(
            json.dumps(_forked(getattr(remote_scenarios, asked["scenario"]), asked["given"])) + "\n"
        )
        answers.flush()


def _forked(scenario: Any, given: dict[str, Any]) -> dict[str, Any]:
    read, write = os.pipe()
    child = os.fork()
    if not child:
        os.close(read)
        told: dict[str, Any] = {"result": None, "error": ""}
        try:
            told["result"] = scenario(**given)
        except BaseException as error:  # noqa: BLE001  the test is told
            told["error"] = f"{type(error).__name__}: {error}\n{traceback.format_exc()}"
        with os.fdopen(write, "w") as pipe:
            pipe.write(json.dumps(told))
        os._exit(0)
    os.close(write)
    with os.fdopen(read) as pipe:
        told = json.loads(pipe.read() or '{"result": null, "error": ""}')
    _, status = os.waitpid(child, 0)
    return told | {"signal": os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0}


if __name__ == "__main__":
    main()
