"""Reviews of work that goes on: later draws, repeated calls, the record."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction
from math import ceil
from typing import Any

import pytest

from distribution import NotFound, Refused, Sample
from distribution.samples import Risk
from distribution.testing.invariants import invariants
from tests.office import Office
from tests.reviews import ALL, ITEMS, drawn, finish, shared


def test_a_later_draw_never_changes_an_earlier_one(office: Office) -> None:
    task = shared(office)
    finish(office, task, count=2)
    review = office.create_qa(task, ["zoe"], Sample(percent=30, per="assignee")).id
    before = drawn(office, review)
    for seen in (12, 18, 24, 30):
        finish(office, task, count=2)
        office.extend_qa(review)
        after = drawn(office, review)
        assert {name: after[name] for name in before} == before
        groups = office.get(review).qa.tally.groups  # type: ignore[union-attr]
        assert (sum(group.seen for group in groups), len(after)) == (
            seen,
            sum(group.drawn for group in groups),
        )
        before = after
    assert Counter(about["author"] for about in before.values()) == {"ann": 3, "bob": 3, "eve": 3}
    assert sorted(about["item"] for about in before.values()) == sorted(before)
    invariants(office.store, review)


def test_work_that_was_seen_is_not_drawn_from_again(office: Office) -> None:
    task = shared(office)
    finish(office, task)
    review = office.create_qa(task, ["zoe"], ALL).id

    change = office.extend_qa(review)

    assert (change.event, office.get(review).items) == (None, 30)


def test_what_is_not_finished_any_more_is_not_drawn(office: Office) -> None:
    task = shared(office, ITEMS[:6])
    review = office.create_qa(task, ["zoe"], ALL).id
    finish(office, task)
    office.clear_status(task, "ann", office.holds(task, "ann", "done"))

    office.extend_qa(review)

    assert {found["author"] for found in drawn(office, review).values()} == {"bob", "eve"}


def test_what_an_undo_brought_back_was_seen_before(office: Office) -> None:
    task = shared(office)
    finish(office, task)
    review = office.create_qa(task, ["zoe"], ALL).id
    back = office.send_back(task, assignee="ann")
    office.undo(task, back.version)

    office.extend_qa(review)

    assert (office.get(review).items, office.get(review).qa.tally.groups[0].seen) == (30, 30)  # type: ignore[union-attr]


def test_what_is_done_anew_comes_to_a_second_round_of_its_own_name(office: Office) -> None:
    task = shared(office, ITEMS[:3])
    finish(office, task)
    review = office.create_qa(task, ["zoe"], ALL).id
    hers = office.holds(task, "ann", "done")[0]
    for number in (2, 3):
        last = hers if number == 2 else f"{hers} #{number - 1}"
        office.set_status(review, "zoe", [last], "discard")
        finish(office, task, "ann")

        office.extend_qa(review)

        assert f"{hers} #{number}" in drawn(office, review)
    assert office.get(review).items == 5
    office.set_status(review, "zoe", office.holds(review, "zoe"), "approved")
    assert (office.quality(review).reviewed, office.quality(review).failed) == (5, 2)


def test_of_two_who_extend_at_once_one_is_refused(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    task = shared(office)
    finish(office, task, count=5)
    review = office.create_qa(task, ["zoe"], Sample(percent=20)).id
    finish(office, task)
    inner = office._unused

    def meanwhile(*arguments: Any) -> Any:
        monkeypatch.undo()
        office.extend_qa(review)
        return inner(*arguments)

    monkeypatch.setattr(office, "_unused", meanwhile)
    with pytest.raises(Refused, match="was extended by somebody else; draw again"):
        office.extend_qa(review)

    assert office.get(review).items == 6


def test_what_finishes_while_it_is_drawn_is_left_to_the_next_draw(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    task = shared(office, ITEMS[:6])
    finish(office, task, count=1)
    review = office.create_qa(task, ["zoe"], ALL).id
    finish(office, task, "ann")
    inner = office._since

    def meanwhile(*arguments: Any) -> Any:
        monkeypatch.undo()
        finish(office, task)
        office.set_status(task, "ann", office.holds(task, "ann", "done"), "approved")
        return inner(*arguments)

    monkeypatch.setattr(office, "_since", meanwhile)
    office.extend_qa(review)
    assert office.get(review).items == 4
    office.extend_qa(review)
    # Two of bob's and eve's, and both of ann's, which are done anew.
    assert office.get(review).items == 8


def test_an_extension_has_a_dry_run_and_can_be_undone(office: Office) -> None:
    task = shared(office)
    finish(office, task, count=5)
    review = office.create_qa(task, ["zoe"], Sample(percent=20)).id
    before = office.get(review).qa
    finish(office, task)

    thought = office.extend_qa(review, dry_run=True)
    assert office.get(review).qa == before
    made = office.extend_qa(review)
    assert made == thought
    office.undo(review, made.version)

    assert (office.get(review).qa, office.get(review).items) == (before, 3)
    office.extend_qa(review)
    assert office.get(review).items == 6


def test_reviews_by_risk_are_fewer_for_those_with_a_good_record(office: Office) -> None:
    task = shared(office, [f"i{n}" for n in range(300)], ["ann", "bob"])
    finish(office, task, "ann", "bob", count=75)
    sample = Sample(risk=Risk(target=2, least=5), per="assignee")
    review = office.create_qa(task, ["zoe"], sample).id
    newcomers = Counter(about["author"] for about in drawn(office, review).values())
    assert newcomers == {"ann": 74, "bob": 74}
    for name, about in drawn(office, review).items():
        office.set_status(review, "zoe", [name], "approved" if about["author"] == "ann" else "discard")
    record = office.quality(review).record
    assert record == {"ann": (0, 74), "bob": (74, 74)}

    finish(office, task, "ann")
    finish(office, task, "bob", count=75)
    office.extend_qa(review)

    rates = {group.group: group.drawn for group in office.get(review).qa.tally.groups}  # type: ignore[union-attr]
    good, bad = (sample.risk.rate(*record[who]) for who in ("ann", "bob"))  # type: ignore[union-attr]
    assert float(good) == pytest.approx(1 - 0.02 / (1 - 0.05 ** (1 / 74)), abs=1e-6)
    owed = Fraction("0.98") * 75
    assert rates == {"ann": ceil(owed + 75 * good), "bob": ceil(owed + 75 * bad)} == {"ann": 111, "bob": 147}
    other = office.create_qa(task, ["zoe"], sample, record=record)
    groups = Counter(about["author"] for about in drawn(office, other.id).values())
    assert groups == {"ann": ceil(150 * good), "bob": ceil(76 * bad)} == {"ann": 75, "bob": 75}


def test_a_repeated_call_gives_the_same_answer_though_more_has_finished(office: Office) -> None:
    task = shared(office)
    finish(office, task, count=5)
    sample = Sample(percent=20)
    made = office.create_qa(task, ["zoe"], sample, id="r", request="1")
    finish(office, task, count=2)
    assert office.create_qa(task, ["zoe"], sample, id="r", request="1") == made
    with pytest.raises(Refused, match="was used for another call"):
        office.create_qa(task, ["zoe"], Sample(percent=30), id="r", request="1")

    grown = office.extend_qa("r", request="2")
    finish(office, task)
    assert office.extend_qa("r", request="2") == grown

    assert office.get("r").items == 4


def test_nothing_but_what_is_drawn_comes_into_a_review(office: Office) -> None:
    task = shared(office)
    finish(office, task)
    review = office.create_qa(task, ["zoe"], Sample(percent=10)).id

    with pytest.raises(
        Refused, match="takes in what is drawn from the work it reviews, and nothing else; draw"
    ):
        office.add_items(review, ["zzz"])


def test_questions_of_quality_to_a_task_that_reviews_nothing_are_refused(office: Office) -> None:
    task = shared(office)

    for verb in (office.extend_qa, office.quality, office.send_rejected):
        with pytest.raises(
            Refused, match="task 'label cats' reviews no other task; create one that does: create_qa"
        ):
            verb(task)
        with pytest.raises(NotFound):
            verb("nowhere")


def test_history_explanation_and_replay_know_reviews(office: Office) -> None:
    task = shared(office)
    finish(office, task, count=5)
    review = office.create_qa(task, ["zoe", "ann"], Sample(percent=50), actor="max").id
    finish(office, task)
    office.extend_qa(review)

    first, *_, last = drawn(office, review)
    assert str(office.explain(review, first)).splitlines()[1].startswith(f"first, '{first}' is with '")
    assert "items-added for '" in str(office.explain(review, last))
    rows = {(r.position, who): cell for r in office.items(review) for who, cell in r.cells.items()}
    assert office.replayed(review).cells == rows
    invariants(office.store, review)
    assert Fraction(drawn(office, review)[first]["inclusion"]) == Fraction(8, 15)
