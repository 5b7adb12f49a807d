"""Calls as values say and decide what the calls themselves do."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.dispatcher import Dispatcher
from adapters.memory import MemoryStore
from distribution import Pull
from distribution.errands import Errand
from distribution.errors import InvalidInput
from distribution.events import Stamp
from distribution.handing import pulling
from distribution.work import Handed, submitting, submitting_and_pulling
from tests.office import NOON

IDS = st.text("abcäß漢", min_size=1, max_size=5)
HANDED = st.builds(
    lambda answers, more, status: Handed(items=[*answers, *more], status=status, answers=answers),
    st.dictionaries(
        IDS, st.text("xyz\n", min_size=1).filter(str.strip).map(lambda text: text.replace("\n", " "))
    ),
    st.lists(IDS),
    IDS,
)
STAMPS = st.builds(Stamp, at=st.just(NOON), actor=IDS, request=st.none() | IDS, reason=IDS)
ERRANDS = st.one_of(
    st.builds(Errand.pull, IDS, IDS, stamp=STAMPS),
    st.builds(Errand.submit, IDS, IDS, HANDED, stamp=STAMPS),
    st.builds(Errand.turn, IDS, IDS, HANDED, stamp=STAMPS),
)


@given(errand=ERRANDS)
def test_an_errand_comes_back_from_its_text_and_asks_for_the_same(errand: Errand[object]) -> None:
    again: Errand[object] = Errand.from_data(json.loads(json.dumps(errand.to_data())))

    assert again == errand
    assert again.ask == errand.ask
    assert again.answer is errand.answer


@given(errand=ERRANDS)
def test_an_errand_asks_for_what_its_decision_asks_for(errand: Errand[object]) -> None:
    call = (errand.task, errand.assignee)
    if errand.handed is None:
        ask, _ = pulling(*call, errand.stamp)
    elif errand.pulls:
        ask, _ = submitting_and_pulling(*call, errand.handed, errand.stamp)
    else:
        ask, _ = submitting(*call, errand.handed, errand.stamp)

    assert errand.ask == ask


@given(errand=ERRANDS, torn=st.data())
def test_data_that_is_no_errand_is_refused(errand: Errand[object], torn: st.DataObject) -> None:
    data = errand.to_data()
    at = torn.draw(st.integers(0, len(data) - 1))
    with pytest.raises((InvalidInput, ValueError, TypeError)):
        Errand.from_data(data[:at])


def test_answers_come_back_from_their_text() -> None:
    with Dispatcher(MemoryStore()) as tasks:
        pull = Pull(batch_size=2, max_batch_workload=2, lease=timedelta(minutes=5))
        tasks.create("t", list("abcdef"), id="t", allowed=["ann"], pull=pull)
        at = Stamp(at=NOON)
        good = Handed(items=["a"], status="completed", answers={"a": "cat"})
        odd = Handed(items=["b", "nope"], status="completed")
        errands: list[Errand[Any]] = [
            Errand.pull("t", "ann", stamp=at),
            Errand.submit("t", "ann", good, stamp=at),
            Errand.turn("t", "ann", Handed(items=["b"], status="discard"), stamp=at),
            Errand.submit("t", "ann", odd, stamp=at),
            Errand.turn("t", "ann", odd, stamp=at),
            Errand.pull("t", "nobody", stamp=at),
            Errand.pull("t", "ann", stamp=at),
        ]
        short = 0
        for errand in errands:
            result = tasks.store.transact("t", errand.ask, errand)
            data = json.loads(json.dumps(errand.answer_to_data(result)))
            short += isinstance(data, list)
            assert errand.answer_from_data(data) == result
        assert short == 3


def test_an_errand_that_does_nothing_is_refused() -> None:
    with pytest.raises(InvalidInput, match="must hand in something, or pull"):
        Errand(task="t", assignee="ann", stamp=Stamp(at=NOON))
