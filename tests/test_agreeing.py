"""How far the answers of a task agree, who disagrees, and what they say together."""

from __future__ import annotations

import pytest

from distribution import InvalidInput, NotFound, Overlap, Workload
from distribution.aggregation import majority
from distribution.agreement import agreement, disagreements, pairs
from distribution.ratings import Ratings
from tests.office import Office

PEOPLE = ("ann", "bob", "eve")
ANSWERS = {
    "a": {"ann": "cat", "bob": "cat", "eve": "cat"},
    "b": {"ann": "cat", "bob": "dog", "eve": "dog"},
    "c": {"ann": "cat", "bob": "dog", "eve": "owl"},
}
RECORDS = [(item, who, said) for item, given in ANSWERS.items() for who, said in given.items()]


def answered(office: Office) -> str:
    """Create a task of three items, and let three people answer about each."""
    all_of_them = Overlap(percent=100, assignees=3)
    task = office.create("compare", list(ANSWERS), workload=Workload.even(PEOPLE), overlap=all_of_them).id
    for who in PEOPLE:
        given = {item: said[who] for item, said in ANSWERS.items()}
        office.set_status(task, who, list(given), "completed", answers=given)
    return task


def test_the_report_is_that_of_its_ratings(office: Office) -> None:
    task, ratings = answered(office), Ratings.of(RECORDS)

    assert list(office.ratings(task).records()) == RECORDS
    assert str(office.agreement(task)) == str(agreement(ratings))
    assert office.disagreements(task) == disagreements(ratings)
    assert office.pairs(task) == pairs(ratings)
    assert office.consensus(task) == majority(ratings)
    assert [found.item for found in office.disagreements(task)] == ["c", "b"]


def test_an_order_of_the_answers_gives_the_coefficients_of_ordered_answers(office: Office) -> None:
    task, scale = answered(office), ("cat", "dog", "owl")

    found = office.agreement(task, scale=scale)

    assert found == agreement(Ratings.of(RECORDS, answers=scale))
    assert found.alpha_ordinal is not None
    assert office.agreement(task).alpha_ordinal is None
    with pytest.raises(InvalidInput, match="owl"):
        office.agreement(task, scale=("cat", "dog"))


def test_where_nobody_answered_the_statuses_are_the_answers_and_skips_are_none(office: Office) -> None:
    task = office.queue(2, people=["ann", "bob"], skip="done", overlap=Overlap(percent=100, assignees=2))
    for who in ("ann", "bob"):
        office.pull(task, who)
    office.set_status(task, "ann", ["a"], "completed")
    office.set_status(task, "bob", ["a"], "discard")
    office.set_status(task, "bob", ["b"], "approved")
    office.skip(task, "ann", ["b"])

    assert list(office.ratings(task).records()) == [
        ("a", "ann", "completed"),
        ("a", "bob", "discard"),
        ("b", "bob", "approved"),
    ]


def test_answers_of_work_that_went_back_are_none(office: Office) -> None:
    task = answered(office)

    office.send_back(task, assignee="eve", items=["c"])

    assert ("c", "eve", "owl") not in list(office.ratings(task).records())
    assert office.agreement(task).overlapped == 3


def test_a_task_in_which_nobody_answered_has_no_coefficients_and_says_why(office: Office) -> None:
    task = office.queue(2)

    found = office.agreement(task)

    assert (found.items, {missing.why for missing in found.undefined}) == (0, {"no item has two ratings"})
    assert (office.disagreements(task), office.pairs(task)) == ((), ())


def test_a_task_that_is_not_there_has_no_answers(office: Office) -> None:
    for verb in (office.agreement, office.disagreements, office.pairs, office.consensus, office.ratings):
        with pytest.raises(NotFound):
            verb("nowhere")
