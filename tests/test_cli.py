"""The command line as people use it: the real program, its output, its exit code."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

from adapters.cli_options import condition
from distribution import InvalidInput, field
from distribution.filters import AllOf, Not

ENVIRONMENT = {"PATH": "", "PYTHONPATH": str(Path(__file__).parents[1]), "COLUMNS": "200"}
LOADS = ("--load", "ann=50", "--load", "bob=30", "--load", "eve=20")


class Shell:
    """Runs the command in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def run(self, *arguments: str, stdin: str = "", **env: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "adapters.cli", *arguments],
            cwd=self.folder,
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
            env=ENVIRONMENT | env,
        )

    def start(self, *arguments: str, **streams: Any) -> subprocess.Popen[str]:
        """Start the command with streams of the test's own."""
        command = [sys.executable, "-m", "adapters.cli", *arguments]
        return subprocess.Popen(
            command, cwd=self.folder, text=True, stderr=subprocess.PIPE, env=ENVIRONMENT, **streams
        )

    def ok(self, *arguments: str, stdin: str = "") -> str:
        done = self.run(*arguments, stdin=stdin)
        assert (done.returncode, done.stderr) == (0, ""), done
        return done.stdout

    def data(self, *arguments: str, stdin: str = "") -> Any:
        return json.loads(self.ok(*arguments, "--json", stdin=stdin))

    def refused(self, *arguments: str, stdin: str = "") -> str:
        done = self.run(*arguments, stdin=stdin)
        assert (done.returncode, done.stdout) == (2, ""), done
        assert done.stderr.startswith("error: ")
        assert done.stderr.count("\n") == 1, done.stderr
        return done.stderr[7:-1]


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    (tmp_path / "photos" / "cats").mkdir(parents=True)
    for n in range(7):
        (tmp_path / "photos" / f"{n}.png").write_text("x" * n)
    for n in range(3):
        (tmp_path / "photos" / "cats" / f"cat-{n}.jpg").write_text("line\n" * n)
    return Shell(tmp_path)


def test_the_whole_life_of_a_task(shell: Shell) -> None:
    made = shell.data(
        "create", "--name", "review", "--folder", "photos", *LOADS, "--seed", "7", "--actor", "zoe"
    )

    assert (made["items"], made["counts"]) == (10, {"ann": 5, "bob": 3, "eve": 2})
    assert (made["loads"], made["quotas"]) == (
        {"ann": "50", "bob": "30", "eve": "20"},
        {"ann": "5", "bob": "3", "eve": "2"},
    )
    assert shell.data("show", "--task", "review") == made
    assert shell.data("show", "--task", made["id"]) == made
    assert [task["id"] for task in shell.data("list")] == [made["id"]]
    rows = shell.data("items", "--task", "review", "--assignee", "bob")
    assert [row["assignee"] for row in rows] == ["bob"] * 3
    assert (
        shell.data("items", "--task", "review", "--assignee", "bob", "--after", str(rows[0]["slot"]))
        == rows[1:]
    )
    reason = shell.data("explain", rows[0]["item"], "--task", "review")
    assert (reason["assignee"], reason["share"]["count"]) == ("bob", 3)
    gone = shell.data("delete", "--task", "review", "--reason", "wrong folder", "--yes")
    assert gone["state"] == "deleted"
    assert shell.data("list") == []
    entries = shell.data("history", "--task", made["id"])
    assert [entry["event"]["kind"] for entry in entries] == ["task-created", "task-deleted"]
    assert entries[1]["stamp"]["reason"] == "wrong folder"


def test_people_see_tables_and_what_to_do_next(shell: Shell) -> None:
    created = shell.ok("create", "--name", "re[v]iew", "--id", "t-1", "--folder", "photos", *LOADS)
    assert "re[v]iew (t-1): 10 items, shuffled, seed 0" in created
    assert "exact quota" in created
    assert "Go on with: distribution items --task t-1 --assignee ann --store work.db" in created
    assert "eve" in shell.ok("show", "--task", "t-1")
    listed = shell.ok("items", "--task", "t-1", "--limit", "4")
    assert "0.png" in listed
    assert "More: add --after 3" in listed
    assert "cats/cat-0.jpg" in shell.ok("items", "--task", "t-1")
    assert "'0.png' is with '" in shell.ok("explain", "0.png", "--task", "t-1")
    assert "re[v]iew" in shell.ok("list")
    assert "task-created" in shell.ok("history", "--task", "re[v]iew")
    assert shell.ok("delete", "--task", "t-1", "--yes") == (
        "deleted task t-1 (re[v]iew) with 10 items; its history stays\n"
    )


