"""The real program: its streams, signals and exit codes, its help, what it prints of what people wrote."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
import typer

from adapters.cli import app
from tests.cli_shell import ENVIRONMENT, LOADS, PULLED, Program, Shell


@pytest.fixture
def shell(tmp_path: Path) -> Program:
    (tmp_path / "photos" / "cats").mkdir(parents=True)
    for n in range(7):
        (tmp_path / "photos" / f"{n}.png").write_text("x" * n)
    for n in range(3):
        (tmp_path / "photos" / "cats" / f"cat-{n}.jpg").write_text("line\n" * n)
    return Program(tmp_path)


def test_what_people_wrote_is_printed_as_it_is(shell: Program) -> None:
    ids = ["[/x]", ":100:.png", "tail\\", "[bold]b[/bold]", "y" * 4000]
    created = shell.ok(
        "create", "--name", "[/n]", "--id", "[/x]", "--ids", "-", "--load", "[red]=100", stdin="\n".join(ids)
    )
    assert "[/n] ([/x]): 5 items" in created
    assert "--task '[/x]' --assignee '[red]'" in created

    listed = shell.ok("items", "--task", "[/x]")
    for item in ids:
        assert f" {item} " in listed
    assert " [red] " in listed
    assert " [/n] " in shell.ok("list")
    assert "'tail\\\\' is with '[red]'" in shell.ok("explain", "tail\\", "--task", "[/x]")


def test_nothing_printed_steers_the_terminal(shell: Program) -> None:
    item, hidden = "right\u202eleft", "zoe\u202e"
    shell.ok("create", "--name", "n", "--id", "t", "--ids", "-", *LOADS, "--actor", hidden, stdin=item)

    assert r"zoe\u202e" in shell.ok("history", "--task", "t")
    assert r"right\u202eleft" in shell.ok("items", "--task", "t")
    assert r"right\u202eleft" in shell.ok("items", "--task", "t", "--json")
    assert shell.data("items", "--task", "t")[0]["item"] == item
    assert shell.data("history", "--task", "t")[0]["stamp"]["actor"] == hidden
    assert r"'ann\x1b[31m'" in shell.refused("plan", "--ids", "-", "--load", "ann\x1b[31m=100")


def test_the_version_is_told(shell: Program) -> None:
    assert shell.ok("--version") == f"{version('work-distribution')}\n"


def test_what_is_too_deep_or_too_large_is_one_line(shell: Program) -> None:
    deep = '{"kind": "not", "clause": ' * 3_000 + "{}" + "}" * 3_000
    shares = ("--folder", "photos", "--assignee", "ann")

    assert shell.refused("plan", *shares, "--where", deep).startswith("--where must be JSON, got ")
    assert "0 items" in shell.ok("plan", *shares, "--where", "size=" + "[" * 20_000)
    shell.ok("create", "--name", "n", *shares)
    for after in ("99999999999999999999", "-99999999999999999999"):
        assert shell.refused("items", "--task", "n", "--after", after).startswith("--after must fit 64 bits")


def test_closed_and_full_streams_are_one_line(shell: Program) -> None:
    command = f"{sys.executable} -m adapters.cli"
    for arguments, streams, message in (
        ("plan --ids - --assignee ann", "<&-", "standard input must be open, got None"),
        ("plan --folder photos --assignee ann", ">&-", "standard output must be open, got None"),
        ("plan --folder photos --assignee ann", ">/dev/full", "[Errno 28] No space left on device"),
    ):
        done = subprocess.run(
            ["/bin/sh", "-c", f"{command} {arguments} {streams}"],
            cwd=shell.folder,
            capture_output=True,
            text=True,
            check=False,
            env=ENVIRONMENT,
        )
        assert (done.returncode, done.stderr) == (2, f"error: {message}\n")


def test_output_that_cannot_be_written_as_text_is_one_line(shell: Program) -> None:
    done = shell.run("plan", "--folder", "photos", "--assignee", "ann", "--json", PYTHONIOENCODING="ascii")
    assert done.code == 0
    done = shell.run("plan", "--ids", "-", "--assignee", "é", stdin="a\n", PYTHONIOENCODING="ascii")
    assert done.code == 2
    assert done.err.startswith("error: 'ascii' codec can't encode character")
    assert done.err.count("\n") == 1


def test_a_reader_that_goes_away_is_no_error(shell: Program) -> None:
    read, write = os.pipe()
    os.close(read)
    started = shell.start("plan", "--folder", "photos", "--assignee", "ann", stdout=write)
    os.close(write)

    _, said = started.communicate(timeout=60)
    assert (started.returncode, said) == (1, "")


def test_ctrl_c_is_one_line_and_130(shell: Program) -> None:
    os.mkfifo(shell.folder / "pipe")
    started = shell.start("create", "--name", "n", "--ids", "pipe", "--assignee", "ann")
    with (shell.folder / "pipe").open("w"):  # open once the command reads
        started.send_signal(signal.SIGINT)
        _, said = started.communicate(timeout=60)

    assert (started.returncode, said) == (130, "error: stopped\n")


def commands(group: Any, *before: str) -> Iterator[tuple[str, ...]]:
    """Name every command."""
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, *before, name)
        else:
            yield (*before, name)


@pytest.mark.parametrize("command", list(commands(typer.main.get_command(app))), ids=" ".join)
def test_every_command_has_help_with_an_example_it_understands(
    command: tuple[str, ...],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told = Shell(tmp_path, capsys, monkeypatch).ok(*command, "--help")

    (example,) = [line.strip() for line in told.splitlines() if "Example:" in line]
    assert example.startswith(f"Example: distribution {' '.join(command)}")
    for option in re.findall(r" (--[\w-]+)", example):
        assert f" {option} " in told.replace(example, ""), option


def test_without_a_command_the_help_is_shown(shell: Program) -> None:
    told = shell.ok()

    assert "Example: distribution create" in told
    panels = [line.split()[1] for line in told.splitlines() if line.startswith("╭─")]
    assert panels == ["Options", "Tasks", "Working", "Changing", "Pipelines", "Quality", "Looking", "Serving"]


def test_a_mistyped_command_names_the_help_to_read(shell: Program) -> None:
    assert shell.refused("frobnicate") == "No such command 'frobnicate'; see distribution --help"
    assert (
        shell.refused("assignee", "add")
        == "Missing argument 'ASSIGNEE'; see distribution assignee add --help"
    )


def test_the_pipe_from_pull_to_submit_works_in_a_shell(shell: Program) -> None:
    ids, command = "\n".join(f"i{n}" for n in range(5)), f"{sys.executable} -m adapters.cli"
    shell.run("create", "--id", "t", "--name", "n", "--ids", "-", *PULLED, stdin=ids)
    line = f"{command} pull --task t --assignee ann | {command} submit - --task t --assignee ann; echo $?"

    done = subprocess.run(
        ["/bin/sh", "-c", line], cwd=shell.folder, capture_output=True, text=True, check=True, env=ENVIRONMENT
    )
    assert (done.stdout, done.stderr) == ("3 items set to completed\n0\n", "")
    ended = [shell.run("pull", "--task", "t", "--assignee", "bob").code for _ in range(2)]
    assert ended == [0, 3]
