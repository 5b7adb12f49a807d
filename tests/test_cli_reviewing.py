"""Reviews from the shell: samples, rates, work that goes back."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli_shell import Shell

T = ("--task", "t")
R = ("--task", "r")


@pytest.fixture
def shell(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Shell:
    return Shell(tmp_path, capsys, monkeypatch)


def hers(shell: Shell, who: str, task: str = "t") -> list[str]:
    """Name what somebody has open."""
    rows = shell.data("items", "--task", task, "--assignee", who)
    return [row["item"] for row in rows if row["cell"]["state"] == "open"]


def finished(shell: Shell) -> None:
    """Create the task `t` of ten items; ann has finished her five, bob his three, eve her two."""
    shell.shared()
    for who in ("ann", "bob", "eve"):
        shell.ok("submit", *hers(shell, who), *T, "--assignee", who)


def reviewed(shell: Shell, *wrong: str, options: tuple[str, ...] = ("--percent", "100")) -> list[str]:
    """Review as `r`: what is named is wrong; give what was looked at."""
    finished(shell)
    shell.ok("qa", *T, "--id", "r", "--reviewer", "zoe", *options)
    names = hers(shell, "zoe", "r")
    fine = [name for name in names if name not in wrong]
    shell.ok("submit", *fine, *R, "--assignee", "zoe", "--status", "approved")
    if wrong:
        shell.ok("submit", *wrong, *R, "--assignee", "zoe", "--status", "discard")
    return names


def test_a_review_is_drawn_and_shared_out_among_reviewers(shell: Shell) -> None:
    finished(shell)

    told = shell.ok(
        "qa",
        *T,
        "--reviewer",
        "zoe",
        "--reviewer",
        "max",
        "--percent",
        "50",
        "--per",
        "assignee",
        "--id",
        "r",
    )

    first, *lines = told.splitlines()
    assert first == "review: review (r): 5 items to review: zoe 3, max 2"
    rows = [[cell.strip() for cell in line.split("│")[1:-1]] for line in lines if "│" in line]
    assert rows == [["ann", "5", "3"], ["bob", "3", "1"], ["eve", "2", "1"]]
    assert lines[-1] == "Go on with: distribution items --task r --assignee zoe --store work.db"
    task = shell.data("show", *R)
    assert (task["qa"]["parent"], task["items"]) == ("t", 5)


def test_a_review_can_be_pulled_by_several_reviewers_each(shell: Shell) -> None:
    finished(shell)
    people = ("--reviewer", "zoe", "--reviewer", "max", "--reviewer", "kim")

    told = shell.ok(
        "qa", *T, *people, "--id", "r", "--name", "look", "--count", "4", "--copies", "2",
        "--pull-batch", "2", "--cap", "3", "--lease", "30m",
    )  # fmt: skip

    assert told.startswith("look (r): 4 items to review; zoe, max, kim may pull\n")
    assert told.endswith("Go on with: distribution pull --task r --assignee zoe --store work.db\n")
    pulled = [shell.data("pull", *R, "--assignee", who)["items"] for who in ("zoe", "max")]
    assert pulled[0] == pulled[1]


def test_all_that_is_said_of_a_review_is_kept(shell: Shell) -> None:
    finished(shell)
    options = (
        "--load", "zoe=70", "--load", "max=30", "--risk", "2,5", "--minimum", "2", "--method", "systematic",
        "--status", "completed", "--send", "others", "--action", "fine", "--action", "bad", "--rejecting", "bad",
        "--seed", "7", "--where", "qa.author!=eve", "--request", "1",
    )  # fmt: skip

    made = shell.data("qa", *T, "--id", "r", *options)

    assert shell.data("qa", *T, "--id", "r", *options) == made
    assert (made["items"], made["actions"], made["seed"]) == (8, ["fine", "bad"], 7)
    assert made["workload"]["shares"] == [7, 3]
    qa = made["qa"]
    assert (qa["statuses"], qa["rejecting"], qa["sends"]) == (["completed"], ["bad"], "others")
    sample = qa["sample"]
    assert (sample["risk"]["target"], sample["risk"]["least"], sample["per"]) == ("2", "5", "assignee")
    assert (sample["minimum"], sample["method"]) == (2, "systematic")


def test_a_count_can_be_divided_among_strata(shell: Shell) -> None:
    (shell.folder / "rows.csv").write_text("id,kind\n" + "".join(f"i{n},{'ab'[n > 5]}\n" for n in range(8)))
    shell.ok("create", "--id", "t", "--name", "n", "--csv", "rows.csv", "--load", "ann=100")
    shell.ok("submit", *hers(shell, "ann"), *T, "--assignee", "ann")

    told = shell.ok(
        "qa",
        *T,
        "--reviewer",
        "zoe",
        "--count",
        "4",
        "--stratum",
        "kind",
        "--allocation",
        "equal",
        "--id",
        "r",
    )

    rows = [[cell.strip() for cell in line.split("│")[1:-1]] for line in told.splitlines() if "│" in line]
    assert rows == [["a", "6", "2"], ["b", "2", "2"]]


def test_where_the_loads_of_reviewers_cannot_hold_it_is_said_with_the_numbers(shell: Shell) -> None:
    """Beside the answer, in the history, and as data; ann did half of it, so nine tenths are not for her."""
    finished(shell)
    call = ("qa", *T, "--id", "r", "--load", "ann=90", "--load", "zoe=10", "--percent", "100")

    shell.ok(
        *call,
        said="warning: loads cannot hold, for rules keep people from items:"
        " ann has 5 instead of 9, zoe has 5 instead of 1\n",
    )

    assert "shared out: ann 5, zoe 5; by load, without rules: ann 9, zoe 1" in shell.ok("history", *R)
    (created,) = shell.data("history", *R)
    assert created["event"]["facts"]["wanted"] == {"ann": 9, "zoe": 1}


def test_a_review_of_nothing_says_so_and_how_to_go_on(shell: Shell) -> None:
    shell.shared()

    told = shell.run("qa", *T, "--id", "r", "--reviewer", "zoe", "--percent", "50")

    assert told.code == 0
    assert told.err == (
        "warning: nothing that is finished could be drawn; qa-extend draws when there is:"
        " distribution qa-extend --task r --store work.db\n"
    )


def test_the_errors_of_one_review_are_the_record_of_the_next(shell: Shell) -> None:
    """Risk looks at them; without them everybody is a newcomer."""
    finished(shell)
    shell.ok("qa", *T, "--id", "r", "--reviewer", "zoe", "--percent", "100", "--per", "assignee")
    shell.ok("submit", *hers(shell, "zoe", "r"), *R, "--assignee", "zoe", "--status", "approved")
    call = ("qa", *T, "--reviewer", "zoe", "--risk", "40,5")

    assert shell.data(*call)["items"] > shell.data(*call, "--record", "r")["items"]


def test_people_may_be_let_review_their_own_work(shell: Shell) -> None:
    finished(shell)
    sample = ("qa", *T, "--reviewer", "ann", "--percent", "100")

    assert "nobody who carries a load may take them" in shell.refused(*sample)
    assert shell.ok(*sample, "--own").startswith("review: review (")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            ("--reviewer", "zoe"),
            "a sample must be given as one of --percent, --count, --risk, --aql, got 'none'; e.g. --",
        ),
        (("--reviewer", "zoe", "--percent", "5", "--count", "3"), "a sample must be given as one of"),
        (
            ("--percent", "5"),
            "reviewers must be given with --reviewer zoe, or else --load zoe=60, got 'none'",
        ),
        (("--percent", "5", "--reviewer", "a", "--load", "b=100"), "reviewers must be given with"),
        (
            ("--percent", "5", "--reviewer", "zoe", "--cap", "3"),
            "reviews to pull must have --pull-batch and --cap",
        ),
        (("--percent", "5", "--reviewer", "zoe", "--lease", "3m"), "reviews to pull must have --pull-batch"),
        (
            ("--risk", "5", "--reviewer", "zoe"),
            "--risk must be written TARGET,LEAST, got '5'; e.g. --risk 2,5",
        ),
        (
            ("--count", "5", "--allocation", "neyman", "--reviewer", "zoe"),
            "--allocation must divide a --count among groups, got 'neyman'; add --count, and --per assignee or",
        ),
        (("--aql", "3", "--reviewer", "zoe"), "aql must be a percentage of the tables, got '3'; use 2.5"),
        (
            ("--percent", "5", "--level", "III", "--reviewer", "zoe"),
            "--level and --severity must go with --aql, got '--percent'; e.g. --aql 1.0 --level III",
        ),
        (("--percent", "500", "--reviewer", "zoe"), "percent must be above 0 and at most 100, got '500'"),
        (("--percent", "5", "--reviewer", "zoe", "--status", "done"), "statuses must be among those of task"),
        (
            ("--percent", "5", "--reviewer", "zoe", "--rejecting", "bad"),
            "rejecting must be among the statuses",
        ),
    ],
)
def test_a_review_that_cannot_be_drawn_is_one_line(
    shell: Shell, options: tuple[str, ...], message: str
) -> None:
    finished(shell)
    assert shell.refused("qa", *T, *options).startswith(message)


def test_a_review_is_extended_with_what_finished_since(shell: Shell) -> None:
    shell.shared()
    shell.ok("submit", *hers(shell, "ann"), *T, "--assignee", "ann")
    shell.ok("qa", *T, "--id", "r", "--reviewer", "zoe", "--percent", "100")
    shell.ok("submit", *hers(shell, "bob"), *T, "--assignee", "bob")

    dry = shell.ok("qa-extend", *R, "--dry-run").splitlines()
    assert dry == ["dry run: 3 items added: zoe 3", "Nothing was stored."]
    assert shell.ok("qa-extend", *R).splitlines()[0] == "3 items added: zoe 3"
    assert shell.data("progress", *R)["items"] == 8
    assert shell.refused("qa-extend", *T).startswith(
        "task 'review' reviews no other task; create one that does"
    )


def test_the_quality_is_told_with_its_interval_and_of_each_author(shell: Shell) -> None:
    names = reviewed(shell, options=("--percent", "50"))
    shell.ok("submit", names[0], *R, "--assignee", "zoe", "--status", "discard")

    told = shell.ok("quality", *R).splitlines()

    assert told[0] == "review: review: 20 % wrong (1 of 5 reviewed), 3.62 % to 62.4 % (Wilson, 95 %)"
    assert told[1] == "10 items finished, 5 drawn; about 2 of all are wrong"
    exact = shell.ok("quality", *R, "--method", "clopper-pearson", "--confidence", "0.9")
    assert "1.02 % to 65.7 % (Clopper-Pearson, 90 %)" in exact
    assert (
        sum("(Clopper-Pearson, 90 %)" in line for line in exact.splitlines())
        == len(shell.data("quality", *R)["authors"]) + 1
    )
    found = shell.data("quality", *R)
    assert (found["all"]["rate"], found["all"]["reviewed"]) == (0.2, 5)
    assert sum(of["failed"] for of in found["authors"].values()) == 1
    assert found["tally"]["groups"][0]["seen"] == 10
    assert shell.refused("quality", *T).startswith("task 'review' reviews no other task")
    assert shell.refused("quality", *R, "--method", "wald").startswith(
        "method must be one of wilson, clopper-p"
    )


def test_where_nothing_is_reviewed_there_is_no_rate(shell: Shell) -> None:
    finished(shell)
    shell.ok("qa", *T, "--id", "r", "--reviewer", "zoe", "--percent", "50")

    assert shell.ok("quality", *R).splitlines()[0] == "review: review: no rate: nothing was reviewed"


def test_all_reviewed_says_so_for_each_author(shell: Shell) -> None:
    reviewed(shell)

    told = shell.ok("quality", *R)

    assert "0 % wrong (0 of 10 reviewed), all of it was reviewed" in told
    assert sum("all of it │" in line for line in told.splitlines()) == 3


def test_rejected_work_is_told_in_the_history_of_its_task(shell: Shell) -> None:
    names = reviewed(shell)
    author = shell.data("explain", names[0], *T)["cells"]
    (who,) = author

    shell.ok("submit", names[0], *R, "--assignee", "zoe", "--status", "discard", "--actor", "zoe")

    line = shell.ok("history", *T, "--last", "1")
    assert line.endswith(f"1 item sent back to {who} 1, by zoe\n")


def test_finished_work_is_sent_back_as_named(shell: Shell) -> None:
    finished(shell)

    dry = shell.ok("send-back", *T, "--assignee", "ann", "--dry-run").splitlines()
    assert dry[0] == "dry run: 5 items sent back to ann 5"
    told = shell.ok("send-back", *T, "--assignee", "ann")
    assert told.splitlines()[0] == "5 items sent back to ann 5"
    bobs = [row["item"] for row in shell.data("items", *T, "--assignee", "bob")]
    told = shell.ok("send-back", bobs[0], *T, "--to", "others")
    assert told.splitlines()[0].startswith("1 item sent back from bob 1, to others: ")
    done = shell.run("send-back", "-", *T, stdin="nope\n")
    assert (done.code, done.out, done.err) == (
        1,
        "nothing changes\n",
        "refused: item 'nope' is not in the task\n",
    )
    assert shell.ok("send-back", "--all", *T).splitlines()[0] == "4 items sent back to bob 2, eve 2"
    shell.ok("undo", "7", *T)
    assert shell.data("progress", *T)["done"] == 4


def test_what_goes_back_has_to_be_said(shell: Shell) -> None:
    finished(shell)

    for options, got in (
        ((), "none"),
        (("i1", "--all"), "items, --assignee and --all"),
        (("--assignee", "ann", "--rejected"), "items, --assignee and --rejected"),
    ):
        assert shell.refused("send-back", *T, *options) == (
            f"what goes back must be named by items or --assignee, or else by --all or --rejected, got '{got}'"
        )


def test_what_a_review_rejected_is_sent_back_once(shell: Shell) -> None:
    reviewed(shell, "i1")
    shell.ok("undo", "5", *T)

    assert shell.ok("send-back", "--rejected", *R).splitlines()[0].startswith("1 item sent back to ")
    done = shell.run("send-back", "--rejected", *R)
    assert (done.code, done.out) == (1, "nothing changes\n")
    assert done.err == "refused: item 'i1' is open and cannot be changed by 'reopen'\n"