def test_a_plan_is_shown_and_nothing_is_stored(shell: Shell) -> None:
    out = shell.ok(
        "plan",
        "--folder",
        "photos",
        "--assignee",
        "ann",
        "--assignee",
        "bob",
        "--effort",
        "size",
        "--by-effort",
    )

    assert "10 items, shuffled, seed 0; nothing was stored" in out
    assert list(shell.folder.glob("*.db")) == []
    whole = shell.data("plan", "--folder", "photos", *LOADS, "--stratify", "dir", "--order", "interleaved")
    assert (whole["kind"], whole["basis"]) == ("plan", {"kind": "stratified", "key": "dir"})
    assert (
        shell.data("plan", "--folder", "photos", "--weight", "ann=2", "--weight", "b=ob=1", "--group", "dir")[
            "n"
        ]
        == 10
    )


def test_items_come_from_everywhere(shell: Shell) -> None:
    (shell.folder / "rows.csv").write_text("key,minutes\na,1\nb,2\nc,3\n")
    (shell.folder / "rows.jsonl").write_text('"a"\n{"id": "b"}\n')
    shares = ("--assignee", "ann")

    assert shell.data("plan", "--csv", "rows.csv", "--id-column", "key", "--effort", "minutes", *shares)[
        "sizes"
    ] == [1, 2, 3]
    assert shell.data("plan", "--jsonl", "rows.jsonl", *shares)["items"] == ["a", "b"]
    assert shell.data("plan", "--ids", "-", *shares, stdin="x\ny\nx\n")["skipped"] == ["x"]
    assert "1 items came twice and were not doubled, the first is 'x'" in shell.ok(
        "plan", "--ids", "-", *shares, stdin="x\nx\n"
    )
    pa = pytest.importorskip(
        "pyarrow", reason="pyarrow comes with the extra `parquet`, which `make test` installs"
    )
    import pyarrow.parquet as pq

    pq.write_table(pa.table({"id": ["a"]}), shell.folder / "rows.parquet")
    assert shell.data("plan", "--parquet", "rows.parquet", *shares)["items"] == ["a"]


def test_what_is_not_in_the_task_is_told(shell: Shell) -> None:
    options = ("--assignee", "ann", "--where", "size>2")
    created = shell.ok("create", "--name", "a", "--folder", "photos", *options)
    assert "6 items, shuffled" in created
    assert "4 items were left out by --where" in created

    rows = '{"id": "a", "size": 3}\n{"id": "b"}\n{"id": "a", "size": 4}\n'
    for command in (("create", "--name", "b"), ("plan",)):
        told = shell.ok(*command, "--jsonl", "-", *options, stdin=rows)
        assert "1 items came twice and were not doubled" in told
        assert "1 items were left out by --where" in told
    assert "twice" not in shell.ok("plan", "--folder", "photos", "--assignee", "ann")


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--effort", "cost", "--by-effort"), "largest deviation from an exact share: 0.5 of at most 2.5"),
        (("--group", "kind"), "largest deviation from an exact share: 0.5 of at most 1"),
        (("--stratify", "kind"), None),
        ((), None),
    ],
)
def test_a_plan_tells_how_far_it_is_off(shell: Shell, options: tuple[str, ...], told: str | None) -> None:
    (shell.folder / "rows.csv").write_text("id,cost,kind\na,5,x\nb,2,x\nc,2,y\n")

    out = shell.ok("plan", "--csv", "rows.csv", *options, "--assignee", "ann", "--assignee", "bob")
    assert ("largest deviation" in out) == (told is not None)
    assert told is None or told in out.splitlines()


def test_what_people_wrote_is_printed_as_it_is(shell: Shell) -> None:
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


def test_nothing_printed_steers_the_terminal(shell: Shell) -> None:
    item, hidden = "right\u202eleft", "zoe\u202e"
    shell.ok("create", "--name", "n", "--id", "t", "--ids", "-", *LOADS, "--actor", hidden, stdin=item)

    assert r"zoe\u202e" in shell.ok("history", "--task", "t")
    assert r"right\u202eleft" in shell.ok("items", "--task", "t")
    assert r"right\u202eleft" in shell.ok("items", "--task", "t", "--json")
    assert shell.data("items", "--task", "t")[0]["item"] == item
    assert shell.data("history", "--task", "t")[0]["stamp"]["actor"] == hidden
    assert r"'ann\x1b[31m'" in shell.refused("plan", "--ids", "-", "--load", "ann\x1b[31m=100")


