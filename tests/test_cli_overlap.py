"""Overlap from the shell: created, thought through, shown, refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from distribution import Plan
from tests.cli_shell import LOADS, PULLED, Shell

TEN = "\n".join(f"i{n}" for n in range(10))
IDS = ("--ids", "-")
TWO = ("--assignee", "ann", "--assignee", "bob")
FIVE = tuple(word for name in "abcde" for word in ("--assignee", name))
T = ("--task", "t")
ISLANDS = (
    "warning: 3 islands that no overlapped item connects: a, b | c, d | e; to compare everybody with"
    " everybody let more items overlap\n"
)


@pytest.fixture
def shell(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Shell:
    return Shell(tmp_path, capsys, monkeypatch)


@pytest.mark.parametrize(
    ("options", "copies"),
    [
        (("--overlap", "100"), 20),
        (("--overlap", "50"), 15),
        (("--overlap", "33.3"), 13),
        (("--overlap-count", "4"), 14),
        (("--overlap-count", "99"), 20),
    ],
)
@pytest.mark.parametrize("how", [TWO, PULLED])
def test_a_task_is_created_with_overlap_in_both_modes(
    shell: Shell, options: tuple[str, ...], copies: int, how: tuple[str, ...]
) -> None:
    """Two copies unless told otherwise."""
    made = shell.data("create", "--name", "review", "--id", "t", *IDS, *how, *options, stdin=TEN)

    assert (made["items"], made["copies"], made["overlap"]["assignees"]) == (10, copies, 2)
    assert sum(made["counts"].values()) + made["progress"]["waiting"] == copies
    assert shell.data("show", *T) == made


def test_the_number_of_copies_is_an_option(shell: Shell) -> None:
    """Loads and quotas are of all copies."""
    call = ("create", "--name", "review", "--id", "t", *IDS, *LOADS, "--overlap", "30", "--copies", "3")
    made = shell.data(*call, stdin=TEN)

    assert (made["copies"], made["quotas"]) == (16, {"ann": "8", "bob": "24/5", "eve": "16/5"})
    assert made["overlap"] == {
        "kind": "overlap", "percent": "30", "assignees": 3, "count": None, "where": None, "everyone": False, "until": None,
    }  # fmt: skip


def test_a_condition_says_which_items_overlap(shell: Shell) -> None:
    """Several must all hold."""
    (shell.folder / "rows.csv").write_text("id,size,kind\na,5,x\nb,9,x\nc,9,y\n")
    conditions = ("--overlap-where", "size>6", "--overlap-where", "kind=x")
    shell.ok("create", "--name", "r", "--id", "t", "--csv", "rows.csv", *TWO, *conditions)

    rows = shell.data("items", *T)
    assert {row["item"]: len(row["cells"]) for row in rows} == {"a": 1, "b": 2, "c": 1}
    assert "  overlap   the items that pass the filter, by 2 people each: {" in shell.ok("show", *T)


def test_people_see_copies_wherever_items_are_counted(shell: Shell) -> None:
    """On creation, in the settings, the progress and the history."""
    options = ("--name", "review", "--id", "t", *IDS, *TWO, "--overlap", "50")
    created = shell.ok("create", *options, stdin=TEN)
    assert created.splitlines()[0] == "review (t): 10 items, 15 copies, shuffled, seed 0"
    assert "copies" in created.splitlines()[2]
    assert "overlap: 5 items by 2 people each; every two share 5 to 5" in created.splitlines()

    shown = shell.ok("show", *T).splitlines()
    assert shown[1] == "  items     10, 15 copies: 0 done (0 %), 15 open, 0 waiting"
    assert shown[3] == "  overlap   50 % of the items, rounded half up, by 2 people each"
    assert shell.ok("progress", *T) == (
        "review: waiting, 10 items, 15 copies: 0 done (0 %), 15 open, 0 waiting\n"
    )
    assert "created with 10 items in 15 copies, shared out: ann 8, bob 7" in shell.ok("history", *T)


def test_a_single_copy_is_one_copy(shell: Shell) -> None:
    """In words as in numbers."""
    created = shell.ok(
        "create", "--name", "r", "--id", "t", *IDS, *PULLED, "--overlap-count", "0", stdin="a\n"
    )
    assert created.startswith("r (t): 1 item, 1 copy, pulled in batches of 3")
    assert "created with 1 item in 1 copy to pull from" in shell.ok("history", *T)


def test_a_plan_shows_copies_pairs_and_who_is_capped(shell: Shell) -> None:
    """And nothing is stored."""
    loads = ("--load", "ann=80", "--load", "bob=10", "--load", "eve=10")
    out = shell.ok("plan", *IDS, *loads, "--overlap", "100", stdin=TEN).splitlines()

    assert out[0] == "10 items, 20 copies, shuffled, seed 0; nothing was stored"
    assert [cell.strip() for cell in out[4].split("│")[1:5]] == ["ann", "80", "16", "10"]
    assert out[-1] == (
        "overlap: 10 items by 2 people each; 2 of 3 pairs share items; less than their load says, for nobody holds an item twice: ann"
    )
    assert list(shell.folder.glob("*.db")) == []


def test_a_plan_for_programs_has_the_coverage_and_can_be_read_again(shell: Shell) -> None:
    """Every pair with the items it shares."""
    data = shell.data("plan", *IDS, *LOADS, "--overlap", "100", stdin=TEN)

    assert data["coverage"] == {
        "items": 10, "copies": 2, "least": 0, "most": 6, "capped": [], "islands": [["ann", "bob", "eve"]],
        "efficiency": 0.4708,
        "pairs": [
            {"assignees": ["ann", "bob"], "items": 6},
            {"assignees": ["ann", "eve"], "items": 4},
            {"assignees": ["bob", "eve"], "items": 0},
        ],
    }  # fmt: skip
    done = shell.run("plan", *IDS, *LOADS, "--overlap", "100", "--json", stdin=TEN)
    plan = Plan.from_json(done.out)
    assert plan.verify()
    assert plan.counts() == {"ann": 10, "bob": 6, "eve": 4}
    assert "coverage" not in shell.data("plan", *IDS, *LOADS, stdin=TEN)


def test_islands_are_warned_of_beside_the_answer(shell: Shell) -> None:
    """Where too few items overlap for everybody to be compared."""
    options = (*IDS, *FIVE, "--overlap-count", "2")
    shell.ok("plan", *options, stdin=TEN, said=ISLANDS)
    shell.ok("create", "--name", "r", "--id", "t", *options, stdin=TEN, said=ISLANDS)
    shell.ok("plan", *IDS, *FIVE, "--overlap-count", "4", stdin=TEN)


def written(shell: Shell, items: int, authors: str) -> tuple[str, ...]:
    """Write a table of items, each by one of some authors in turn."""
    lines = [f"i{n},{authors[n % len(authors)]}" for n in range(items)]
    (shell.folder / "rows.csv").write_text("id,by\n" + "\n".join(lines) + "\n")
    return "--csv", "rows.csv"


def test_who_meets_whom_is_told_also_where_rules_keep_people_out(shell: Shell) -> None:
    """Five authors, none of whom has her own: still every two share as many items."""
    options = (*written(shell, 50, "abcde"), *FIVE, "--overlap", "100", "--blocked", "by")
    line = "overlap: 50 items by 2 people each; every two share 5 to 5"
    assert line in shell.ok("plan", *options).splitlines()
    assert line in shell.ok("create", "--name", "r", "--id", "t", *options).splitlines()
    assert shell.data("history", *T)[0]["event"]["facts"]["covered"]["most"] == 5


def test_islands_that_rules_make_are_warned_of_with_the_way_out_that_there_is(shell: Shell) -> None:
    """To let more items overlap is no way where all of them do."""
    (shell.folder / "rows.csv").write_text("id,in\n" + "\n".join(f"i{n},{'xy'[n % 2]}" for n in range(20)))
    skills = [
        word for who, skill in zip("abcd", "xxyy", strict=True) for word in ("--skill", f"{who}={skill}")
    ]
    people = [word for who in "abcd" for word in ("--assignee", who)]
    options = ("--csv", "rows.csv", *people, "--needs", "in", *skills)
    ruled = (
        "warning: 2 islands that no overlapped item connects: a, b | c, d; to compare everybody with"
        " everybody {}let the rules keep fewer people from items\n"
    )
    all_, half = ("--overlap", "100"), ("--overlap", "50")
    shell.ok("plan", *options, *all_, said=ruled.format(""))
    shell.ok("create", "--name", "r", "--id", "t", *options, *all_, said=ruled.format(""))
    shell.ok("plan", *options, *half, said=ruled.format("let more items overlap or "))


def test_where_all_items_overlap_more_people_for_each_are_the_way_to_connect_islands(shell: Shell) -> None:
    """Two items cannot connect five people in pairs."""
    said = (
        "warning: 3 islands that no overlapped item connects: a, b | c, d | e; to compare everybody with"
        " everybody let more people share an item\n"
    )
    shell.ok(
        "plan",
        *IDS,
        *FIVE,
        "--overlap",
        "100",
        stdin="i\nj\n",
        said=said.replace(" | e", "").replace("3", "2"),
    )


def test_agreement_tells_who_shares_items_by_now(shell: Shell) -> None:
    """From what people hold, as it stands."""
    people = [word for who in "abcd" for word in ("--allow", who)]
    pull = ("--pull-batch", "3", "--cap", "6")
    shell.ok("create", "--name", "r", "--id", "t", *IDS, *people, *pull, "--overlap", "100", stdin=TEN)
    for who in "ab":
        shell.ok("pull", *T, "--assignee", who)
    told = "overlap: 1 item by 2 people each; every two share 1 to 1; efficiency 1.00"
    assert told in shell.ok("agreement", *T).splitlines()
    data = shell.data("agreement", *T)["coverage"]
    assert data["pairs"] == [{"assignees": ["a", "b"], "items": 1}]
    assert (data["islands"], data["efficiency"]) == ([["a", "b"]], 1.0)


def test_agreement_warns_of_islands_which_may_only_need_time(shell: Shell) -> None:
    """As long as something waits to be pulled; then more items must overlap."""
    people = [word for who in "abc" for word in ("--allow", who)]
    pull = ("--pull-batch", "3", "--cap", "6")
    shell.ok(
        "create", "--name", "r", "--id", "t", *IDS, *people, *pull, "--overlap-count", "0", stdin=TEN[:26]
    )
    said = "warning: {} that no overlapped item connects: {}; to compare everybody with everybody {}\n"
    ways = "wait until more of the 3 copies left are handed out", "let more items overlap"
    for who in "ab":
        shell.ok("pull", *T, "--assignee", who)
    shell.ok("agreement", *T, said=said.format("2 islands", "a | b", ways[0]))
    shell.ok("pull", *T, "--assignee", "c")
    shell.ok("agreement", *T, said=said.format("3 islands", "a | b | c", ways[1]))


def test_the_batch_is_advised_for_copies_not_items(shell: Shell) -> None:
    """Ten items by ten people each are as much work as a hundred."""
    people = tuple(word for n in range(10) for word in ("--allow", f"p{n}"))
    options = ("--name", "r", *IDS, *people, "--pull-batch", "6", "--cap", "9")
    items = "\n".join(f"i{n}" for n in range(100))
    warning = (
        "warning: batch_size 2 is far from the recommended 12: much time goes into pulling;"
        " see distribution recommend\n"
    )

    shell.ok("create", *options, "--overlap", "100", "--copies", "10", stdin=items)
    small = ("--name", "s", *IDS, *people, "--pull-batch", "2", "--cap", "4")
    shell.ok("create", *small, "--overlap", "100", "--copies", "10", stdin=items, said=warning)
    shell.ok("create", *small, stdin=items)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--copies", "3"), "overlap must be one of --overlap, --overlap-count, --overlap-where, --everyone, got 'none'; e.g. --overlap 30 --copies 3"),
        (("--overlap", "5", "--overlap-count", "4"), "overlap must be one of --overlap, --overlap-count, --overlap-where, --everyone, got '--overlap and --overlap-count'"),
        (("--overlap", "120"), "percent of overlap must be between 0 and 100, got '120'"),
        (("--overlap", "half"), "percent of overlap must be a non-negative number, got 'half'"),
        (("--overlap", "50", "--copies", "3"), "3 different assignees an item: there are 2; ask for fewer copies, add assignees, or give more of them a load"),
        (("--overlap", "50", "--copies", "1"), "assignees of an overlapped item must be a whole number of at least 2, got 1"),
        (("--overlap-count", "-1"), "count of overlapped items must be a whole number of at least 0, got -1"),
        (("--overlap-where", "size"), "--overlap-where must be a field, one of"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("how", [TWO, PULLED])
def test_an_overlap_that_cannot_be_is_one_line_with_the_way_out(
    shell: Shell, options: tuple[str, ...], message: str, how: tuple[str, ...]
) -> None:
    """In both modes, and nothing is stored."""
    assert shell.refused("create", "--name", "r", *IDS, *how, *options, stdin=TEN).startswith(message)
    assert not (shell.folder / "work.db").exists() or shell.data("list") == []


def test_other_bases_do_not_overlap(shell: Shell) -> None:
    """The error says what to do."""
    (shell.folder / "rows.csv").write_text("id,kind\na,x\nb,y\n")
    call = ("plan", "--csv", "rows.csv", *TWO, "--stratify", "kind", "--overlap", "50")
    assert shell.refused(*call).endswith("share out by count, or leave the overlap and the rules out")


@pytest.mark.parametrize("command", ["create", "plan"])
def test_the_help_has_an_example_of_overlap(shell: Shell, command: str) -> None:
    """Beside the options."""
    told = " ".join(shell.ok(command, "--help").split())
    assert "--overlap 30" in told.rpartition("Example:")[2]
    assert all(option in told for option in ("--overlap-count", "--overlap-where", "--copies"))
