"""Right and wrong answers: of gold, of a quiz, of everybody."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.memory import MemoryStore
from adapters.sqlite import SqliteStore
from distribution import InvalidInput, Item, NotFound, Workload
from distribution.events import Cell
from distribution.gates import Gate, GoldResult, PauseRule
from distribution.gold import GoldShare
from distribution.golden import GoldPool
from distribution.lifecycle import SKIPPED
from distribution.overlap import Overlap
from distribution.scoring import results
from distribution.task import Row
from tests.office import Office

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.fixture(params=["memory", "sqlite"])
def office(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    """Lend a dispatcher over each store."""
    store = MemoryStore() if request.param == "memory" else SqliteStore(tmp_path / "work.db")
    with Office(store) as lent:
        yield lent


def done(answer: str | None, status: str = "completed") -> Cell:
    """Make a finished placement."""
    return Cell("done", NOON, status, None, answer)


def row(truth: Any, /, **cells: Cell) -> Row:
    """Make an item with a known answer, and what people have of it."""
    return Row(position=0, item="q", rank=0, left=0, attributes={"truth": truth}, cells=cells)


def test_an_answer_is_right_if_it_is_one_of_the_known_ones() -> None:
    """A list there are several right answers."""
    rows = [row(["cat", "kitten"], ann=done("kitten"), bob=done("dog"), eve=done("cat"))]

    assert results(rows, "truth") == {
        "ann": GoldResult(1, 0), "bob": GoldResult(0, 1), "eve": GoldResult(1, 0),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("truth", "answer", "right"),
    [
        (5, "5", True),
        (5, "5.0", False),
        (2.5, "2.5", True),
        (True, "true", True),
        (True, "True", False),
        (False, "0", False),
        ("Cat", "cat", False),
    ],
)
def test_answers_are_compared_letter_by_letter(truth: Any, answer: str, right: bool) -> None:
    """Numbers and truth values as JSON writes them."""
    assert results([row(truth, ann=done(answer))], "truth") == {"ann": GoldResult(int(right), int(not right))}


def test_where_there_is_no_answer_the_status_is_it() -> None:
    """A task whose people only say approved or discard needs no more."""
    rows = [row("discard", ann=done(None, "discard"), bob=done(None, "approved"))]

    assert results(rows, "truth") == {"ann": GoldResult(1, 0), "bob": GoldResult(0, 1)}


def test_what_is_not_answered_counts_for_nothing() -> None:
    """Open, skipped, given back; and items of which nothing is known."""
    cells = {
        "ann": Cell("open", NOON), "bob": Cell("skipped", NOON), "eve": Cell("returned", NOON),
        "max": Cell("done", NOON, SKIPPED),
    }  # fmt: skip

    assert results([row("cat", **cells), row(None, ann=done("cat"))], "truth") == {}
    assert results([row("cat", ann=done("cat"))], "label") == {}


ANSWERS = st.dictionaries(st.sampled_from(["ann", "bob", "eve"]), st.sampled_from(["cat", "dog", "5"]))


@given(st.lists(st.tuples(st.sampled_from(["cat", ["cat", "dog"], 5, None]), ANSWERS), max_size=6))
def test_the_counts_are_those_of_a_list_of_all_answers(quiz: list[tuple[Any, Mapping[str, str]]]) -> None:
    """Slow and plain: every answer beside what is right."""
    rows = [row(truth, **{who: done(answer) for who, answer in given.items()}) for truth, given in quiz]
    known: dict[Any, set[str]] = {"cat": {"cat"}, 5: {"5"}, None: set()}
    told = [
        (who, answer in right)
        for truth, given in quiz
        if (right := {"cat", "dog"} if isinstance(truth, list) else known[truth])
        for who, answer in given.items()
    ]

    assert results(rows, "truth") == {
        name: GoldResult(told.count((name, True)), told.count((name, False)))
        for name in {who for who, _ in told}
    }


def quiz(office: Office, *right: str) -> str:
    """Create a quiz for ann and bob; its items are a, b, ..."""
    items = [Item(chr(ord("a") + at), attributes={"truth": truth}) for at, truth in enumerate(right)]
    everybody = Overlap(everyone=True)
    return office.create("quiz", items, workload=Workload.even(["ann", "bob"]), overlap=everybody).id


def answer(office: Office, task: str, who: str, **answers: str) -> None:
    """Hand answers in."""
    office.set_status(task, who, list(answers), "completed", answers=answers)


def test_a_quiz_tells_everybodys_results_in_the_order_of_the_team(office: Office) -> None:
    """Of those who answered anything."""
    task = quiz(office, "cat", "dog")
    answer(office, task, "bob", a="dog", b="dog")
    assert office.results(task) == {"bob": GoldResult(1, 1)}
    answer(office, task, "ann", a="cat")

    assert list(office.results(task).items()) == [("ann", GoldResult(1, 0)), ("bob", GoldResult(1, 1))]


def test_in_a_task_with_gold_only_gold_counts_unless_a_path_is_given(office: Office) -> None:
    """Other items may have an attribute of that name by chance."""
    items: list[str | Item] = [Item("a", attributes={"truth": "cat", "label": "cat"}), "b"]
    pool = GoldPool([Item("m", attributes={"answer": "dog"})], GoldShare(50), truth="answer")
    task = office.create("mixed", items, workload=Workload.even(["ann"]), gold=pool).id
    answer(office, task, "ann", a="cat", m="cat")

    assert office.results(task) == {"ann": GoldResult(0, 1)}
    assert office.results(task, truth="label") == {"ann": GoldResult(1, 0)}


def test_the_answer_known_by_now_counts_and_a_cleared_one_does_not(office: Office) -> None:
    """What she changes her mind about is as she says last."""
    task = quiz(office, "cat")
    answer(office, task, "ann", a="dog")
    answer(office, task, "ann", a="cat")
    assert office.results(task) == {"ann": GoldResult(1, 0)}

    office.clear_status(task, "ann", ["a"])

    assert office.results(task) == {}


@pytest.mark.parametrize("truth", ["", "a..b"])
def test_a_path_that_is_none_is_refused(office: Office, truth: str) -> None:
    """It does not silently count something else."""
    task = quiz(office, "cat")

    with pytest.raises(InvalidInput, match="path of the known answer"):
        office.results(task, truth=truth)
    with pytest.raises(NotFound):
        office.results("nowhere")


def test_a_gate_tells_who_passed_who_failed_and_who_is_not_through(office: Office) -> None:
    """As soon as it is certain."""
    task = quiz(office, "cat", "dog", "cat")
    office.add_assignee(task, "eve")
    answer(office, task, "ann", a="cat", b="dog")
    answer(office, task, "bob", a="dog", b="cat")

    verdicts = office.qualify(task, Gate(pass_at=2, of=3))

    assert {who: verdict.state for who, verdict in verdicts.items()} == {
        "ann": "passed", "bob": "failed", "eve": "undecided",
    }  # fmt: skip


def test_more_answers_than_the_gate_asks_are_refused(office: Office) -> None:
    """Whoever answers more than others has more chances."""
    task = quiz(office, "cat", "dog")
    answer(office, task, "ann", a="cat", b="dog")

    with pytest.raises(InvalidInput, match="answers to a gate must be at most 1, got 2"):
        office.qualify(task, Gate(pass_at=1, of=1))


def test_whoever_errs_too_often_is_to_be_paused_and_the_reason_is_data(office: Office) -> None:
    """Only those who take part; nobody is paused by asking."""
    task = quiz(office, "cat", "cat", "cat")
    for who in ("ann", "bob"):
        answer(office, task, who, a="dog", b="dog", c="cat")
    rule = PauseRule(least=3, below=50)

    pauses = office.to_pause(task, rule)
    assert {who: pause.result for who, pause in pauses.items()} == dict.fromkeys(
        ["ann", "bob"], GoldResult(1, 2)
    )
    assert str(pauses["ann"]) == "1 of 3 gold answers are correct; below 50 % is a pause"
    office.pause(task, "ann", reason=str(pauses["ann"]))

    assert list(office.to_pause(task, rule)) == ["bob"]
    assert office.to_pause(task, PauseRule(least=4, below=50)) == {}
