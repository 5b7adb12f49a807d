"""Looking from the shell: tasks, progress, people, items, explanations, history."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from adapters.sentences import SENTENCES
from distribution.codec import decode
from distribution.events import Entry, What
from distribution.outcomes import Changed
from distribution.overview import Assignment, TaskProgress
from distribution.task import Row
from tests.cli_shell import LOADS, PULLED, Shell

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
T = ("--task", "t")
ALONE = ("--pull-batch", "2", "--cap", "2", "--allow", "ann", "--lease", "1m")


@pytest.fixture
def shell(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Shell:
    return Shell(tmp_path, capsys, monkeypatch)


def cells(told: str) -> list[list[str]]:
    """Read the rows of a table."""
    return [[cell.strip() for cell in line.split("│")[1:-1]] for line in told.splitlines() if "│" in line]


def test_a_task_is_shown_with_its_settings_and_people(shell: Shell) -> None:
    shell.clock = lambda: NOON
    shell.pulled(
        10, "--priority", "2", "--due", "2026-12-24T18:00Z", "--meta", "client=acme", "--actor", "zoe"
    )
    shell.ok("pull", *T, "--assignee", "ann")
    shell.ok("submit", "i0", *T, "--assignee", "ann")

    lines = shell.ok("show", *T).splitlines()
    how = "pulled in batches of 3, at most 5 open, reserved for ever, fifo"
    assert lines[:7] == [
        f"label cats (t): open, {how}; skipped items go to others",
        "  items     10: 1 done (10 %), 2 open, 7 waiting",
        "  statuses  completed, discard, approved",
        "  priority  2",
        "  due       2026-12-24 18:00:00Z",
        '  metadata  {"client": "acme"}',
        "  created   2026-11-22 12:00:00Z by zoe",
    ]
    assert cells("\n".join(lines)) == [
        ["ann", "active", "", "", "2", "1", "0", "0", "in progress"],
        ["bob", "active", "", "", "0", "0", "0", "0", "empty"],
    ]
    assert cells(shell.ok("assignees", *T)) == cells("\n".join(lines))


def test_what_is_printed_for_programs_can_be_read_as_values(shell: Shell) -> None:
    shell.pulled()
    shell.ok("pull", *T, "--assignee", "ann")

    progress = decode(TaskProgress, shell.data("progress", *T))
    assert (progress.open, progress.waiting, progress["ann"].open) == (3, 7, 3)
    assert [decode(Assignment, found).open for found in shell.data("assignments")] == [3]
    assert [decode(Entry, entry).version for entry in shell.data("history", *T)] == [1, 2]
    assert decode(Row, shell.data("items", *T, "--limit", "1")[0]).item == "i0"
    assert decode(Changed, shell.data("close", *T)).version == 3


def test_progress_is_one_line(shell: Shell) -> None:
    shell.pulled()
    shell.ok("pull", *T, "--assignee", "ann")

    assert shell.ok("progress", *T) == "label cats: waiting, 0 done (0 %), 3 open, 7 waiting\n"


def test_tasks_are_listed_by_what_they_are(shell: Shell) -> None:
    def create(name: str, *options: str) -> None:
        shell.ok("create", "--id", name, "--name", name, "--ids", "-", *options, stdin="a\n")

    create("cats", *LOADS, "--priority", "5", "--meta", "client=acme", "--actor", "zoe")
    create("dogs", "--assignee", "max", "--due", "2026-12-24T18:00Z")
    create("cows", *PULLED)
    shell.ok("close", "--task", "cows")

    def listed(*options: str) -> list[str]:
        return [task["id"] for task in shell.data("list", *options)]

    assert listed() == ["cats", "dogs", "cows"]
    assert listed("--name", "c*") == ["cats", "cows"]
    assert listed("--state", "closed") == ["cows"]
    assert listed("--creator", "zoe") == ["cats"]
    assert listed("--assignee", "max") == ["dogs"]
    assert listed("--due-before", "2027-01-01T00:00Z") == ["dogs"]
    assert listed("--due-after", "2027-01-01T00:00Z") == []
    assert listed("--meta", "client=acme") == ["cats"]
    assert listed("--where", "priority>=5", "--where", "mode=distribution") == ["cats"]
    assert [row[:5] for row in cells(shell.ok("list", "--state", "closed"))] == [
        ["cows", "cows", "pulling", "closed", "1"]
    ]


def test_a_task_is_found_by_its_name(shell: Shell) -> None:
    shell.pulled()

    assert shell.ok("progress", "--task", "label cats").startswith("label cats: waiting")
    assert shell.refused("show", "--task", "label dogs") == (
        "no task 'label dogs' in the store; list the tasks to see their ids"
    )
    shell.ok("create", "--id", "u", "--name", "label cats", "--ids", "-", *PULLED, stdin="a\n")
    assert shell.refused("show", "--task", "label cats") == (
        "task name must be that of one task, got 'label cats'; use an id: t, u"
    )


def test_assignments_are_listed_over_all_tasks(shell: Shell) -> None:
    shell.shared()
    shell.ok("create", "--id", "u", "--name", "more", "--ids", "-", "--assignee", "ann", stdin="a\nb\n")
    shell.ok("submit", "a", "--task", "u", "--assignee", "ann")

    hers = shell.data("assignments", "--assignee", "ann")
    assert [(found["task"], found["open"], found["done"]) for found in hers] == [("t", 5, 0), ("u", 1, 1)]
    assert cells(shell.ok("assignments", "--state", "in progress")) == [
        ["u", "ann", "active", "100", "", "1", "1", "0", "0", "in progress"]
    ]
    shell.ok("assignee", "add", "zoe", *T)
    assert "zoe" not in shell.ok("assignments", *T)
    assert "zoe" in shell.ok("assignments", *T, "--empty")


def test_items_are_listed_with_those_who_have_or_had_them(shell: Shell) -> None:
    shell.clock = lambda: NOON
    shell.pulled(4, "--lease", "30m")
    shell.run("pull", *T, "--assignee", "ann")
    shell.ok("submit", "i0", *T, "--assignee", "ann")
    shell.ok("skip", "i1", *T, "--assignee", "ann")

    assert cells(shell.ok("items", *T)) == [
        ["0", "i0", "completed", "ann", ""],
        ["1", "i1", "waiting; skipped by ann", "", ""],
        ["2", "i2", "open", "ann", "2026-11-22 12:30:00Z"],
        ["3", "i3", "waiting", "", ""],
    ]
    assert cells(shell.ok("items", *T, "--state", "skipped")) == [["1", "i1", "skipped", "ann", ""]]
    assert shell.refused("items", *T, "--state", "lost").startswith("Invalid value for '--state'")


def test_items_come_page_by_page(shell: Shell) -> None:
    shell.shared()

    assert "More: add --after 3" in shell.ok("items", *T, "--limit", "4")
    page = shell.data("items", *T, "--limit", "4", "--after", "3")
    assert [row["position"] for row in page] == [4, 5, 6, 7]
    hers = shell.data("worklist", *T, "--assignee", "ann")
    last = hers[1]["item"]
    assert f"More: add --after {last}" in shell.ok("worklist", *T, "--assignee", "ann", "--limit", "2")
    assert shell.data("worklist", *T, "--assignee", "ann", "--after", last) == hers[2:]
    assert "More" not in shell.ok("items", *T)


def test_items_are_chosen_by_their_attributes(shell: Shell) -> None:
    rows = "\n".join(f'{{"id": "i{n}", "size": {n}}}' for n in range(10))
    shell.ok("create", "--id", "t", "--name", "review", "--jsonl", "-", *LOADS, stdin=rows)

    assert [row["item"] for row in shell.data("items", *T, "--where", "size>=8")] == ["i8", "i9"]
    hers = shell.data("worklist", *T, "--assignee", "ann")
    large = [row["item"] for row in hers if row["attributes"]["size"] >= 3]
    chosen = ("worklist", *T, "--assignee", "ann", "--where", "size>=3")
    assert [row["item"] for row in shell.data(*chosen)] == large
    first = shell.data(*chosen, "--limit", "1")
    assert [row["item"] for row in first] == large[:1]
    rest = shell.data(*chosen, "--after", first[0]["item"])
    assert [row["item"] for row in rest] == large[1:]
    placed = ("items", *T, "--state", "open", "--where", "size<2")
    assert [row["item"] for row in shell.data(*placed)] == ["i0", "i1"]
    assert [row["item"] for row in shell.data(*placed, "--limit", "1")] == ["i0"]


def test_an_item_is_explained_with_all_that_happened_to_it(shell: Shell) -> None:
    shell.clock = lambda: NOON
    shell.shared()
    item = shell.data("worklist", *T, "--assignee", "ann")[0]["item"]
    shell.ok("reassign", *T, "--from", "ann", "--to", "zoe", "--reason", "ann is ill")

    told = shell.ok("explain", item, *T).splitlines()
    assert told[0] == f"'{item}' is open with 'zoe'"
    assert told[1].startswith(f"first, '{item}' is with 'ann': item ")
    assert told[2:] == [
        "2026-11-22 12:00:00+00:00 reassigned for 'ann': taken away (ann is ill)",
        "2026-11-22 12:00:00+00:00 reassigned for 'zoe': open (ann is ill)",
    ]
    story = shell.data("explain", item, *T)
    assert (story["kind"], list(story["cells"]), len(story["chapters"])) == ("story", ["zoe"], 2)


def test_history_tells_a_sentence_for_each_change(shell: Shell) -> None:
    shell.clock = lambda: NOON
    shell.pulled()
    shell.ok("pull", *T, "--assignee", "ann")
    shell.ok("submit", "i0", "i1", *T, "--assignee", "ann")
    shell.ok("clear", "i0", *T, "--assignee", "ann")
    shell.ok("skip", "i0", *T, "--assignee", "ann")
    shell.ok("release", *T, "--assignee", "ann")
    shell.ok("pull", *T, "--assignee", "bob", "--actor", "app")
    shell.ok("assignee", "pause", "bob", *T, "--actor", "zoe", "--reason", "holidays")
    shell.ok("undo", "8", *T)
    shell.ok("close", *T, "--request", "r")

    assert shell.ok("history", *T).splitlines() == [
        " 1  2026-11-22 12:00:00Z  created with 10 items to pull from",
        " 2  2026-11-22 12:00:00Z  ann pulled 3 items",
        " 3  2026-11-22 12:00:00Z  ann set 2 items to completed",
        " 4  2026-11-22 12:00:00Z  ann took her status off 1 item",
        " 5  2026-11-22 12:00:00Z  ann skipped 1 item",
        " 6  2026-11-22 12:00:00Z  ann gave 1 item back",
        " 7  2026-11-22 12:00:00Z  bob pulled 3 items, by app",
        " 8  2026-11-22 12:00:00Z  bob was paused; 3 items went back, by zoe (holidays)",
        " 9  2026-11-22 12:00:00Z  version 8 (assignee-paused) was undone; 3 items set back",
        "10  2026-11-22 12:00:00Z  closed",
    ]
    assert shell.ok("history", *T, "--last", "1") == "10  2026-11-22 12:00:00Z  closed\n"


def test_a_limit_that_stays_and_what_waited_for_it_have_their_sentence(shell: Shell) -> None:
    shell.shared(2, "--load", "ann=100")
    shell.ok("release", "i0", *T, "--assignee", "ann")
    shell.ok("assignee", "limit", "ann", "none", *T)
    shell.ok("assignee", "limit", "ann", "5", *T)

    told = [text.partition("Z  ")[2] for text in shell.ok("history", *T).splitlines()]
    assert told[2:] == [
        "ann may have as many items as before; 1 item that waited went to ann",
        "ann may have 5 items at most",
    ]
    assert "as many items as before" in shell.ok("watch", "--once", *T)


def test_who_gets_back_what_has_ended_has_pulled_it(shell: Shell) -> None:
    shell.clock = lambda: NOON
    shell.ok("create", "--id", "t", "--name", "n", "--ids", "-", *ALONE, stdin="a\nb")
    shell.run("pull", *T, "--assignee", "ann")
    shell.clock = lambda: NOON + timedelta(minutes=2)
    shell.run("pull", *T, "--assignee", "ann")

    told = shell.ok("history", *T, "--last", "1")
    assert told.partition("Z  ")[2] == "ann pulled 2 items; 2 leases ended\n"


def test_tasks_are_chosen_by_instants_as_they_are_and_not_as_they_are_written(shell: Shell) -> None:
    shell.pulled(3, "--due", "2026-12-24T17:30Z")

    assert shell.data("list", "--where", "due<2026-12-24T18:00+01:00") == []
    assert len(shell.data("list", "--where", "due<2026-12-24T18:45+01:00")) == 1
    assert len(shell.data("list", "--where", "due=2026-12-24T18:30+01:00")) == 1
    assert len(shell.data("list", "--where", "created>2026-01-01T00:00Z")) == 1
    assert "must name its time zone" in shell.refused("list", "--where", "due<2026-12-24T18:00")


@pytest.mark.parametrize(
    ("condition", "found"),
    [
        ("flag=true", ["a"]),
        ("flag!=true", ["b", "c"]),
        ('flag="true"', ["a"]),
        ("label=1e5", ["b"]),
        ("label=NaN", ["a"]),
        ("label=null", ["c"]),
        ("label!=007", ["a", "b", "c"]),
        ("size=12", ["a"]),
        ("size!=12", ["b", "c"]),
    ],
)
def test_a_word_finds_what_a_csv_says_with_it(shell: Shell, condition: str, found: list[str]) -> None:
    Path("rows.csv").write_text("id,label,flag,size\na,NaN,true,12\nb,1e5,false,13\nc,null,no,14\n")
    shell.ok("create", "--id", "t", "--name", "n", "--csv", "rows.csv", "--load", "ann=100")

    assert [item["item"] for item in shell.data("items", *T, "--where", condition)] == found


def test_there_is_a_sentence_for_everything_that_can_happen() -> None:
    assert set(SENTENCES) == set(What.__args__)  # type: ignore[attr-defined]
