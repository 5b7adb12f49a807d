"""Watching a task: one picture, a line for each change, and how it ends."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
import threading
from collections import deque
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from adapters.dispatcher import Dispatcher
from adapters.memory import MemoryStore
from adapters.pace import Watched
from distribution import Workload
from tests.cli_shell import ENVIRONMENT, Program, Shell

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
T = ("--task", "t")


@pytest.fixture
def shell(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Shell:
    return Shell(tmp_path, capsys, monkeypatch)


def test_one_picture_has_bars_people_the_rate_and_the_last_events(shell: Shell) -> None:
    at = NOON
    shell.clock = lambda: at
    shell.pulled()
    shell.ok("pull", *T, "--assignee", "ann")
    at += timedelta(minutes=2)
    shell.ok("submit", "i0", "i1", *T, "--assignee", "ann")

    lines = shell.ok("watch", *T, "--once").splitlines()
    assert lines[:3] == [
        "label cats (t): open, 2 done (20 %), 1 open, 7 waiting",
        "█" * 10 + "▒" * 5 + "░" * 35,
        "1 items a minute, all done at about 2026-11-22 12:10:00Z",
    ]
    assert "█" * 10 + "▒" * 6 in next(line for line in lines if "│ ann" in line)
    assert [line.rstrip() for line in lines[-3:]] == [
        "2026-11-22 12:00:00Z  created with 10 items to pull from",
        "2026-11-22 12:00:00Z  ann pulled 3 items",
        "2026-11-22 12:02:00Z  ann set 2 items to completed",
    ]


def test_without_a_rate_no_end_is_promised(shell: Shell) -> None:
    shell.pulled()

    assert "nothing became done in the last ten minutes" in shell.ok("watch", *T, "--once")


def test_the_rate_looks_ten_minutes_back_and_forgets_what_was_cleared() -> None:
    at = NOON
    with Dispatcher(MemoryStore(), clock=lambda: at) as tasks:
        ids = [f"i{n}" for n in range(100)]
        task = tasks.create("n", ids, workload=Workload.even(["ann"]))
        watched = Watched(tasks, task.id)
        tasks.set_status(task.id, "ann", ids[:40], "completed")
        at += timedelta(minutes=11)
        tasks.set_status(task.id, "ann", ids[40:70], "completed")
        tasks.clear_status(task.id, "ann", ids[40:60])
        at += timedelta(minutes=5)
        watched.look()

        assert watched.rate() == 2
        assert watched.outlook(tasks.progress(task.id)).startswith("2 items a minute, all done at about ")
        assert watched.look() == []


def test_a_long_history_is_not_read_from_the_beginning() -> None:
    with Dispatcher(MemoryStore()) as tasks:
        task = tasks.create("n", ["a"], workload=Workload.even(["ann"]))
        for n in range(600):
            tasks.change(task.id, priority=n + 1)
        watched = Watched(tasks, task.id)

        assert len(watched.look()) == 500
        assert isinstance(watched.entries, deque)
        assert watched.entries[-1].version == 601


def test_a_watch_ends_by_itself_when_everything_is_done(shell: Shell) -> None:
    shell.shared(2)
    for row in shell.data("items", *T):
        shell.ok("submit", row["item"], *T, "--assignee", *row["cells"])

    told = shell.ok("watch", *T)
    assert told.endswith("Z  2 done (100 %), 0 open, 0 waiting\n")
    assert "everything is done" in shell.ok("watch", *T, "--once")


@pytest.mark.parametrize("interval", ["0", "nan", "-1", "1e9"])
def test_an_interval_has_to_make_sense(shell: Shell, interval: str) -> None:
    message = f"--interval must be between 0.05 and 86400 seconds, got {float(interval)!r}"
    assert shell.refused("watch", *T, "--interval", interval) == message


def test_a_line_is_printed_for_each_change(shell: Shell) -> None:
    shell.shared(2, "--assignee", "ann")
    started = Program(shell.folder).start("watch", *T, "--interval", "0.05", stdout=subprocess.PIPE)
    assert started.stdout is not None
    first = started.stdout.readline()
    shell.ok("submit", "i0", *T, "--assignee", "ann")
    second = started.stdout.readline()
    shell.ok("submit", "i1", *T, "--assignee", "ann")
    rest, said = started.communicate(timeout=60)

    assert first.endswith("Z  0 done (0 %), 2 open, 0 waiting\n")
    assert second.endswith("Z  ann set 1 item to completed\n")
    assert rest.endswith("Z  2 done (100 %), 0 open, 0 waiting; everything is done\n")
    assert (started.returncode, said) == (0, "")


def test_with_json_each_look_is_a_line(shell: Shell) -> None:
    at = NOON
    shell.clock = lambda: at
    shell.pulled()
    shell.ok("pull", *T, "--assignee", "ann")
    at += timedelta(minutes=2)
    shell.ok("submit", "i0", "i1", *T, "--assignee", "ann")

    (line,) = shell.ok("watch", *T, "--once", "--json").splitlines()
    looked = json.loads(line)
    assert (looked["at"], looked["rate"]) == ("2026-11-22T12:02:00+00:00", 1.0)
    assert looked["end"] == "2026-11-22T12:10:00+00:00"
    assert (looked["progress"]["done"], looked["progress"]["waiting"]) == (2, 7)
    assert [entry["event"]["what"] for entry in looked["events"]] == ["created", "pulled", "submitted"]


def test_json_lines_go_on_until_everything_is_done(shell: Shell) -> None:
    shell.shared(2, "--assignee", "ann")
    started = Program(shell.folder).start("watch", *T, "--interval", "0.05", "--json", stdout=subprocess.PIPE)
    assert started.stdout is not None
    first = started.stdout.readline()
    shell.ok("submit", "i0", "i1", *T, "--assignee", "ann")
    rest, said = started.communicate(timeout=60)

    looks = [json.loads(line) for line in [first, *rest.splitlines()]]
    assert [entry["event"]["what"] for look in looks for entry in look["events"]] == ["created", "submitted"]
    assert (looks[0]["progress"]["done"], looks[-1]["progress"]["done"]) == (0, 2)
    assert (looks[0]["end"], looks[-1]["end"]) == (None, None)
    assert (started.returncode, said) == (0, "")


def test_ctrl_c_ends_a_watch_without_an_error(shell: Shell) -> None:
    shell.shared(2)
    started = Program(shell.folder).start("watch", *T, stdout=subprocess.PIPE)
    assert started.stdout is not None
    started.stdout.readline()
    started.send_signal(signal.SIGINT)

    assert started.communicate(timeout=60) == ("", "")
    assert started.returncode == 0


def test_in_a_terminal_the_picture_changes_in_its_place(shell: Shell) -> None:
    shell.shared(2, "--assignee", "ann")
    screen, ours = pty.openpty()
    started = subprocess.Popen(
        [sys.executable, "-m", "adapters.cli", "watch", *T, "--interval", "0.05"],
        cwd=shell.folder,
        stdout=ours,
        stderr=ours,
        env=ENVIRONMENT | {"TERM": "xterm", "LANG": "C.UTF-8"},
    )
    os.close(ours)
    seen: list[bytes] = []
    first = threading.Event()
    reader = threading.Thread(target=_read, args=(screen, seen, first))
    reader.start()
    assert first.wait(timeout=60)
    shell.ok("submit", "i0", "i1", *T, "--assignee", "ann")
    assert started.wait(timeout=60) == 0
    reader.join(timeout=60)
    os.close(screen)

    shown = b"".join(seen).decode()
    assert f"{UP}{CLEARED}" in shown, "the last picture makes room for the next"
    before, after = shown.split(UP, 1)
    assert "0 done (0 %)" in before
    assert "▒" * 50 in before
    assert "2 done (100 %)" in after
    assert "█" * 50 in after


UP, CLEARED = "\x1b[1A", "\x1b[2K"
"""What only a picture in the place of another needs: the cursor goes up, and the line is cleared."""


def _read(screen: int, seen: list[bytes], first: threading.Event) -> None:
    """Read what a terminal shows, until it is closed; tell when there is a picture."""
    while True:
        try:
            block = os.read(screen, 65536)
        except OSError:
            return
        if not block:
            return
        seen.append(block)
        if "created with 2 items" in b"".join(seen).decode(errors="ignore"):
            first.set()
