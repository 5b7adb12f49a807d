"""Every command answers in JSON where it is asked to, and in nothing else."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import attrs
import pytest
import typer

from adapters.cli import app
from adapters.dispatcher import Dispatcher
from adapters.sqlite import SqliteStore
from distribution import GoldPool, Item, Pull, Sample, Workload
from tests.cli_shell import LOADS, Shell
from tests.test_cli_program import commands

T, P, R = ("--task", "t"), ("--task", "p"), ("--task", "r")


@attrs.frozen
class Call:
    """A call of a command on the store of `scene`, what it reads, how it ends, what has to be done first."""

    arguments: tuple[str, ...]
    stdin: str = ""
    code: int = 0
    first: tuple[tuple[str, ...], ...] = ()


def call(*arguments: str, stdin: str = "", code: int = 0, first: tuple[tuple[str, ...], ...] = ()) -> Call:
    return Call(arguments, stdin, code, first)


FLOW = (("pipeline", "create", "flow.json"),)
ANN, BOB = ("--assignee", "ann"), ("--assignee", "bob")
CALLS: dict[str, Call] = {
    "create": call("--name", "new", "--ids", "-", *LOADS, stdin="a\nb\nc"),
    "plan": call("--ids", "-", *LOADS, stdin="a\nb\nc"),
    "recommend": call("--items", "1000", "--assignees", "10", "--overhead", "30", "--seconds", "20"),
    "set": call(*T, "--priority", "5"),
    "close": call(*T),
    "reopen": call(*T, first=(("close", *T),)),
    "delete": call(*T, "--yes"),
    "purge": call(*T, "--yes", first=(("delete", *T, "--yes"),)),
    "pull": call(*P, *BOB),
    "steal": call(*P, *BOB, code=3),
    "submit": call("i0", *P, *ANN),
    "clear": call("i0", *P, *ANN, first=(("submit", "i0", *P, *ANN),)),
    "skip": call("i0", *P, *ANN),
    "release": call(*P, *ANN),
    "renew": call(*P, *ANN),
    "add": call(*T, "--ids", "-", stdin="new\ni0"),
    "remove": call("i0", "nobody", *P, code=1),
    "reassign": call(*T, "--from", "ann", "--to", "bob"),
    "redistribute": call(*T, "--load", "ann=70", "--load", "bob=30"),
    "load": call("ann", "30", *T),
    "reclaim": call(*T, "--idle", "0s"),
    "undo": call("2", *P),
    "assignee add": call("zoe", *T, "--load", "20"),
    "assignee pause": call("ann", *T),
    "assignee resume": call("ann", *T, first=(("assignee", "pause", "ann", *T),)),
    "assignee remove": call("ann", *T),
    "assignee limit": call("ann", "50", *T),
    "assignee delete-assignment": call("ann", *T),
    "qa": call(*T, "--reviewer", "zoe", "--percent", "50"),
    "qa-extend": call(*R),
    "quality": call(*R),
    "judge": call(*R, "--aql", "10"),
    "inspect": call(*R, "--csp", "3,1/10"),
    "send-back": call(*T, *ANN),
    "agreement": call(*T),
    "results": call(*P),
    "qualify": call(*P, "--pass-at", "1", "--of", "1"),
    "to-pause": call(*P, "--least", "1", "--below", "80"),
    "list": call(),
    "show": call(*T),
    "progress": call(*T),
    "assignees": call(*T),
    "assignments": call(),
    "history": call(*T),
    "items": call(*T),
    "explain": call("i0", *T),
    "watch": call(*T, "--once"),
    "pipeline create": call("flow.json"),
    "pipeline enter": call("f", "--ids", "-", stdin="a\nb", first=FLOW),
    "pipeline show": call("f", first=FLOW),
    "pipeline advance": call("f", first=FLOW),
    "token": call("ann@example.com", "--secret-file", "secret"),
}  # fmt: skip
EVERY = [
    name
    for command in commands(typer.main.get_command(app))
    # A server goes on until it is stopped: see test_dataloop_serving; what needs one is in test_cli_dataloop.
    if (name := " ".join(command)) != "serve" and not name.startswith("dataloop ")
]


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Keep a task that is shared out and half done, one that ann has pulled from, and a review."""
    path = tmp_path_factory.mktemp("scene") / "work.db"
    items = [f"i{n}" for n in range(10)]
    with Dispatcher(SqliteStore(path)) as tasks:
        tasks.create("review", items, workload=Workload.of({"ann": 50, "bob": 30, "eve": 20}), id="t")
        for who in ("ann", "bob", "eve"):
            held = [row.item for row in tasks.placements("t", assignee=who)]
            tasks.set_status("t", who, held[: len(held) // 2], "completed")
        pull, gold = (
            Pull(batch_size=3, max_batch_workload=5),
            GoldPool([Item("g", attributes={"truth": "x"})]),
        )
        tasks.create("label", items, allowed=["ann", "bob"], pull=pull, gold=gold, id="p")
        tasks.pull("p", "ann")
        tasks.create_qa("t", ["zoe"], Sample(percent=100), id="r")
        tasks.set_status("r", "zoe", [row.item for row in tasks.items("r")], "approved")
    return path


def settle(scene: Path, folder: Path) -> None:
    """Put what the commands work on into a folder."""
    shutil.copy(scene, folder / "work.db")
    (folder / "secret").write_text("0123456789abcdef" * 2)
    flow = {"id": "f", "nodes": [{"id": "label", "loads": {"ann": 100}}]}
    (folder / "flow.json").write_text(json.dumps(flow))


def test_every_command_is_tried() -> None:
    assert sorted(CALLS) == sorted(EVERY)


@pytest.mark.parametrize("command", EVERY)
def test_with_json_standard_output_is_one_document_and_nothing_else(
    command: str,
    scene: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    settle(scene, tmp_path)
    shell, asked = Shell(tmp_path, capsys, monkeypatch), CALLS[command]
    for before in asked.first:
        assert shell.run(*before).code == 0

    done = shell.run(*command.split(), *asked.arguments, "--json", stdin=asked.stdin)

    assert (done.code, done.err) == (asked.code, "")
    assert isinstance(json.loads(done.out), (dict, list))


@pytest.mark.parametrize("command", EVERY)
def test_without_json_it_is_none(
    command: str,
    scene: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """So that the test above can fail."""
    settle(scene, tmp_path)
    shell, asked = Shell(tmp_path, capsys, monkeypatch), CALLS[command]
    for before in asked.first:
        shell.run(*before)

    done = shell.run(*command.split(), *asked.arguments, stdin=asked.stdin)

    assert done.code == asked.code, done
    with pytest.raises(ValueError, match="Expecting value|Extra data"):
        json.loads(done.out)
