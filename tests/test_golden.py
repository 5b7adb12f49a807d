"""The pool of gold, and which of its answers are known."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.dispatcher import Dispatcher
from adapters.memory import MemoryStore
from distribution import InvalidInput, Item, Pull, Workload
from distribution.codec import decode, encode
from distribution.filters import reach
from distribution.gold import GoldFading, GoldShare, choose, own_order
from distribution.golden import Golden, GoldPool, known_answers, without_answer
from distribution.values import Json

CAT = Item("g1", attributes={"truth": "cat"})


@pytest.mark.parametrize(
    ("value", "right"),
    [
        ("cat", {"cat"}),
        (["cat", "kitten"], {"cat", "kitten"}),
        (5, {"5"}),
        (2.50, {"2.5"}),
        (True, {"true"}),
        ([False, 0], {"false", "0"}),
        ("true", {"true"}),
        (None, set()),
        ([], set()),
        ([None], set()),
        ({"left": "cat"}, set()),
        ([["cat"]], set()),
    ],
)
def test_answers_are_known_as_people_give_them(value: Any, right: set[str]) -> None:
    """Text as it is; numbers and truth values as JSON writes them; nothing else is an answer."""
    assert known_answers({"truth": value}, "truth") == right


def test_known_answers_stand_at_the_end_of_a_path() -> None:
    """Through lists on the way, as filters go."""
    attributes: dict[str, Json] = {"boxes": [{"label": "cat"}, {"label": ["dog", 3]}, {}]}

    assert known_answers(attributes, "boxes.label") == {"cat", "dog", "3"}
    assert known_answers(attributes, "label") == set()


PARTS: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.integers(0, 2),
    lambda parts: st.lists(parts, max_size=2) | st.dictionaries(st.sampled_from("abc"), parts, max_size=3),
    max_leaves=6,
)
ATTRIBUTES: st.SearchStrategy[dict[str, Any]] = st.dictionaries(st.sampled_from("abc"), PARTS, max_size=3)
PATHS = st.sampled_from(["a", "a.b", "a.b.c", "a.a", "b"])


@given(attributes=ATTRIBUTES, path=PATHS)
def test_nothing_is_reached_where_the_answer_was(attributes: dict[str, Any], path: str) -> None:
    """And taking it out once more changes nothing; the item itself is as it was."""
    before = json.dumps(attributes)

    rest = without_answer(attributes, path)

    assert list(reach(rest, path)) == []
    assert without_answer(rest, path) == rest
    assert json.dumps(attributes) == before


@given(
    beside=st.lists(st.dictionaries(st.sampled_from("xyz"), PARTS, max_size=2), min_size=1, max_size=3),
    answer=st.sampled_from(["cat", ["cat", 3], {"x": 1}, {}, None]),
)
def test_nobody_sees_whether_there_was_an_answer(beside: list[dict[str, Any]], answer: Any) -> None:
    """However deep, and whatever stands beside it: what is left is the same with an answer and without."""
    path = ".".join("abc"[: len(beside)])
    known: dict[str, Any] = {**beside[-1], path[-1]: answer}
    unknown = beside[-1]
    for level, name in zip(beside[-2::-1], path.split(".")[-2::-1], strict=True):
        known, unknown = {**level, name: known}, {**level, name: unknown}

    assert without_answer(known, path) == without_answer(unknown, path)
    if not any(beside[1:]):
        assert without_answer(known, path) == beside[0]


def test_a_pool_takes_five_percent_and_the_attribute_truth_unless_told_otherwise() -> None:
    """And its items in the order given."""
    pool = GoldPool([Item("b", attributes={"truth": 1}), CAT])

    assert ([item.id for item in pool.items], pool.rule, pool.truth) == (["b", "g1"], GoldShare(5), "truth")


@pytest.mark.parametrize(
    ("items", "message"),
    [
        ([], "a gold pool must have items, each once, got []"),
        ([CAT, CAT], "a gold pool must have items, each once, got ['g1', 'g1']"),
        (["g1"], "an item of a gold pool must be an Item with its answer, got 'g1'"),
        ({CAT.id}, "items of a gold pool must be in an order"),
    ],
)
def test_a_pool_that_is_none_is_refused(items: Any, message: str) -> None:
    """Empty, doubled, without answers, or in no order."""
    with pytest.raises(InvalidInput) as caught:
        GoldPool(items)

    assert str(caught.value).startswith(message)


@pytest.mark.parametrize("rule", [5, None, "5 %"])
def test_a_rule_that_is_none_is_refused(rule: Any) -> None:
    """A number could be a percent or a count."""
    with pytest.raises(InvalidInput, match=r"rule of gold must be GoldShare\(...\) or GoldFading\(...\)"):
        GoldPool([CAT], rule)


@pytest.mark.parametrize("truth", ["", "a..b", 5])
def test_a_path_that_is_none_is_refused(truth: Any) -> None:
    """Like those of filters."""
    with pytest.raises(InvalidInput, match="path of the known answer"):
        GoldPool([CAT], truth=truth)


@given(start=st.integers(0, 9), count=st.integers(1, 9), position=st.integers(-2, 20))
def test_gold_has_the_positions_from_its_start(start: int, count: int, position: int) -> None:
    """As many as there are of it."""
    golden = Golden(rule=GoldShare(5), truth="truth", start=start, count=count)

    assert (position in golden) == (position in range(start, start + count))


@pytest.mark.parametrize("rule", [GoldShare("12.5"), GoldFading(4)], ids=repr)
def test_what_a_task_remembers_survives_json(rule: GoldShare | GoldFading) -> None:
    """Both rules."""
    golden = Golden(rule=rule, truth="meta.answer", start=3, count=2)

    assert decode(Golden, encode(golden)) == golden


@given(pool=st.lists(st.text("abc1", min_size=1, max_size=3), unique=True), seed=st.integers(0, 99))
def test_her_order_is_what_is_chosen_one_after_the_other(pool: list[str], seed: int) -> None:
    """Until there is none left."""
    had: list[str] = []
    while (chosen := choose(pool, had, seed, "ann")) is not None:
        had.append(chosen)

    assert own_order(pool, seed, "ann") == had


def test_everybody_has_an_order_of_her_own() -> None:
    """And another one under another seed."""
    pool = [f"m{at}" for at in range(10)]

    orders = [own_order(pool, seed, who) for seed in (1, 2) for who in ("ann", "bob")]

    assert len({tuple(order) for order in orders}) == 4
    assert all(sorted(order) == pool for order in orders)


SHARED: dict[str, Any] = {"workload": Workload.even(["ann"])}
PULLED: dict[str, Any] = {"allowed": ["ann"], "pull": Pull(batch_size=1, max_batch_workload=1)}


@pytest.mark.parametrize("settings", [SHARED, PULLED], ids=["shared", "pulled"])
@pytest.mark.parametrize(
    ("gold", "message"),
    [
        ([CAT], "gold must be a GoldPool, got [Item(id='g1'"),
        (GoldPool([Item("a", attributes={"truth": "cat"})]), "gold must be other items than those of the task, got 'a'"),
        (GoldPool([Item("g1")]), "gold must have a known answer, got 'g1'; give it the attribute 'truth'"),
        (GoldPool([Item("g1", attributes={"truth": None})]), "gold must have a known answer, got 'g1'"),
        (GoldPool([CAT], truth="label"), "gold must have a known answer, got 'g1'; give it the attribute 'label'"),
    ],
)  # fmt: skip
def test_gold_that_cannot_be_is_refused_before_anything_is_stored(
    gold: Any, message: str, settings: dict[str, Any]
) -> None:
    """No pool, an item of the task, or no answer to compare with."""
    tasks = Dispatcher(MemoryStore())

    with pytest.raises(InvalidInput) as caught:
        tasks.create("mixed", ["a", "b"], gold=gold, **settings)

    assert str(caught.value).startswith(message)
    assert list(tasks.all()) == []


def test_a_request_with_other_gold_is_another_call() -> None:
    """The same items and as much gold, but not the same."""
    tasks = Dispatcher(MemoryStore())
    first = tasks.create("mixed", ["a"], gold=GoldPool([CAT]), id="t", request="r1", **SHARED)
    other = GoldPool([Item("g2", attributes={"truth": "cat"})])

    assert tasks.create("mixed", ["a"], gold=GoldPool([CAT]), id="t", request="r1", **SHARED) == first
    with pytest.raises(Exception, match="r1"):
        tasks.create("mixed", ["a"], gold=other, id="t", request="r1", **SHARED)
