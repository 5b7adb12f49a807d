"""What reviews say: rates and their intervals, lots accepted or refused, what a QA task remembers."""

from __future__ import annotations

import pickle
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from distribution import InvalidInput, Sample, Workload
from distribution.codec import decode, encode
from distribution.error_rates import Review, error_rate
from distribution.events import Cell
from distribution.intervals import clopper_pearson, wilson
from distribution.qa import Qa, is_work, rejected, verdict
from distribution.sampling import GroupTally, Tally
from tests.office import NOON, Office
from tests.reviews import ALL, ITEMS, drawn, finish, shared

ABOUT = {"qa": {"item": "a", "author": "ann", "finished": NOON.isoformat(), "inclusion": "1/4", "group": "x"}}
QA = Qa(parent="t", sample=ALL, tally=Tally(per=None), version=1)


def done(status: str) -> Cell:
    return Cell("done", NOON, status)


def judged(office: Office, review: str, *wrong: str) -> None:
    """Let zoe review everything; what is named is wrong."""
    names = office.holds(review, "zoe")
    office.set_status(review, "zoe", [name for name in names if name not in wrong], "approved")
    office.set_status(review, "zoe", list(wrong), "discard")


# The rate.


def test_the_rate_comes_with_the_interval_that_is_asked_for(office: Office) -> None:
    task = shared(office)
    finish(office, task)
    review = office.create_qa(task, ["zoe"], Sample(percent=50)).id
    judged(office, review, *office.holds(review, "zoe")[:3])

    found, exact = office.quality(review), office.quality(review, method="clopper-pearson", confidence="0.9")

    assert (found.rate, found.reviewed, found.failed, found.wrong) == (0.2, 15, 3, 6.0)
    assert found.interval == wilson(3, 15)
    assert exact.interval == clopper_pearson(3, 15, "0.9")
    assert str(found) == f"20 % wrong (3 of 15 reviewed), {wilson(3, 15)}"
    with pytest.raises(InvalidInput, match="method must be one of wilson, clopper-pearson"):
        office.quality(review, method="wald")


def test_unequal_inclusion_is_weighed(office: Office) -> None:
    task = office.create("label", ITEMS, workload=Workload.of({"ann": 80, "bob": 20})).id
    finish(office, task, "ann", "bob")
    equal = Sample(count=12, per="assignee", allocation="equal")
    review = office.create_qa(task, ["zoe"], equal).id
    about = drawn(office, review)
    judged(office, review, *(name for name in about if about[name]["author"] == "bob"))

    found = office.quality(review)

    # All of bob's six items are wrong, and none of ann's 24.
    assert found.rate == pytest.approx(6 / 30)
    assert found.wrong == pytest.approx(6)
    assert found.record == {"ann": (0, 6), "bob": (6, 6)}


def test_only_when_all_is_reviewed_the_rate_is_no_estimate(office: Office) -> None:
    task = shared(office)
    finish(office, task)
    review = office.create_qa(task, ["zoe"], ALL).id
    assert (office.quality(review).rate, office.quality(review).interval) == (None, None)

    names = office.holds(review, "zoe")
    office.set_status(review, "zoe", names[:10], "discard")
    partly = office.quality(review)
    assert (partly.census, partly.interval) == (False, wilson(10, 10))
    assert (partly.wrong, partly.rate) == (30.0, 1.0)
    office.set_status(review, "zoe", names[10:], "approved")

    assert str(office.quality(review)) == "33.3 % wrong (10 of 30 reviewed), all of it was reviewed"


def test_reviews_of_a_sample_that_missed_work_are_no_census(office: Office) -> None:
    task = shared(office, ITEMS[:6])
    finish(office, task, "ann", count=1)
    review = office.create_qa(task, ["zoe"], Sample(count=1)).id
    finish(office, task)
    office.extend_qa(review)
    judged(office, review)

    found = office.quality(review)

    assert (office.get(review).items, found.reviewed, found.census) == (1, 1, False)


def test_while_reviews_go_on_each_group_is_taken_to_be_like_its_reviews(office: Office) -> None:
    task = shared(office, people=["ann", "bob"])
    finish(office, task, "ann", "bob")
    review = office.create_qa(task, ["zoe"], Sample(percent=100, per="assignee")).id
    about = drawn(office, review)
    anns, bobs = ([name for name in about if about[name]["author"] == who] for who in ("ann", "bob"))

    office.set_status(review, "zoe", anns, "approved")
    office.set_status(review, "zoe", bobs[:3], "discard")

    found = office.quality(review)
    assert (found.rate, found.wrong, found.census) == (0.5, 15.0, False)


@given(st.lists(st.tuples(st.booleans(), st.sampled_from(["1/2", "1"])), min_size=1), st.integers(0, 3))
def test_reviews_that_were_certain_are_a_census_only_of_as_much_as_there_is(
    found: list[tuple[bool, str]], more: int
) -> None:
    reviews = [Review(failed, inclusion) for failed, inclusion in found]
    certain = all(inclusion == "1" for _, inclusion in found)

    assert error_rate(reviews, whole=len(reviews) + more).census == (certain and not more)
    assert error_rate(reviews).census == certain


# What a QA task remembers.


def test_what_a_qa_task_remembers_survives_being_written() -> None:
    tally = Tally(
        per="stratum", groups=(GroupTally(None, 4, 2, Fraction(2)), GroupTally("x", 3, 1, Fraction(1), 2))
    )
    sample = Sample(rates={None: 50, "x": "33.3"}, per="stratum", key="dir")
    qa = Qa(parent="t", sample=sample, statuses=["completed"], sends="others", tally=tally, version=3)

    assert decode(Qa, encode(qa)) == pickle.loads(pickle.dumps(qa)) == qa  # noqa: S301  our own bytes


@pytest.mark.parametrize("how", [{"sends": "nobody"}, {"statuses": "done"}, {"rejecting": ["\x00"]}])
def test_what_it_cannot_remember_is_refused(how: Any) -> None:
    with pytest.raises(InvalidInput):
        Qa(parent="t", sample=ALL, tally=Tally(per=None), version=1, **how)


def test_work_is_what_is_done_and_no_skip() -> None:
    assert is_work(done("completed"), ())
    assert not is_work(done("skipped"), ())
    assert not is_work(Cell("open", NOON), ())
    assert (is_work(done("a"), ["b"]), is_work(done("b"), ["b"])) == (False, True)


def test_a_verdict_waits_for_all_reviewers_and_one_rejection_is_enough() -> None:
    fine, bad, skip = done("approved"), done("discard"), done("skipped")

    assert verdict(QA, ABOUT, []) is None
    assert verdict(QA, ABOUT, [skip]) is None
    assert verdict(QA, ABOUT, [fine, Cell("open", NOON)]) is None
    assert verdict(QA, ABOUT, [fine, skip]) == Review(False, "1/4", "x")
    assert verdict(QA, ABOUT, [fine, bad]) == Review(True, "1/4", "x")


def test_rejected_work_is_named_by_its_item_author_and_end() -> None:
    assert rejected(QA, ABOUT, [done("approved"), Cell("open", NOON)]) is None
    found = rejected(QA, ABOUT, [done("discard")])
    assert found is not None
    assert (found.item, found.author, found.finished) == ("a", "ann", NOON)