def test_the_version_is_told(shell: Shell) -> None:
    assert shell.ok("--version") == f"{version('work-distribution')}\n"


def test_what_is_too_deep_or_too_large_is_one_line(shell: Shell) -> None:
    deep = '{"kind": "not", "clause": ' * 3_000 + "{}" + "}" * 3_000
    shares = ("--folder", "photos", "--assignee", "ann")

    assert shell.refused("plan", *shares, "--where", deep).startswith("--where must be JSON, got ")
    assert "0 items" in shell.ok("plan", *shares, "--where", "size=" + "[" * 20_000)
    shell.ok("create", "--name", "n", *shares)
    for after in ("99999999999999999999", "-99999999999999999999"):
        assert shell.refused("items", "--task", "n", "--after", after).startswith("--after must fit 64 bits")


def test_closed_and_full_streams_are_one_line(shell: Shell) -> None:
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


def test_output_that_cannot_be_written_as_text_is_one_line(shell: Shell) -> None:
    done = shell.run("plan", "--folder", "photos", "--assignee", "ann", "--json", PYTHONIOENCODING="ascii")
    assert done.returncode == 0
    done = shell.run("plan", "--ids", "-", "--assignee", "é", stdin="a\n", PYTHONIOENCODING="ascii")
    assert done.returncode == 2
    assert done.stderr.startswith("error: 'ascii' codec can't encode character")
    assert done.stderr.count("\n") == 1


def test_a_reader_that_goes_away_is_no_error(shell: Shell) -> None:
    read, write = os.pipe()
    os.close(read)
    started = shell.start("plan", "--folder", "photos", "--assignee", "ann", stdout=write)
    os.close(write)

    _, said = started.communicate(timeout=60)
    assert (started.returncode, said) == (1, "")


def test_ctrl_c_is_one_line_and_130(shell: Shell) -> None:
    os.mkfifo(shell.folder / "pipe")
    started = shell.start("create", "--name", "n", "--ids", "pipe", "--assignee", "ann")
    with (shell.folder / "pipe").open("w"):  # open once the command reads
        started.send_signal(signal.SIGINT)
        _, said = started.communicate(timeout=60)

    assert (started.returncode, said) == (130, "error: stopped\n")


def test_conditions_choose_items(shell: Shell) -> None:
    def chosen(*where: str) -> list[str]:
        options = [part for condition in where for part in ("--where", condition)]
        data = shell.data("plan", "--folder", "photos", "--assignee", "ann", *options)
        return sorted(data.get("items", []))

    assert chosen("dir=/cats") == [f"cats/cat-{n}.jpg" for n in range(3)]
    assert chosen("size>=5", "name~*.png") == ["5.png", "6.png"]
    assert chosen('{"kind": "glob", "path": "filename", "pattern": "/cats/*-0*"}') == ["cats/cat-0.jpg"]
    assert chosen("dir!~/c*", "size<1") == ["0.png"]


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("size>1000", field("size").greater(1000)),
        ("size >= 1.5", field("size").at_least(1.5)),
        ("size<0", field("size").less(0)),
        ("size<=0", field("size").at_most(0)),
        ("dir!=/a=b", field("dir").not_equal("/a=b")),
        ("dir=a>b", field("dir").equal("a>b")),
        ("done=true", field("done").equal(value=True)),
        ("x=null", field("x").equal(None)),
        ('x="7"', field("x").equal("7")),
        ("x=[1]", field("x").equal("[1]")),
        ("name~*.py", field("name").like("*.py")),
        ("name!~*.py", Not(field("name").like("*.py"))),
        ('{"kind": "all-of", "clauses": []}', AllOf(())),
    ],
)
def test_a_condition_is_read_as_people_type_it(text: str, meant: object) -> None:
    assert condition(text) == meant


