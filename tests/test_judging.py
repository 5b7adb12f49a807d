"""Lots accepted or refused by their samples, and streams, in tasks."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from fractions import Fraction
from itertools import pairwise
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from distribution import Aql, NotFound, Pull, Refused, Sample
from distribution.acceptance import AcceptancePlan, Switching, plan_for
from distribution.error_rates import Review
from distribution.filters import field
from distribution.inspection import Csp1, Sprt
from distribution.intervals import hypergeometric_at_most
from distribution.qa import Qa, Reviewed, lot_errors
from distribution.samples import Risk
from distribution.sampling import Tally
from tests.office import NOON, Office
from tests.reviews import ALL, finish, shared

QA = Qa(parent="t", sample=ALL, tally=Tally(per=None), version=1)


def judged(office: Office, review: str, *wrong: str) -> None:
    """Let zoe review everything; what is named is wrong."""
    names = office.holds(review, "zoe")
    office.set_status(review, "zoe", [name for name in names if name not in wrong], "approved")
    office.set_status(review, "zoe", list(wrong), "discard")


def pieces(*failed: bool | None) -> list[Reviewed]:
    """Give drawn work, item 0 first; None is not reviewed yet."""
    return [
        Reviewed(
            name=f"i{at}", item=f"i{at}", author="ann", inclusion=Fraction(1, 2), group=None, open=wrong is None,
            review=None if wrong is None else Review(wrong, "1/2"), at=NOON,
        )
        for at, wrong in enumerate(failed)
    ]  # fmt: skip


def seeded(seed: int) -> Qa:
    return attrs.evolve(QA, seed=seed)


# Lots.


def test_a_lot_is_judged_by_its_plan(office: Office) -> None:
    task = shared(office)
    finish(office, task)
    plan = plan_for(30, 6.5)
    assert (plan.size, plan.accept) == (8, 1)
    review = office.create_qa(task, ["zoe"], Sample(count=plan.size)).id
    names = office.holds(review, "zoe")

    with pytest.raises(
        Refused, match=f"lot of task '{review}' lacks 8 of the 8 reviews that count, those of '"
    ):
        office.judge(review, plan)
    judged(office, review, names[0])
    assert (office.judge(review, plan).accepted, office.judge(review, plan).points) == (True, 2)
    office.set_status(review, "zoe", names[1:2], "discard")

    assert not office.judge(review, plan).accepted


def test_a_sample_is_drawn_for_the_plan_of_its_lot_and_judged_by_it(office: Office) -> None:
    """Also when the lot was empty at first."""
    task = shared(office, [f"i{n}" for n in range(200)], ["ann"])
    sample = Sample(aql=Aql(limit="1.0"))
    review = office.create_qa(task, ["zoe"], sample).id
    with pytest.raises(Refused, match="has no finished items; give one, such as plan_for"):
        office.judge(review)
    finish(office, task, "ann")
    office.extend_qa(review)
    plan = plan_for(200, "1.0")
    assert (plan.size, plan.accept, office.get(review).items) == (50, 1, 50)

    judged(office, review, *office.holds(review, "zoe")[:2])

    assert office.judge(review) == office.judge(review, plan)
    assert (office.judge(review).accepted, office.judge(review).errors) == (False, 2)
    with pytest.raises(
        Refused, match=r"was drawn for no plan; give one, such as plan_for\(lot, aql\), or draw"
    ):
        office.judge(office.create_qa(task, ["zoe"], ALL).id)


def test_many_reviews_are_judged_as_if_no_more_had_been_made_than_the_plan_asks_for(office: Office) -> None:
    """A thousand items at AQL 1: 80 count and 2 may be wrong; 4 wrong of 500 are 0.8 %, and pass."""
    task = shared(office, [f"i{n}" for n in range(1000)], ["ann"])
    finish(office, task, "ann")
    review = office.create_qa(task, ["zoe"], Sample(count=500)).id
    judged(office, review, *office.holds(review, "zoe")[::125])
    plan = plan_for(1000, "1.0")

    assert (plan.size, plan.accept, office.quality(review).failed) == (80, 2, 4)
    assert office.judge(review, plan).accepted
    assert office.judge(review, plan).errors <= office.judge(review, attrs.evolve(plan, size=500)).errors == 4


def test_lots_pass_as_often_as_the_plan_says_however_many_are_reviewed() -> None:
    """Six wrong of 100 reviewed, 20 count, 1 may be wrong: hypergeometric, over a thousand draws."""
    drawn = pieces(*[at < 6 for at in range(100)])
    passed = sum(lot_errors("r", seeded(seed), drawn, 20) <= 1 for seed in range(1000))

    assert passed == pytest.approx(1000 * hypergeometric_at_most(1, 20, wrong=6, total=100), abs=45)


@given(failed=st.lists(st.booleans(), min_size=1, max_size=12), seed=st.integers(0, 9), data=st.data())
def test_which_items_count_is_fixed_before_anybody_looks_at_them(
    failed: list[bool], seed: int, data: st.DataObject
) -> None:
    """A smaller plan counts some of those a larger one counts, each item as it comes out itself."""
    counted = [
        {at for at in range(len(failed)) if lot_errors("r", seeded(seed), pieces(*marked(at, failed)), size)}
        for size in range(1, len(failed) + 1)
    ]
    assert [len(some) for some in counted] == list(range(1, len(failed) + 1))
    assert all(small < large for small, large in pairwise(counted))
    size = data.draw(st.integers(1, len(failed)))
    drawn = data.draw(st.permutations(pieces(*failed)))
    assert lot_errors("r", seeded(seed), drawn, size) == sum(failed[at] for at in counted[size - 1])


def marked(at: int, failed: list[bool]) -> list[bool]:
    return [place == at for place in range(len(failed))]


def test_every_item_counts_equally_often() -> None:
    """Over many seeds."""
    counts = Counter(
        at for seed in range(600) for at in range(4) if lot_errors("r", seeded(seed), pieces(*marked(at, [False] * 4)), 2)
    )  # fmt: skip
    assert all(count == pytest.approx(300, abs=45) for count in counts.values())


def test_reviews_that_count_must_be_done_and_others_need_not() -> None:
    """Of two drawn one is open; which of them a plan for one needs is a matter of the seed."""
    needed = {seed: lot_errors("r", seeded(seed), pieces(False, True), 1) for seed in range(8)}
    assert set(needed.values()) == {0, 1}
    for seed, second in needed.items():
        if not second:
            assert lot_errors("r", seeded(seed), pieces(False, None), 1) == 0
            continue
        with pytest.raises(Refused) as error:
            lot_errors("r", seeded(seed), pieces(False, None), 1)
        assert str(error.value) == (
            "the lot of task 'r' lacks 1 of the 1 reviews that count, those of 'i1'; finish them first"
        )


def test_what_all_reviewers_skipped_is_passed_over_and_the_first_round_counts() -> None:
    """Another drawn one stands in; work done anew was wrong at first."""
    right, wrong, skipped = pieces(False, True, None)
    skipped, again = attrs.evolve(skipped, open=False), attrs.evolve(wrong, name="i1 #2", review=right.review)

    assert lot_errors("r", QA, [skipped, wrong, right, again], 2) == 1
    with pytest.raises(Refused, match=r"has a sample of 2 and the plan asks for 3; draw as many: create_qa"):
        lot_errors("r", QA, [skipped, wrong, right, again], 3)


@pytest.mark.parametrize(
    "sample",
    [
        Sample(rates={"ann": 50, "bob": 100}, per="assignee"),
        Sample(risk=Risk(target=50, least=50), per="assignee"),
        Sample(count=10, per="assignee", allocation="equal"),
        Sample(percent=50, method="size"),
    ],
)
def test_a_sample_in_which_work_has_unequal_chances_stands_for_no_lot(office: Office, sample: Sample) -> None:
    task = shared(office, people=["ann", "bob"])
    finish(office, task, "ann", "bob")
    review = office.create_qa(task, ["zoe"], sample).id
    judged(office, review)

    with pytest.raises(
        Refused, match="was drawn so that some work has more chance than other, of which no plan"
    ):
        office.judge(review, AcceptancePlan(size=1, accept=0))


def test_a_count_drawn_in_two_waves_stands_for_no_lot_and_a_percentage_does(office: Office) -> None:
    task = shared(office, [f"i{n}" for n in range(300)], ["ann"])
    finish(office, task, "ann", count=100)
    by_plan = office.create_qa(task, ["zoe"], Sample(aql=Aql(limit="1.0"))).id
    by_share = office.create_qa(task, ["zoe"], Sample(percent=30)).id
    finish(office, task, "ann")
    for review in (by_plan, by_share):
        office.extend_qa(review)
        judged(office, review)

    with pytest.raises(
        Refused, match="was drawn in draws of unequal chance, of which no plan speaks; draw one"
    ):
        office.judge(by_plan)
    assert office.judge(by_share, plan_for(300, "1.0")).accepted


def test_a_lot_with_more_errors_than_its_plan_has_items_is_refused(office: Office) -> None:
    task = shared(office)
    finish(office, task)
    review = office.create_qa(task, ["zoe"], ALL).id
    judged(office, review, *office.holds(review, "zoe"))

    assert not office.judge(review, AcceptancePlan(size=5, accept=0)).accepted


def test_lot_after_lot_is_judged_as_severely_as_those_before_it_were_good(office: Office) -> None:
    """A worked example: a lot is what one person finished; those that are refused go back as a whole."""
    people = ["ann", "bob", "eve", "max"]
    task = shared(office, [f"i{n}" for n in range(80)], people)
    finish(office, task, *people)
    switching, sizes = Switching(), list[tuple[str, int, bool]]()

    for who, wrong in (("ann", 0), ("bob", 3), ("eve", 3), ("max", 1)):
        severity: Any = switching.severity
        plan = plan_for(20, 6.5, severity=severity)
        lot = Sample(aql=Aql(limit=6.5, severity=severity))
        review = office.create_qa(task, ["zoe"], lot, where=field("qa.author").equal(who), rejecting=["major"],
                                  actions=["approved", "major"]).id  # fmt: skip
        names = office.holds(review, "zoe")
        office.set_status(review, "zoe", names[wrong:], "approved")
        office.set_status(review, "zoe", names[:wrong], "major")
        judgement = office.judge(review)
        switching = switching.after(judgement)
        sizes.append((severity, plan.size, judgement.accepted))
        if not judgement.accepted:
            office.send_back(task, assignee=who, reason="the lot was refused")

    assert sizes == [
        ("normal", 8, True),
        ("normal", 8, False),
        ("normal", 8, False),
        ("tightened", 13, True),
    ]
    assert {who: len(office.holds(task, who)) for who in people} == {"ann": 0, "bob": 20, "eve": 20, "max": 1}


# Streams.


def test_reviews_of_a_stream_count_in_the_order_in_which_they_were_done(office: Office) -> None:
    """The rates that CSP-1 asks for are those of the next sample."""
    task = shared(office, [f"i{n}" for n in range(40)], ["ann", "bob"])
    finish(office, task, "ann", "bob", count=10)
    review = office.create_qa(task, ["zoe"], ALL).id
    by_author = {
        who: [n for n in office.holds(review, "zoe") if author(office, review, n) == who]
        for who in ("ann", "bob")
    }
    plan = Csp1(clear=5, fraction="1/10")
    assert office.inspect(review, plan) == {}
    for who, wrong in (("ann", 2), ("bob", 8)):
        for at, name in enumerate(reversed(by_author[who])):
            office.wait(minutes=1)
            office.set_status(review, "zoe", [name], "discard" if at == wrong else "approved")

    found = office.inspect(review, plan)

    assert {who: (stands.state, stands.failed) for who, stands in found.items()} == {
        "ann": ("part", 1), "bob": ("all", 1),
    }  # fmt: skip
    office.wait(minutes=1)
    since = office.now
    finish(office, task, "ann", "bob")
    rates: dict[str | None, Fraction] = {who: 100 * stands.rate for who, stands in found.items()}
    new = field("qa.finished").at_least(since.isoformat(timespec="microseconds"))
    following = office.create_qa(task, ["zoe"], Sample(rates=rates, per="assignee"), where=new)
    drawn = Counter(author(office, following.id, name) for name in office.holds(following.id, "zoe"))
    assert drawn == {"ann": 1, "bob": 11}


def author(office: Office, review: str, name: str) -> str:
    about: Any = next(row.attributes["qa"] for row in office.items(review) if row.item == name)
    return str(about["author"])


def test_a_verdict_of_a_sequential_test_stands_whatever_is_reviewed_later(office: Office) -> None:
    task = shared(office, [f"i{n}" for n in range(60)], ["ann"])
    finish(office, task, "ann")
    pull = Pull(batch_size=20, max_batch_workload=60, lease=timedelta(hours=9), skip="done")
    review = office.create_qa(task, ["zoe"], ALL, pull=pull).id
    test = Sprt(p0="0.02", p1="0.2")
    states = []
    for status in ("approved", "approved", "discard"):
        batch = office.pull(review, "zoe").items
        office.skip(review, "zoe", batch[:2])
        office.wait(minutes=1)
        office.set_status(review, "zoe", batch[2:], status)
        states.append(office.inspect(review, test)["ann"].state)

    assert states == ["accept"] * 3


@pytest.mark.parametrize("verb", ["inspect", "judge"])
def test_only_a_review_can_be_judged(office: Office, verb: str) -> None:
    ask: Any = getattr(office, verb)
    with pytest.raises(Refused, match="reviews no other task"):
        ask(shared(office), Sprt(p0="0.02", p1="0.2"))
    with pytest.raises(NotFound):
        ask("nowhere", Sprt(p0="0.02", p1="0.2"))
