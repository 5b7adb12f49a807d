"""Calls as values say and decide what the calls themselves do."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.dispatcher import Dispatcher
from adapters.memory import MemoryStore
from distribution import Pull
from distribution.codec import decode, encode
from distribution.errands import Errand
from distribution.errors import InvalidInput
from distribution.events import Stamp
from distribution.work import Handed
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


@given(errand=ERRANDS, brief=st.booleans())
def test_an_errand_comes_back_from_its_text_and_asks_for_the_same(
    errand: Errand[object], brief: bool
) -> None:
    again = decode(Errand, json.loads(json.dumps(encode(errand, brief=brief))))

    assert again == errand
    assert again.ask == errand.ask
    assert again.answer is errand.answer


def test_answers_come_back_from_their_text() -> None:
    with Dispatcher(MemoryStore()) as tasks:
        pull = Pull(batch_size=2, max_batch_workload=2)
        tasks.create("t", ["a", "b", "c"], id="t", allowed=["ann"], pull=pull)
        handed = Handed(items=["a", "nope"], status="completed", answers={"a": "cat"})
        errands: list[Errand[Any]] = [
            Errand.pull("t", "ann", stamp=Stamp(at=NOON)),
            Errand.submit("t", "ann", handed, stamp=Stamp(at=NOON)),
            Errand.turn("t", "ann", handed, stamp=Stamp(at=NOON)),
            Errand.pull("t", "nobody", stamp=Stamp(at=NOON)),
        ]
        for errand in errands:
            result = tasks.store.transact("t", errand.ask, errand)
            text = json.dumps(encode(result, brief=True))
            assert decode(errand.answer, json.loads(text)) == result


def test_an_errand_that_does_nothing_is_refused() -> None:
    with pytest.raises(InvalidInput, match="must hand in something, or pull"):
        Errand(task="t", assignee="ann", stamp=Stamp(at=NOON))
