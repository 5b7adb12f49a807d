"""Quality from the shell: samples, rates, lots, work that goes back, agreement."""

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
    rows = shell.data("worklist", "--task", task, "--assignee", who)
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
    assert lines[-1] == "Go on with: distribution worklist --task r --assignee zoe --store work.db"
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
            "a sample must be given as one of --percent, --count, --risk, got 'none'; e.g. --",
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


def test_a_lot_is_accepted_or_refused_by_its_plan(shell: Shell) -> None:
    names = reviewed(shell)

    told = shell.ok("judge", *R, "--aql", "6.5")
    assert (
        told
        == "accepted: 0 of 10 reviewed are wrong; of a lot of 10 review 2, accept with at most 0 errors\n"
    )
    shell.ok("submit", *names[:2], *R, "--assignee", "zoe", "--status", "discard")
    done = shell.run("judge", *R, "--aql", "6.5", "--severity", "tightened", "--level", "III")
    assert (done.code, done.err) == (1, "")
    assert done.out.splitlines() == [
        "refused: 2 of 10 reviewed are wrong; of a lot of 10 review all 10, accept with at most 1 error",
        "Send it back with: distribution send-back --all --task t --store work.db",
    ]
    found = shell.data("judge", *R, "--aql", "6.5", code=1)
    assert (found["judgement"]["accepted"], found["lot"], found["failed"]) == (False, 10, 2)
    assert shell.refused("judge", *R, "--aql", "3").startswith(
        "aql must be a percentage of the tables, got '3'"
    )


def test_a_lot_that_is_not_reviewed_or_empty_is_not_judged(shell: Shell) -> None:
    shell.shared()
    shell.ok("qa", *T, "--id", "r", "--reviewer", "zoe", "--count", "1")
    assert shell.refused("judge", *R, "--aql", "1.5") == (
        "a lot must have finished items, got 0; draw further when work is finished: distribution qa-extend"
    )
    shell.ok("submit", *hers(shell, "ann"), *T, "--assignee", "ann")
    shell.ok("qa-extend", *R)

    assert "has 0 reviewed items and the plan asks for 5; finish the reviews" in shell.refused(
        "judge", *R, "--aql", "1.5"
    )


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
    bobs = [row["item"] for row in shell.data("worklist", *T, "--assignee", "bob")]
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


def pulled(shell: Shell, *answers: dict[str, str]) -> None:
    """Let people answer about the task `t`, that each of them pulls all of."""
    from adapters.dispatcher import Dispatcher
    from adapters.sqlite import SqliteStore
    from distribution import Overlap, Workload

    people = ["ann", "bob", "eve"][: len(answers)]
    both = Overlap(percent=100, assignees=len(people))
    with Dispatcher(SqliteStore(shell.folder / "work.db")) as tasks:
        tasks.create("compare", list(answers[0]), id="t", workload=Workload.even(people), overlap=both)
    for who, said in zip(people, answers, strict=True):
        options = [part for item, answer in said.items() for part in ("--answer", f"{item}={answer}")]
        shell.ok("submit", *said, *T, "--assignee", who, *options)


def test_agreement_is_told_by_all_coefficients_with_the_contested_items(shell: Shell) -> None:
    pulled(shell, {"a": "good", "b": "fair", "c": "bad"}, {"a": "good", "b": "good", "c": "bad"})

    told = shell.ok("agreement", *T, "--scale", "bad,fair,good")

    assert told.startswith("3 items, 3 with two or more answers; 2 assignees, 3 answers on the scale\n")
    rows = [[cell.strip() for cell in line.split("│")[1:-1]] for line in told.splitlines() if "│" in line]
    assert ["percent agreement", "0.667"] in rows
    assert any(row[0] == "Krippendorff's alpha, ordinal" for row in rows)
    assert ["b", "100 %", "good: bob; fair: ann"] in rows
    assert ["ann", "bob", "3", "2", "66.7"] in rows
    found = shell.data("agreement", *T)
    assert found["agreement"]["percent"] == pytest.approx(2 / 3)
    assert (found["agreement"]["alpha_ordinal"], found["agreement"]["undefined"]) == (None, {})
    assert [each["item"] for each in found["disagreements"]] == ["b"]
    assert found["pairs"][0]["agreed"] == 2


def test_a_coefficient_without_a_value_says_why_in_words(shell: Shell) -> None:
    shell.pulled()

    told = shell.ok("agreement", *T)

    assert "undefined: no item has two ratings" in told
    assert shell.data("agreement", *T)["agreement"]["percent"] is None
    assert shell.data("agreement", *T)["agreement"]["undefined"]["fleiss"] == "no item has two ratings"


def test_only_the_most_contested_items_are_shown(shell: Shell) -> None:
    names = [f"i{n:02}" for n in range(12)]
    pulled(shell, dict.fromkeys(names, "x"), dict.fromkeys(names, "y"))

    done = shell.run("agreement", *T)

    assert (done.code, done.err) == (0, "the most contested 10 of 12 items; --json has all\n")
    assert sum("x: ann; y: bob" in line for line in done.out.splitlines()) == 10


def test_answers_are_handed_in_with_a_status(shell: Shell) -> None:
    shell.pulled()
    she = (*T, "--assignee", "ann")
    shell.ok("pull", *she)

    shell.ok("submit", "i0", "i1", *she, "--answer", "i0=cat", "--answer", "i1=a cat")
    shell.ok("submit", "i2", *she, "--answer", "i2=dog", "--next", said="1 item set to completed\n")

    cells = {row["item"]: row["cell"]["answer"] for row in shell.data("worklist", *she)}
    assert (cells["i0"], cells["i2"]) == ("cat", "dog")
    for answer, message in (
        (("cat",), "--answer must be written ITEM=ANSWER, got 'cat'; e.g. --answer img-004=cat"),
        (("i0=a", "i0=b"), "--answer must be given once for each item, got 'i0'"),
        (("zzz=a",), "answers must be about the items handed in, got 'zzz'"),
    ):
        options = [part for text in answer for part in ("--answer", text)]
        assert shell.refused("submit", "i0", *she, *options) == message
