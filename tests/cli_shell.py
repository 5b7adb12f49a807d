"""How the tests type commands: in this process, or as the real program; on a real SQLite file."""

from __future__ import annotations

import io
import json
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import attrs
import pytest

from adapters.cli import main
from adapters.deciding import now

ENVIRONMENT = {"PATH": "", "PYTHONPATH": str(Path(__file__).parents[1]), "COLUMNS": "200"}
LOADS = ("--load", "ann=50", "--load", "bob=30", "--load", "eve=20")
PULLED = ("--pull-batch", "3", "--cap", "5", "--allow", "ann", "--allow", "bob")


@attrs.frozen
class Done:
    """How a command ended."""

    code: int
    out: str
    err: str


class Commands:
    """What tests expect of a command; `run` is the subclass's."""

    def run(self, *arguments: str, stdin: str = "") -> Done:
        raise NotImplementedError

    def ok(self, *arguments: str, stdin: str = "", said: str = "") -> str:
        """Expect success, and this on standard error."""
        done = self.run(*arguments, stdin=stdin)
        assert (done.code, done.err) == (0, said), done
        return done.out

    def data(self, *arguments: str, stdin: str = "", code: int = 0) -> Any:
        """Expect one JSON document and nothing else."""
        done = self.run(*arguments, "--json", stdin=stdin)
        assert (done.code, done.err) == (code, ""), done
        return json.loads(done.out)

    def refused(self, *arguments: str, stdin: str = "") -> str:
        """Expect exit code 2 and one line on standard error; give it."""
        done = self.run(*arguments, stdin=stdin)
        assert (done.code, done.out) == (2, ""), done
        assert done.err.startswith("error: ")
        assert done.err.count("\n") == 1, done.err
        return done.err[7:-1]


class Program(Commands):
    """Runs the real program in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def run(self, *arguments: str, stdin: str = "", **env: str) -> Done:
        done = subprocess.run(
            [sys.executable, "-m", "adapters.cli", *arguments],
            cwd=self.folder,
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
            env=ENVIRONMENT | env,
        )
        return Done(done.returncode, done.stdout, done.stderr)

    def start(self, *arguments: str, **streams: Any) -> subprocess.Popen[str]:
        """Start the command with streams of the test's own."""
        command = [sys.executable, "-m", "adapters.cli", *arguments]
        return subprocess.Popen(
            command,
            cwd=self.folder,
            text=True,
            stderr=subprocess.PIPE,
            env=ENVIRONMENT,
            preexec_fn=_as_in_a_terminal,  # noqa: PLW1509  no threads of ours are at work
            **streams,
        )


def _as_in_a_terminal() -> None:
    """Hear Ctrl-C also where the tests run in the background, which is to be deaf to it."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


class Shell(Commands):
    """Runs commands in this process, which is faster, by a clock of the test's own."""

    def __init__(
        self, folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(folder)
        monkeypatch.setenv("COLUMNS", "200")
        self.folder = folder
        self.clock: Callable[[], datetime] = now
        self._capsys = capsys
        self._patch = monkeypatch

    def run(self, *arguments: str, stdin: str = "") -> Done:
        self._patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin.encode())))
        with pytest.raises(SystemExit) as stop:
            main(list(arguments), clock=self.clock)
        said = self._capsys.readouterr()
        code = stop.value.code
        return Done(code if isinstance(code, int) else 0, said.out, said.err)

    def pulled(self, count: int = 10, *options: str) -> None:
        """Create the task `t`, of items i0 to i9, that ann and bob pull from in threes."""
        items = "\n".join(f"i{n}" for n in range(count))
        self.ok("create", "--id", "t", "--name", "label cats", "--ids", "-", *PULLED, *options, stdin=items)

    def shared(self, count: int = 10, *options: str) -> None:
        """Create the task `t`, of items i0 to i9, shared out to ann, bob and eve."""
        items = "\n".join(f"i{n}" for n in range(count))
        shares = options or LOADS
        self.ok("create", "--id", "t", "--name", "review", "--ids", "-", *shares, stdin=items)

    def versions(self) -> list[str]:
        """Tell what happened to the task `t` so far."""
        return [entry["event"]["what"] for entry in self.data("history", "--task", "t")]
