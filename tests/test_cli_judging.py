"""Lots and streams from the shell: qa --aql, judge, inspect."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli_shell import Shell
from tests.test_cli_reviewing import R, T, finished, hers, reviewed

TEN = ("--load", "ann=50", "--load", "bob=50")


@pytest.fixture
def shell(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Shell:
    return Shell(tmp_path, capsys, monkeypatch)


def lot(shell: Shell, size: int = 200) -> None:
    """Create the task `t`, all of which ann has finished."""
    shell.shared(size, "--load", "ann=100")
    shell.ok("submit", *(f"i{n}" for n in range(size)), *T, "--assignee", "ann")


def verdicts(shell: Shell, *wrong: str) -> None:
    """Let zoe review all of `r`: what is named is wrong."""
    rows = shell.data("items", *R, "--assignee", "zoe", "--limit", "500")
    fine = [row["item"] for row in rows if row["cell"]["state"] == "open" and row["item"] not in wrong]
    if fine:
        shell.ok("submit", *fine, *R, "--assignee", "zoe", "--status", "approved")
    if wrong:
        shell.ok("submit", *wrong, *R, "--assignee", "zoe", "--status", "discard")


def test_a_sample_is_drawn_for_a_plan_and_then_the_lot_is_judged(shell: Shell) -> None:
    """Lot 200 at AQL 1.0 and level II: letter G, an arrow to 50, one error is accepted."""
    lot(shell)

    made = shell.data("qa", *T, "--id", "r", "--reviewer", "zoe", "--aql", "1.0")

    assert (made["items"], made["qa"]["sample"]["aql"]["limit"]) == (50, "1")
    verdicts(shell, *hers(shell, "zoe", "r")[:1])
    assert shell.ok("judge", *R) == (
        "accepted: 1 of the 50 that count are wrong; of a lot of 200 review 50, accept with at most 1 error\n"
    )
    found = shell.data("judge", *R)
    assert found["judgement"] == {"kind": "judgement", "accepted": True, "points": 2, "errors": 1}
    tightened = shell.refused("judge", *R, "--aql", "1.0", "--severity", "tightened")
    assert tightened == (
        "the review must have 80 items to judge a lot of 200, got 50;"
        " draw them with qa --aql 1, or qa --count 80"
    )
    assert "qa --aql" in " ".join(shell.ok("judge", "--help").split())


def test_a_lot_is_judged_by_as_many_reviews_as_its_plan_asks_for(shell: Shell) -> None:
    """However many there are: the plan's number of errors is for its number of items."""
    lot(shell)
    shell.ok("qa", *T, "--id", "r", "--reviewer", "zoe", "--percent", "100")
    verdicts(shell)

    assert shell.ok("judge", *R, "--aql", "1.0") == (
        "accepted: 0 of the 50 that count are wrong (of all 200 reviewed 0); of a lot of 200 review 50,"
        " accept with at most 1 error\n"
    )
    verdicts(shell, *[row["item"] for row in shell.data("items", *R, "--limit", "500")])
    done = shell.run("judge", *R, "--aql", "1.0")
    assert (done.code, done.err) == (1, "")
    assert done.out.splitlines() == [
        "refused: 50 of the 50 that count are wrong (of all 200 reviewed 200); of a lot of 200 review 50, accept with at most 1 error",
        "Send it back with: distribution send-back --all --task t --store work.db",
    ]
    found = shell.data("judge", *R, "--aql", "1.0", code=1)
    assert (found["judgement"]["accepted"], found["lot"], found["failed"]) == (False, 200, 200)


