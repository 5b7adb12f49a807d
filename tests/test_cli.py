"""Tasks made, planned and thought through: create, plan, recommend; bad input."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli_shell import LOADS, PULLED, Shell


@pytest.fixture
def shell(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Shell:
    (tmp_path / "photos" / "cats").mkdir(parents=True)
    for n in range(7):
        (tmp_path / "photos" / f"{n}.png").write_text("x" * n)
    for n in range(3):
        (tmp_path / "photos" / "cats" / f"cat-{n}.jpg").write_text("line\n" * n)
    return Shell(tmp_path, capsys, monkeypatch)


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
    rows = shell.data("worklist", "--task", "review", "--assignee", "bob")
    assert [row["cell"]["state"] for row in rows] == ["open"] * 3
    assert (
        shell.data("worklist", "--task", "review", "--assignee", "bob", "--after", rows[0]["item"])
        == rows[1:]
    )
    reason = shell.data("explain", rows[0]["item"], "--task", "review")
    assert (reason["placed"]["assignee"], reason["placed"]["share"]["count"]) == ("bob", 3)
    gone = shell.data("delete", "--task", "review", "--reason", "wrong folder", "--yes")
    assert gone["event"]["what"] == "deleted"
    assert shell.data("list") == []
    entries = shell.data("history", "--task", made["id"])
    assert [entry["event"]["what"] for entry in entries] == ["created", "deleted"]
    assert entries[1]["stamp"]["reason"] == "wrong folder"


def test_people_see_tables_and_what_to_do_next(shell: Shell) -> None:
    created = shell.ok("create", "--name", "re[v]iew", "--id", "t-1", "--folder", "photos", *LOADS)
    assert "re[v]iew (t-1): 10 items, shuffled, seed 0" in created
    assert "exact quota" in created
    assert "Go on with: distribution worklist --task t-1 --assignee ann --store work.db" in created
    assert "eve" in shell.ok("show", "--task", "t-1")
    listed = shell.ok("items", "--task", "t-1", "--limit", "4")
    assert "0.png" in listed
    assert "More: add --after 3" in listed
    assert "cats/cat-0.jpg" in shell.ok("items", "--task", "t-1")
    assert "'0.png' is with '" in shell.ok("explain", "0.png", "--task", "t-1")
    assert "re[v]iew" in shell.ok("list")
    assert "created with 10 items, shared out: ann 5, bob 3, eve 2" in shell.ok(
        "history", "--task", "re[v]iew"
    )
    assert shell.ok("delete", "--task", "t-1", "--yes") == (
        "deleted\nUndo it with: distribution undo 2 --task t-1 --store work.db\n"
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
    assert "1 item came twice and was not doubled, the first is 'x'" in shell.ok(
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
        assert "1 item came twice and was not doubled" in told
        assert "1 item was left out by --where" in told
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


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("create", "--name", "x", "--folder", "photos", "--load", "ann=60", "--load", "bob=37"), "loads must sum to 100, got 97 (ann 60, bob 37)"),
        (("create", "--name", "x", "--folder", "photos", "--load", "ann"), "share must be written ann=50, got 'ann'"),
        (("create", "--name", "x", "--folder", "photos", "--load", "ann=x"), "load of 'ann' must be a non-negative number, got 'x'"),
        (("create", "--name", "x", "--folder", "photos"), "shares must be given as one of --load ann=50, --weight ann=2, --assignee ann, got 'none'; or let people pull, with --pull-batch 10 --cap 15 --allow ann"),
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
        (("worklist", "--task", "review", "--assignee", "max"), "no assignee 'max' in task 'review'"),
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
        (("history", "--task", ""), "task name must not be empty, got ''"),
    ):
        assert shell.refused(*arguments).startswith(message)


def test_a_bad_row_leaves_no_task(shell: Shell) -> None:
    message = shell.refused("create", "--name", "x", "--ids", "-", *LOADS, stdin="a\n\tb\n")

    assert message.startswith("standard input, line 2: item id must be free of control characters")
    assert shell.data("list") == []


def test_a_task_is_created_to_be_pulled_from(shell: Shell) -> None:
    created = shell.ok(
        "create", "--name", "label cats", "--id", "t", "--folder", "photos", *PULLED, "--lease", "1h30m",
        "--queue", "random", "--skip", "later", "--seed", "3",
    )  # fmt: skip

    assert created.splitlines()[0] == (
        "label cats (t): 10 items, pulled in batches of 3, at most 5 open, reserved for 1h30m, random;"
        " skipped items come again later; ann, bob may pull"
    )
    assert "Go on with: distribution pull --task t --assignee ann --store work.db" in created
    task = shell.data("show", "--task", "t")
    assert task["pull"] == {
        "kind": "pull", "batch_size": 3, "max_batch_workload": 5, "lease": 5400.0, "order": "random", "skip": "later",
    }  # fmt: skip
    assert (task["seed"], task["workload"], task["progress"]["waiting"]) == (3, None, 10)


def test_a_task_is_created_with_its_settings(shell: Shell) -> None:
    made = shell.data(
        "create", "--name", "review", "--id", "t", "--folder", "photos", *LOADS, "--priority", "4",
        "--due", "2026-12-24T18:00+01:00", "--action", "cat", "--action", "no cat", "--meta", "client=acme",
        "--meta", 'tags=["a", 1]',
    )  # fmt: skip

    assert (made["priority"], made["due"]) == (4, "2026-12-24T17:00:00+00:00")
    assert (made["actions"], made["metadata"]) == (["cat", "no cat"], {"client": "acme", "tags": ["a", 1]})


def test_a_batch_that_does_not_suit_the_team_is_warned_of(shell: Shell) -> None:
    pulled = ("--pull-batch", "50", "--cap", "60", "--allow", "ann", "--allow", "bob")
    warning = (
        "warning: batch_size 50 is far from the recommended 3: the others will wait for the last batches;"
        " see distribution recommend\n"
    )

    shell.ok("create", "--name", "x", "--folder", "photos", *pulled, said=warning)


def test_a_batch_is_recommended(shell: Shell) -> None:
    call = ("recommend", "--items", "1000", "--assignees", "10", "--overhead", "30", "--seconds", "20")

    assert shell.ok(*call) == (
        "12 items at once; 6 to 24 are as good as that\nCreate the task with: --pull-batch 12 --cap 18\n"
    )
    assert shell.data(*call, "--batch", "50") == {
        "kind": "batch-advice", "recommended": 12, "chosen": 50, "low": 6, "high": 24,
    }  # fmt: skip
    warning = (
        "warning: batch_size 50 is far from the recommended 12: the others will wait for the last batches\n"
    )
    shell.ok(*call, "--batch", "50", said=warning)
    assert shell.refused("recommend", "--items", "-1", "--assignees", "2") == (
        "items must be a whole number of at least 0, got -1"
    )


def test_a_column_gives_items_their_priority(shell: Shell) -> None:
    (shell.folder / "rows.csv").write_text("id,urgent\na,\nb,2\nc,1\n")
    shell.ok(
        "create", "--id", "t", "--name", "x", "--csv", "rows.csv", "--priority-column", "urgent", *PULLED
    )

    assert shell.ok("pull", "--task", "t", "--assignee", "ann") == "b\nc\na\n"
    for column, message in (
        ("id", "--priority-column must name a column with a value in at least one item, got 'id'"),
        ("kind", "kind of item 'a' must be a whole number, got 'x'"),
    ):
        (shell.folder / "bad.csv").write_text("id,kind\na,x\n")
        options = ("--csv", "bad.csv", "--priority-column", column)
        assert shell.refused("create", "--name", "y", *options, *PULLED) == message


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--pull-batch", "5"), "a task to pull from must have --pull-batch, --cap and --allow, got '--pull-batch'; e.g. --pull-batch 10 --cap 15 --allow ann --allow bob"),
        (("--lease", "5m", "--skip", "done"), "a task to pull from must have --pull-batch, --cap and --allow, got '--lease and --skip'"),
        ((*PULLED, "--load", "ann=100", "--order", "random"), "a task to pull from must have no shares, got '--load and --order'; leave them out, or leave out --pull-batch"),
        ((*PULLED, "--lease", "30"), "--lease must be a duration, got '30'; write it like 45s, 30m, 2h, 7d or 1h30m"),
        ((*PULLED, "--lease", "0m"), "--lease must be longer than nothing, got '0m'"),
        ((*PULLED, "--due", "2026-12-24T18:00"), "--due must name its time zone, got '2026-12-24T18:00'; write 2026-12-24T18:00Z for UTC, or 2026-12-24T18:00+01:00"),
        ((*PULLED, "--due", "tomorrow"), "--due must be an instant in ISO 8601, got 'tomorrow'; write it like 2026-12-24T18:00+01:00"),
        ((*PULLED, "--meta", "client"), "--meta must be written key=value, got 'client'"),
        ((*PULLED, "--queue", "lifo"), "Invalid value for '--queue'"),
        (("--pull-batch", "5", "--cap", "4", "--allow", "ann"), "max_batch_workload for batch_size 5 must be at least 5, got 4"),
        (("--pull-batch", "5", "--cap", "8", "--allow", "ann", "--allow", "ann"), "assignee 'ann' appears twice"),
        ((*PULLED, "--priority", "9999999"), "priority must be at most 1048576 either way, got 9999999"),
    ],
)  # fmt: skip
def test_what_cannot_be_pulled_from_is_one_line(shell: Shell, options: tuple[str, ...], message: str) -> None:
    assert shell.refused("create", "--name", "x", "--folder", "photos", *options).startswith(message)
    assert not (shell.folder / "work.db").exists() or shell.data("list") == []


def test_a_create_called_again_under_its_request_id_makes_one_task(shell: Shell) -> None:
    call = ("create", "--name", "x", "--id", "t", "--folder", "photos", *LOADS, "--request", "r-1")

    assert shell.ok(*call) == shell.ok(*call)
    assert [entry["stamp"]["request"] for entry in shell.data("history", "--task", "t")] == ["r-1"]
    assert shell.refused(*call[:-2]) == "task 't' exists; choose another id"
