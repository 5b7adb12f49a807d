"""Changes from the shell: items, loads, people, the course of a task; dry runs and the way back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import attrs
import pytest
import typer

from adapters.cli import app
from tests.cli_shell import LOADS, Shell
from tests.test_cli_program import commands

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
T = ("--task", "t")


@pytest.fixture
def shell(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Shell:
    return Shell(tmp_path, capsys, monkeypatch)


def undo(version: int) -> str:
    return f"Undo it with: distribution undo {version} --task t --store work.db\n"


@attrs.frozen
class Change:
    """A change as it is typed, and what has to be typed before it; EVE stands for an item of hers."""

    typed: tuple[str, ...]
    first: tuple[tuple[str, ...], ...] = ()

    def confirmed(self) -> tuple[str, ...]:
        return (*self.typed, *T, *(["--yes"] if self.typed[0] in {"delete", "purge"} else []))


def change(*typed: str, first: tuple[tuple[str, ...], ...] = ()) -> Any:
    return pytest.param(Change(typed, first), id=" ".join(typed))


SUBMITTED = ("submit", "EVE", *T, "--assignee", "eve")
CHANGES = [
    change("redistribute", "--load", "ann=20", "--load", "bob=30", "--load", "eve=50"),
    change("reassign", "--from", "ann", "--to", "bob"),
    change("load", "ann", "10"),
    change("remove", "i0", "i1"),
    change("add", "--ids", "more.txt"),
    change("add", "new", "newer"),
    change("reclaim", "--idle", "1h", first=(SUBMITTED,)),
    change("send-back", "--assignee", "eve", first=(SUBMITTED,)),
    change("assignee", "add", "zoe", "--load", "20"),
    change("assignee", "pause", "ann"),
    change("assignee", "resume", "ann", first=(("assignee", "pause", "ann", *T),)),
    change("assignee", "remove", "ann"),
    change("assignee", "limit", "ann", "7"),
    change("assignee", "delete-assignment", "ann"),
    change("set", "--name", "other", "--priority", "3"),
    change("close"),
    change("reopen", first=(("close", *T),)),
    change("delete"),
    change("undo", "2", first=(("set", *T, "--priority", "4"),)),
]
PURGE = change("purge", first=(("delete", *T, "--yes"),))


def begun(shell: Shell, before: tuple[tuple[str, ...], ...]) -> int:
    """Share ten items out, and type what comes before on the next day. Give the version."""
    shell.clock = lambda: NOON
    shell.shared()
    shell.clock = lambda: NOON + timedelta(days=1)
    (shell.folder / "more.txt").write_text("new\n")
    hers = next(row["item"] for row in shell.data("items", *T) if "eve" in row["cells"])
    for command in before:
        shell.ok(*(hers if word == "EVE" else word for word in command))
    return len(shell.versions())


def kept(shell: Shell) -> Any:
    """Give all that is kept of the task, but for what an undo leaves: a place of an item, a name that left."""
    task = shell.data("show", *T)
    people = [
        who
        for who in shell.data("assignees", *T)
        if (who["state"], who["open"], who["done"]) != ("removed", 0, 0)
    ]
    told = ("positions", "counts", "progress")  # what assignees and items tell better
    return {name: value for name, value in task.items() if name not in told}, people, shell.data("items", *T)


@pytest.mark.parametrize("change", [*CHANGES, PURGE])
def test_a_dry_run_tells_the_same_and_keeps_nothing(shell: Shell, change: Change) -> None:
    version = begun(shell, change.first)
    there = change.typed != ("purge",)
    before = kept(shell) if there else None

    dry = shell.ok(*change.typed, *T, "--dry-run").splitlines()
    assert dry[-1] == "Nothing was stored."
    assert len(shell.versions()) == version
    assert not there or kept(shell) == before
    real = shell.ok(*change.confirmed()).splitlines()
    assert dry[0] == f"dry run: {real[0]}"
    assert dry[1:-1] == (real[1:-1] if there else real[1:])
    assert not there or real[-1] == undo(version + 1).strip()


@pytest.mark.parametrize("change", CHANGES)
def test_every_change_is_undone_as_it_says(shell: Shell, change: Change) -> None:
    """All of it: settings, people, items, and who has them since when."""
    version = begun(shell, change.first)
    before = kept(shell)
    told = shell.ok(*change.confirmed()).splitlines()[-1].removeprefix("Undo it with: distribution ")
    assert change.typed == ("delete",) or kept(shell) != before

    assert shell.ok(*told.split()).splitlines()[-1] == undo(version + 2).strip()
    assert kept(shell) == before


def test_every_command_that_has_a_dry_run_is_tried_with_one() -> None:
    """But for those of reviews."""
    group = typer.main.get_command(app)
    having = {
        " ".join(words)
        for words in commands(group)
        if any("--dry-run" in option.opts for option in _command(group, words).params)
    }
    tried = {typed for param in [*CHANGES, PURGE] if (typed := " ".join(param.values[0].typed))}
    assert {name for name in having if not any(t == name or t.startswith(f"{name} ") for t in tried)} == {
        "qa-extend",
        # It only checks the file: see test_cli_pipelines.
        "pipeline create",
    }


def _command(group: Any, words: tuple[str, ...]) -> Any:
    return group if not words else _command(group.commands[words[0]], words[1:])


def test_moves_are_summed_by_pair_of_people_or_told_one_by_one(shell: Shell) -> None:
    shell.shared()
    change = ("redistribute", *T, "--load", "ann=20", "--load", "bob=30", "--load", "eve=50", "--dry-run")

    summed = shell.ok(*change)
    assert summed.startswith(
        "dry run: redistributed; loads are ann 20 %, bob 30 %, eve 50 %; 3 items moved to eve\n"
    )
    assert [cell.strip() for cell in summed.splitlines()[4].split("│")[1:4]] == ["ann", "eve", "3"]
    each = [line.split("│") for line in shell.ok(*change, "--moves").splitlines() if "│" in line]
    assert [[cell.strip() for cell in line[2:4]] for line in each] == [["ann", "eve"]] * 3
    data = shell.data(*change)
    assert [(move["source"], move["target"]) for move in data["diff"]["moves"]] == [("ann", "eve")] * 3
    assert (data["event"]["what"], data["version"], shell.versions()) == ("redistributed", 2, ["created"])


def test_twice_the_same_loads_change_nothing(shell: Shell) -> None:
    shell.shared()

    assert shell.ok("redistribute", *T) == "nothing changes\n"
    assert shell.ok("redistribute", *T, "--dry-run") == "dry run: nothing changes\nNothing was stored.\n"


def test_shares_that_cannot_be_meant_are_refused_with_the_options_that_help(shell: Shell) -> None:
    shell.shared()
    message = "loads must sum to 100, got 97 (ann 60, bob 37); for shares of any sum use --weight, for equal ones --assignee"
    assert shell.refused("redistribute", *T, "--load", "ann=60", "--load", "bob=37") == message
    assert shell.refused("redistribute", *T, "--load", "ann=60", "--load", "bob=-37") == (
        "load of 'bob' must not be negative, got '-37'"
    )
    other = ("--ids", "-", "--name", "p", "--pull-batch", "3", "--cap", "5", "--allow", "ann")
    shell.run("create", *other, stdin="a\nb\n")
    assert shell.refused("redistribute", "--task", "p") == (
        "task 'p' is pulled from and keeps no loads; give loads, and what people hold is shared out by them"
    )


def test_items_are_added_once(shell: Shell) -> None:
    shell.pulled(3)

    said = "2 items in the task already, the first is 'i1'\n"
    told = shell.ok("add", *T, "--ids", "-", stdin="i1\ni2\nx\ny\n", said=said)
    assert told == "2 items added, 2 in it already\n" + undo(2)
    assert shell.data("progress", *T)["items"] == 5
    rows = '{"id": "big", "size": 9}\n{"id": "small", "size": 1}\n'
    said = "1 item left out by --where\n"
    assert "1 item added" in shell.ok("add", *T, "--jsonl", "-", "--where", "size>5", stdin=rows, said=said)


def test_items_are_added_by_their_names(shell: Shell) -> None:
    shell.pulled(2)

    assert shell.ok("add", "x", "y", *T) == "2 items added\n" + undo(2)
    assert shell.ok("add", "-", *T, stdin="z\n") == "1 item added\n" + undo(3)
    assert [row["item"] for row in shell.data("items", *T)] == ["i0", "i1", "x", "y", "z"]
    for given, got in (((), "none"), (("x", "--ids", "-"), "ITEM and --ids")):
        message = "items must be named, or come from one of --folder, --csv, --jsonl, --parquet, --ids, got "
        assert shell.refused("add", *given, *T) == f"{message}{got!r}"


def test_items_with_a_status_stay(shell: Shell) -> None:
    shell.pulled(5)
    shell.ok("pull", *T, "--assignee", "ann")
    shell.ok("submit", "i0", *T, "--assignee", "ann")

    done = shell.run("remove", "i0", "i4", "nope", *T)
    assert (done.code, done.out) == (1, "1 item removed, 1 with a status stayed\n" + undo(4))
    assert done.err == (
        "refused: item 'i0' has a status and stays; clear it first\nrefused: item 'nope' is not in the task\n"
    )
    assert shell.data("remove", "i0", *T, code=1)["refused"][0]["why"]["kind"] == "has-status"


def test_work_is_handed_to_another_who_may_be_new(shell: Shell) -> None:
    shell.shared()

    told = shell.ok("reassign", *T, "--from", "ann", "--to", "zoe", "--actor", "max", "--reason", "ill")
    assert told.startswith("5 items moved from ann to zoe\n")
    entry = shell.data("history", *T)[1]
    assert (entry["stamp"]["actor"], entry["stamp"]["reason"]) == ("max", "ill")
    assert shell.data("progress", *T)["assignments"][3]["open"] == 5


def test_a_load_is_changed_and_work_follows(shell: Shell) -> None:
    shell.shared()

    told = shell.ok("load", "ann", "30", *T)
    assert told.startswith("redistributed; loads are ann 30 %, bob 42 %, eve 28 %; 2 items moved to ")
    assert shell.refused("load", "ann", "x", *T) == "load of 'ann' must be a non-negative number, got 'x'"
    assert shell.refused("load", "ann", "140", *T) == "load of 'ann' must be between 0 and 100, got '140'"


def test_what_lies_is_reclaimed_after_a_while(shell: Shell) -> None:
    at = NOON
    shell.clock = lambda: at
    shell.pulled()
    shell.ok("pull", *T, "--assignee", "ann")
    at = NOON + timedelta(days=3)

    assert shell.ok("reclaim", *T, "--idle", "7d") == "nothing changes\n"
    assert shell.ok("reclaim", *T, "--idle", "2d").startswith("3 items taken back from ann\n")
    assert "(the queue)" not in shell.ok("progress", *T)
    assert shell.refused("reclaim", *T, "--idle", "soon") == (
        "--idle must be a duration, got 'soon'; write it like 45s, 30m, 2h, 7d or 1h30m"
    )
    message = "--idle must be at most ten years, got '9999w'"
    assert shell.refused("reclaim", *T, "--idle", "9999w") == message


def test_leases_beyond_a_hundred_are_named(shell: Shell) -> None:
    at = NOON
    shell.clock = lambda: at
    ids = "\n".join(f"i{n}" for n in range(150))
    pulled = ("--pull-batch", "150", "--cap", "150", "--lease", "1h", "--allow", "ann")
    shell.run("create", "--id", "t", "--name", "many", "--ids", "-", *pulled, stdin=ids)
    shell.run("pull", *T, "--assignee", "ann")
    at = NOON + timedelta(hours=2)

    told = shell.ok("reclaim", *T, said="more leases have ended: reclaim again\n")
    assert told.startswith("100 items taken back from ann\n")
    assert shell.ok("reclaim", *T).startswith("50 items taken back from ann\n")


def test_people_come_and_go(shell: Shell) -> None:
    shell.pulled()
    shell.ok("pull", *T, "--assignee", "ann")

    assert shell.ok("assignee", "add", "zoe", *T, "--limit", "50,30%") == "zoe joined\n" + undo(3)
    paused = shell.ok("assignee", "pause", "ann", *T, "--reason", "holidays")
    assert paused.startswith("ann was paused; 3 items went back\n")
    assert "(the queue)" in paused
    assert shell.ok("assignee", "resume", "ann", *T) == "ann goes on\n" + undo(5)
    assert shell.ok("assignee", "remove", "bob", *T) == "bob left\n" + undo(6)
    assert shell.ok("assignee", "limit", "ann", "2", *T) == "ann may have 2 items at most\n" + undo(7)
    assert shell.ok("pull", *T, "--assignee", "zoe").count("\n") == 3
    states = {found["assignee"]: found["state"] for found in shell.data("assignees", *T)}
    assert states == {"ann": "active", "bob": "removed", "zoe": "active"}
    assert shell.ok("assignee", "limit", "ann", "none", *T).startswith(
        "ann may have as many items as she likes\n"
    )
    message = "assignee 'bob' is removed and cannot be changed by 'resume'; possible now: add"
    assert shell.refused("assignee", "resume", "bob", *T) == message


def test_somebody_joins_with_a_load(shell: Shell) -> None:
    shell.shared()

    told = shell.ok("assignee", "add", "zoe", *T, "--load", "50")
    assert told.startswith(
        "zoe joined; loads are ann 25 %, bob 15 %, eve 10 %, zoe 50 %; 5 items moved to zoe\n"
    )
    told = shell.ok("assignee", "delete-assignment", "zoe", *T)
    assert told.startswith(
        "zoe has no assignment any more; loads are ann 50 %, bob 30 %, eve 20 %; 5 items moved to "
    )


def test_settings_change_one_by_one(shell: Shell) -> None:
    shell.pulled(3, "--meta", "client=acme", "--meta", "round=1")
    due = ("--due", "2026-12-24T18:00+01:00")

    told = shell.ok("set", *T, "--priority", "5", *due, "--meta", "round=2", "--drop-meta", "client")
    assert told.startswith(
        "changed: priority from 0 to 5; due from None to '2026-12-24T17:00:00+00:00'; metadata: client from 'acme' "
    )
    task = shell.data("show", *T)
    assert (task["metadata"], task["due"]) == ({"round": 2}, "2026-12-24T17:00:00+00:00")
    shell.ok("set", *T, "--name", "dogs", "--action", "dog")
    assert (shell.data("show", *T)["name"], shell.data("show", *T)["actions"]) == ("dogs", ["dog"])
    assert shell.refused("set", *T, "--due", "2026-12-24T18:00") == (
        "--due must name its time zone, got '2026-12-24T18:00';"
        " write 2026-12-24T18:00Z for UTC, or 2026-12-24T18:00+01:00"
    )
    assert shell.refused("set", *T).startswith("settings must be at least one of --name, --due")


def test_a_due_date_and_a_lease_are_taken_away_by_none(shell: Shell) -> None:
    shell.pulled(3, "--due", "2026-12-24T18:00+01:00", "--lease", "30m")

    told = shell.ok("set", *T, "--due", "none")
    assert told.startswith("changed: due from '2026-12-24T17:00:00+00:00' to None\n")
    assert "lease from 1800" in shell.ok("set", *T, "--lease", "none")
    task = shell.data("show", *T)
    assert (task["due"], task["pull"]["lease"]) == (None, None)
    assert shell.ok("set", *T, "--lease", "none", "--due", "none") == "nothing changes\n"


def test_a_closed_task_hands_out_nothing_until_it_is_reopened(shell: Shell) -> None:
    shell.pulled()

    assert shell.ok("close", *T) == "closed\n" + undo(2)
    done = shell.run("pull", *T, "--assignee", "ann")
    assert (done.code, done.err) == (3, "no work: task 't' is closed; reopen it to hand out work again\n")
    assert shell.ok("reopen", *T) == "reopened\n" + undo(3)
    assert shell.refused("reopen", *T) == (
        "task 'label cats' is open and cannot be changed by 'reopen'; possible now: close, delete"
    )


def test_a_deleted_task_comes_back_until_it_is_purged(shell: Shell) -> None:
    shell.shared()

    assert shell.ok("delete", *T, "--yes") == "deleted\n" + undo(2)
    assert shell.data("list") == []
    assert shell.ok("undo", "2", *T).startswith("version 2 (deleted) was undone; the task is open\n")
    assert len(shell.data("list")) == 1
    assert shell.ok("undo", "3", *T).startswith("version 3 (undone) was undone; the task is deleted\n")
    assert shell.refused("undo", "3", *T).startswith("version 3 cannot be undone: the task was deleted since")
    assert shell.ok("undo", "4", *T).startswith("version 4 (undone) was undone; the task is open\n")
    assert shell.refused("purge", *T, "--yes").startswith(
        "task 'review' is open and cannot be changed by 'purge'"
    )
    shell.ok("delete", *T, "--yes")
    assert shell.refused("purge", *T) == "purging without a terminal must be confirmed, got 't'; add --yes"
    assert shell.ok("purge", *T, "--yes") == "purged: its 10 items are gone for good\n"
    assert shell.versions()[-1] == "purged"
    assert shell.refused("undo", "7", *T) == "no task 't' in the store; list the tasks to see their ids"


def test_an_undo_that_comes_too_late_says_so(shell: Shell) -> None:
    shell.shared()
    shell.ok("reassign", *T, "--from", "ann", "--to", "bob")
    item = shell.data("items", *T, "--assignee", "bob")[-1]["item"]
    held = [row["item"] for row in shell.data("items", *T, "--assignee", "bob")]
    shell.ok("submit", *held, *T, "--assignee", "bob")

    message = shell.refused("undo", "2", *T)
    assert message.startswith("version 2 cannot be undone: item ")
    assert message.endswith("was worked on since; undo what came after it first, or make the change you want")
    assert item in held
    assert shell.refused("undo", "9", *T) == (
        "no version 9 in the history of task 'review'; list the history to see the versions"
    )


def test_a_change_made_again_under_its_request_id_is_made_once(shell: Shell) -> None:
    shell.shared()
    call = ("reassign", *T, "--from", "ann", "--to", "bob", "--request", "r-1")

    assert shell.ok(*call) == shell.ok(*call)
    assert shell.versions() == ["created", "reassigned"]


def test_conditions_choose_what_is_changed(shell: Shell) -> None:
    rows = "\n".join(f'{{"id": "i{n}", "size": {n}}}' for n in range(10))
    shell.ok("create", "--id", "t", "--name", "review", "--jsonl", "-", *LOADS, stdin=rows)

    moved = shell.data("reassign", *T, "--from", "ann", "--to", "zoe", "--where", "size<5", "--dry-run")
    assert {move["item"] for move in moved["diff"]["moves"]} <= {f"i{n}" for n in range(5)}
    loads = ("--load", "ann=0", "--load", "bob=50", "--load", "eve=50")
    moved = shell.data("redistribute", *T, *loads, "--where", "size>=5", "--dry-run")
    assert {move["item"] for move in moved["diff"]["moves"]} <= {f"i{n}" for n in range(5, 10)}
    assert shell.data("remove", *T, "--where", "size>7")["event"]["removed"] == [8, 9]
    for items, given in (((), "neither"), (("i1", "--where", "size>7"), "both")):
        message = f"items must be named, or else chosen by --where, got {given!r}"
        assert shell.refused("remove", *items, *T) == message


def test_batch_cap_lease_and_skip_are_set_at_any_time(shell: Shell) -> None:
    shell.pulled()
    told = shell.ok("set", *T, "--cap", "6", "--lease", "2h")

    assert "max_batch_workload from 5 to 6" in told
    assert shell.data("show", *T)["pull"]["max_batch_workload"] == 6
    assert shell.refused("set", *T, "--cap", "1") == (
        "max_batch_workload for batch_size 3 must be at least 3, got 1"
    )


def test_a_task_that_is_shared_out_has_no_cap_to_set(shell: Shell) -> None:
    shell.shared()

    assert "must be of a task that is pulled from" in shell.refused("set", *T, "--cap", "6")
