"""Dynamic overlap, simulated: what it costs and brings, and what is so whatever happens."""

from __future__ import annotations

from datetime import timedelta
from math import sqrt
from random import Random
from statistics import fmean, stdev
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.memory import MemoryStore
from distribution import Overlap, Pull, Workload
from distribution.asking import answers
from distribution.errors import Refused
from distribution.lifecycle import SKIPPED
from distribution.stopping import Beat, Confidence, Quorum, StoppingRule
from distribution.testing.invariants import invariants
from distribution.values import TaskId
from distribution.voting import expected
from tests.kept import opened
from tests.office import Office
from tests.test_asking import PEOPLE, RULES, held, newest, row_of


@pytest.mark.parametrize("accuracy", [0.7, 0.9])
@pytest.mark.parametrize(
    "rule", [Beat(by=2, most=6), Quorum(agreeing=3, most=5), Confidence(at_least=97, choices=2, unknown=80, most=6, least=2)], ids=str
)  # fmt: skip
def test_people_who_are_right_so_often_cost_and_bring_what_is_expected(
    rule: StoppingRule, accuracy: float
) -> None:
    """Answers used and items right of a thousand, within four standard errors of the exact expectation."""
    n, chance = 1000, Random(f"{rule} {accuracy}")
    if isinstance(rule, Confidence):
        rule = Confidence(at_least=97, choices=2, unknown=str(100 * accuracy), most=6, least=2)
    with opened("memory") as tasks:
        task = _queue(tasks, n, rule)
        busy = True
        while busy:
            busy = False
            for who in PEOPLE:
                batch = tasks.pull(task, who)
                said = {name: "right" if chance.random() < accuracy else "wrong" for name in batch.items}
                busy = busy or bool(batch.items)
                if said:
                    tasks.set_status(task, who, batch.items, "completed", answers=said)
        found = [answers(dict(row.cells)) for row in tasks.items(task)]
        copies = tasks.get(task).copies
    labels = [len(given_) for given_ in found]
    verdicts = [rule.wants(given_) for given_ in found]
    assert not any(verdict.more for verdict in verdicts)
    assert max(labels) <= rule.most
    assert copies == sum(labels)
    right = [0.5 if verdict.answer is None else float(verdict.answer == "right") for verdict in verdicts]
    hoped = expected(rule, str(accuracy))
    assert abs(fmean(labels) - hoped.labels) <= 4 * stdev(labels) / sqrt(n)
    assert abs(fmean(right) - hoped.accuracy) <= 4 * stdev(right) / sqrt(n)


def _queue(tasks: Any, n: int, rule: StoppingRule) -> TaskId:
    task = tasks.create(
        "t",
        [f"i{at}" for at in range(n)],
        allowed=PEOPLE,
        pull=Pull(batch_size=20, max_batch_workload=20),
        overlap=Overlap(percent=100, until=rule),
    )
    name: TaskId = task.id
    return name


STEPS = st.lists(
    st.tuples(
        st.sampled_from(PEOPLE),
        st.sampled_from(["pull", "yes", "no", "clear", "skip", "release", "pause", "resume", "undo", "wait"]),
    ),
    max_size=40,
)


@settings(max_examples=settings().max_examples * 2)
@given(
    rule=st.sampled_from(RULES),
    first=st.integers(2, 4),
    skip=st.sampled_from(["others", "later", "done"]),
    pulled=st.booleans(),
    steps=STEPS,
)
def test_whatever_happens_one_is_asked_where_answers_are_not_enough_and_nobody_where_they_are(
    rule: StoppingRule, first: int, skip: str, pulled: bool, steps: list[tuple[str, str]]
) -> None:
    """After every call: no copy to spare where answers suffice; else somebody is asked, or a copy waits."""
    with Office(MemoryStore()) as office:
        overlap = Overlap(percent=100, assignees=first, until=rule)
        if pulled:
            lease = timedelta(minutes=30)
            task = office.queue(["i0"], 1, 2, people=PEOPLE, skip=skip, lease=lease, overlap=overlap)
        else:
            task = office.create("t", ["i0"], workload=Workload.even(PEOPLE), overlap=overlap).id
        for who, verb in steps:
            try:
                _step(office, task, who, verb)
            except Refused:
                continue
            row = row_of(office, task)
            given_ = answers(dict(row.cells))
            more = rule.wants(given_).more
            assert len(given_) <= rule.most
            assert bool(row.left or held(row, "open")) or not more, row
            assert more or not row.left, row
            skipped = sum(cell.status == SKIPPED for cell in row.cells.values())
            assert row.copies - skipped <= rule.most, row
            invariants(office.store, task)


def _step(office: Office, task: TaskId, who: str, verb: str) -> None:
    if verb in {"yes", "no"}:
        office.set_status(task, who, ["i0"], "completed", answers={"i0": verb})
    elif verb == "undo":
        office.undo(task, newest(office, task))
    elif verb == "wait":
        office.wait(minutes=31)
    elif verb == "clear":
        office.clear_status(task, who, ["i0"])
    elif verb == "skip":
        office.skip(task, who, ["i0"])
    elif verb == "pull" and office.get(task).pull is not None:
        office.pull(task, who)
    elif verb in {"release", "pause", "resume"}:
        getattr(office, verb)(task, who)