@pytest.mark.parametrize("text", ["size", "", "=5", "{", '{"kind": "magic"}', "a..b=1"])
def test_what_is_no_condition_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        condition(text)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("create", "--name", "x", "--folder", "photos", "--load", "ann=60", "--load", "bob=37"), "loads must sum to 100, got 97 (ann 60, bob 37)"),
        (("create", "--name", "x", "--folder", "photos", "--load", "ann"), "share must be written ann=50, got 'ann'"),
        (("create", "--name", "x", "--folder", "photos", "--load", "ann=x"), "load of 'ann' must be a non-negative number, got 'x'"),
        (("create", "--name", "x", "--folder", "photos"), "shares must be given as one of --load ann=50, --weight ann=2, --assignee ann, got 'none'"),
        (("create", "--name", "x", "--folder", "photos", "--load", "a=100", "--weight", "a=1"), "shares must be given as one of"),
        (("create", "--name", "x", *LOADS), "items must come from one of --folder, --csv, --jsonl, --parquet, --ids, got 'none'"),
        (("create", "--name", "x", "--ids", "-", "--csv", "-", *LOADS), "items must come from one of"),
        (("create", "--name", "x", "--folder", "nowhere", *LOADS), "folder must exist, got 'nowhere'"),
        (("create", "--name", "", "--folder", "photos", *LOADS), "task name must not be empty, got ''"),
        (("create", "--name", "x", "--folder", "photos", *LOADS, "--order", "best"), "order must be one of shuffled, contiguous"),
        (("create", "--name", "x", "--folder", "photos", *LOADS, "--by-effort"), "--by-effort must know the effort, got None; add --effort"),
        (("create", "--name", "x", "--folder", "photos", *LOADS, "--effort", "color"), "--effort of a folder must be size or lines, got 'color'"),
        (("create", "--name", "x", "--folder", "photos", *LOADS, "--stratify", "a", "--group", "b"), "split must be one of --by-effort, --stratify, --group, got '--stratify and --group'"),
        (("create", "--name", "x", "--folder", "photos", *LOADS, "--stratify", "colour"), "key 'colour' must lead to a value in at least one item"),
        (("create", "--name", "x", "--folder", "photos", *LOADS, "--request", "r"), "a create with a request id must name the task's id"),
        (("create", "--name", "x", "--folder", "photos", *LOADS, "--store", "postgresql://x"), "--store must be the path of a file"),
        (("create", "--name", "x", "--folder", "photos", *LOADS, "--store", "photos"), "sqlite store at 'photos' is a folder; give the path of a file"),
        (("create", "--folder", "photos", *LOADS), "Missing option '--name'"),
        (("create", "--name", "x", "--seed", "seven"), "Invalid value for '--seed'"),
        (("show", "--task", "x"), "no store 'work.db' in this folder; create a task first, or name another with --store"),
        (("frobnicate",), "No such command 'frobnicate'"),
        (("show", "--colour"), "No such option: --colour"),
    ],
)  # fmt: skip
def test_bad_input_is_one_line_and_exit_code_two(
    shell: Shell, arguments: tuple[str, ...], message: str
) -> None:
    assert shell.refused(*arguments).startswith(message)


def test_bad_input_against_a_store_that_is_there(shell: Shell) -> None:
    shell.ok("create", "--name", "review", "--folder", "photos", *LOADS)

    for arguments, message in (
        (("show", "--task", "nope"), "no task 'nope' in the store; list the tasks to see their ids"),
        (("items", "--task", "review", "--assignee", "max"), "no assignee 'max' in the workload of 3"),
        (
            ("items", "--task", "review", "--limit", "0"),
            "limit of a page must be a whole number of at least 1, got 0",
        ),
        (("explain", "nope.png", "--task", "review"), "no item 'nope.png' in task 'review' of 10 items"),
        (
            ("delete", "--task", "review"),
            "deleting without a terminal must be confirmed, got 'review'; add --yes",
        ),
        (("history", "--task", "nope"), "no task 'nope' in the store"),
        (("history", "--task", ""), "task id must not be empty, got ''"),
    ):
        assert shell.refused(*arguments).startswith(message)


def test_a_bad_row_leaves_no_task(shell: Shell) -> None:
    message = shell.refused("create", "--name", "x", "--ids", "-", *LOADS, stdin="a\n\tb\n")

    assert message.startswith("standard input, line 2: item id must be free of control characters")
    assert shell.data("list") == []


def test_every_command_has_help_with_an_example(shell: Shell) -> None:
    for command in ("create", "plan", "show", "items", "explain", "list", "delete", "history"):
        assert f"Example: distribution {command}" in shell.ok(command, "--help")
    assert "Example: distribution create" in shell.ok()


def test_the_demo_runs_on_the_real_standard_library(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "adapters.demo"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
        env={"PATH": "", "PYTHONPATH": str(Path(__file__).parents[1])},
    )

    items = int(done.stdout.split(": ")[1].split(" items")[0])
    assert items > 1000
    for expected in ("exact quota", "$ distribution explain", "nothing was stored", "Go on with these"):
        assert expected in done.stdout