def test_a_lot_that_cannot_be_judged_says_why(shell: Shell) -> None:
    shell.shared()
    nothing = shell.run("qa", *T, "--id", "r", "--reviewer", "zoe", "--count", "1")
    assert nothing.code == 0
    assert shell.refused("judge", *R, "--aql", "1.5") == (
        "a lot must have finished items, got 0; draw further when work is finished: distribution qa-extend"
    )
    assert shell.refused("judge", *R) == (
        "--aql must be given where the review was drawn without, got None; e.g. --aql 1.0"
    )
    assert shell.refused("judge", *R, "--aql", "3").startswith("aql must be a percentage of the tables")
    shell.ok("submit", *hers(shell, "ann"), *T, "--assignee", "ann")
    shell.ok("qa-extend", *R)
    assert shell.refused("judge", *R, "--aql", "1.5").startswith(
        "the review must have 5 items to judge a lot of 5, got 1; draw them with qa --aql 1.5"
    )
    assert shell.refused("judge", *T, "--aql", "1").startswith("task 'review' reviews no other task")
    shell.ok("qa", *T, "--id", "s", "--reviewer", "zoe", "--aql", "1.5")
    assert "lacks 5 of the 5 reviews that count, those of " in shell.refused("judge", "--task", "s")


def test_a_stream_of_reviews_says_how_much_of_the_next_work_to_look_at(shell: Shell) -> None:
    """CSP-1 for each author; one error, and all of her work is looked at again."""
    reviewed(shell)
    told = shell.ok("inspect", *R, "--csp", "3,1/10")

    rows = [[cell.strip() for cell in line.split("│")[1:-1]] for line in told.splitlines() if "│" in line]
    assert rows == [
        ["ann", "5", "0", "part", "10 %"], ["bob", "3", "0", "part", "10 %"], ["eve", "2", "0", "all", "all"],
    ]  # fmt: skip
    (hers_now,) = [row["item"] for row in shell.data("items", *T, "--assignee", "bob")][:1]
    shell.ok("submit", hers_now, *R, "--assignee", "zoe", "--status", "discard")
    found = shell.data("inspect", *R, "--csp", "3,1/10")
    assert (found["ann"]["rate"], found["bob"]["state"], found["bob"]["rate"]) == ("1/10", "all", "1")


def test_a_sequential_test_ends_as_soon_as_it_knows(shell: Shell) -> None:
    lot(shell, 40)
    shell.ok("qa", *T, "--id", "r", "--reviewer", "zoe", "--percent", "100")
    assert shell.ok("inspect", *R, "--sprt", "0.02,0.08") == "nothing is reviewed yet\n"
    verdicts(shell)

    told = shell.ok("inspect", *R, "--sprt", "0.02,0.08,0.05,0.10")

    (row,) = [[cell.strip() for cell in line.split("│")[1:-1]] for line in told.splitlines() if "│" in line]
    assert row == ["ann", "36", "0", "accept", "none"]
    assert shell.data("inspect", *R, "--sprt", "0.01,0.05")["ann"]["state"] == "go on"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ((), "how to inspect must be one of --csp and --sprt, got 'none'; e.g. --csp 20,1/10"),
        (("--csp", "1,1/2", "--sprt", "1,2"), "how to inspect must be one of --csp and --sprt, got '--csp and"),
        (("--csp", "20"), "--csp must be written CLEAR,FRACTION, got '20'; e.g. --csp 20,1/10"),
        (("--csp", "x,1/10"), "--csp must be written CLEAR,FRACTION, got 'x,1/10'"),
        (("--csp", "20,2"), "fraction must lie strictly between 0 and 1, got '2'"),
        (("--sprt", "0.02"), "--sprt must be written GOOD,BAD or GOOD,BAD,ALPHA,BETA, got '0.02'; e.g."),
        (("--sprt", "0.08,0.02"), "p0 must be below p1, 0.02, got 0.08"),
    ],
)  # fmt: skip
def test_a_plan_for_streams_that_is_none_is_one_line(
    shell: Shell, options: tuple[str, ...], message: str
) -> None:
    finished(shell)
    shell.ok("qa", *T, "--id", "r", "--reviewer", "zoe", "--percent", "50")

    assert shell.refused("inspect", *R, *options).startswith(message)
