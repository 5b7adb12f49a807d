"""Agreement from the shell: answers, coefficients, what people disagree about."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli_shell import Shell

T = ("--task", "t")


@pytest.fixture
def shell(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Shell:
    return Shell(tmp_path, capsys, monkeypatch)


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


def test_numbers_are_read_as_in_a_csv_where_they_are_to_be_numbers(shell: Shell) -> None:
    """Their distances count then; 1.0 and 1 are one answer."""
    pulled(shell, {"a": "1", "b": "2", "c": "4"}, {"a": "1.0", "b": "3", "c": "4"})

    text = shell.data("agreement", *T)["agreement"]
    found = shell.data("agreement", *T, "--numbers")["agreement"]

    assert (text["percent"], text["alpha_interval"], text["alpha_ratio"]) == (
        pytest.approx(1 / 3),
        None,
        None,
    )
    assert found["percent"] == pytest.approx(2 / 3)
    assert found["alpha_interval"] > found["alpha_nominal"]
    assert found["alpha_ratio"] is not None
    ordered = shell.data("agreement", *T, "--numbers", "--scale", "4,3,2,1")["agreement"]
    assert ordered["alpha_ordinal"] is not None
    shell.ok("submit", "c", *T, "--assignee", "ann", "--answer", "c=007")
    assert shell.refused("agreement", *T, "--numbers") == (
        "--numbers: answers must be written plainly, as 12 or 1.5, got '007'; leave it out for text"
    )


def test_an_answer_that_is_not_on_the_scale_names_the_option(shell: Shell) -> None:
    pulled(shell, {"a": "cat"}, {"a": "dog"})

    assert shell.refused("agreement", *T, "--scale", "cat") == (
        "answer must be on the scale that was given, got 'dog'; name all answers with --scale A,B,C, or leave it out"
    )


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

    cells = {row["item"]: row["cell"]["answer"] for row in shell.data("items", *she)}
    assert (cells["i0"], cells["i2"]) == ("cat", "dog")
    for answer, message in (
        (("cat",), "--answer must be written ITEM=ANSWER, got 'cat'; e.g. --answer img-004=cat"),
        (("i0=a", "i0=b"), "--answer must be given once for each item, got 'i0'"),
        (("zzz=a",), "answers must be about the items handed in, got 'zzz'"),
    ):
        options = [part for text in answer for part in ("--answer", text)]
        assert shell.refused("submit", "i0", *she, *options) == message


def test_only_what_people_disagree_about_can_be_reviewed(shell: Shell) -> None:
    pulled(shell, {"a": "good", "b": "fair", "c": "bad"}, {"a": "good", "b": "good", "c": "bad"})
    call = ("qa", *T, "--reviewer", "zoe", "--percent", "100", "--contested")

    assert shell.data(*call, "--id", "r")["items"] == 2
    assert [row["item"] for row in shell.data("items", "--task", "r")] == ["b by ann", "b by bob"]
    assert shell.data(*call, "--id", "s", "--where", "qa.author=ann")["items"] == 1
