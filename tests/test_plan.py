"""Plans: exact, complete, explained, the same again, and back from JSON."""

from __future__ import annotations

from array import array
from fractions import Fraction
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from distribution import (
    ByCount,
    ByEffort,
    Grouped,
    InvalidInput,
    Item,
    NotFound,
    Plan,
    Stratified,
    Workload,
    distribute,
)
from distribution.apportion import apportion
from distribution.basis import Basis
from distribution.diff import Diff, Move
from distribution.reasons import Interval
from distribution.split import label_code
from distribution.testing import strategies

TEAM = Workload.of({"ann": 50, "bob": 30, "eve": 20})
TEN = [f"img-{at:03}" for at in range(10)]


@given(
    n=st.integers(0, 400), workload=strategies.workloads(), seed=strategies.seeds(), order=strategies.orders()
)
def test_counts_are_the_apportionment_and_every_item_is_in_one_place(
    n: int, workload: Workload, seed: int, order: str
) -> None:
    plan = distribute(n, workload, seed=seed, order=order)

    assert list(plan.counts().values()) == apportion(workload.shares, n)
    assert sorted(at for name in plan.assignees for at in plan.positions_of(name)) == list(range(n))
    assert all(plan.assignee_at(at) == name for name in plan.assignees for at in plan.positions_of(name))
    assert plan.verify(), list(plan.verify())


@given(
    items=strategies.items(),
    workload=strategies.workloads(),
    seed=strategies.seeds(),
    order=strategies.orders(),
    basis=strategies.bases(),
)
def test_every_plan_keeps_the_promises_of_its_basis_and_comes_back_from_json(
    items: list[Item], workload: Workload, seed: int, order: str, basis: Basis
) -> None:
    if isinstance(basis, (Stratified, Grouped)) and all(item.attributes["dir"] is None for item in items):
        return
    plan = distribute(items, workload, seed=seed, order=order, basis=basis)

    assert plan.verify(), list(plan.verify())
    again = Plan.from_json(plan.to_json())
    assert again == plan
    assert hash(again) == hash(plan)
    assert again.labels() == plan.labels()
    assert [again.items_of(name) for name in plan.assignees] == [
        plan.items_of(name) for name in plan.assignees
    ]
    assert not plan.diff(again)
    for item in items:
        assert plan.assignee_of(item.id) in str(plan.explain(item.id))
    efforts = plan.efforts()
    assert sum(efforts.values()) == sum(item.effort for item in items)


@given(n=st.integers(1, 300), order=strategies.orders(), data=st.data())
def test_all_slices_together_equal_the_whole(n: int, order: str, data: st.DataObject) -> None:
    plan = distribute(n, TEAM, seed=3, order=order)
    cuts = sorted(data.draw(st.lists(st.integers(0, n), max_size=4)))
    edges = [0, *cuts, n]

    joined = array("B")
    for start, stop in pairwise(edges):
        joined.extend(plan.labels(start, stop))
    assert joined == plan.labels()
    assert [plan.assignees[label] for label in joined] == [plan.assignee_at(at) for at in range(n)]


@given(
    items=st.lists(strategies.ids(), unique=True, max_size=20),
    people=st.lists(strategies.ids(), unique=True, min_size=1),
)
def test_any_ids_will_do(items: list[str], people: list[str]) -> None:
    plan = distribute(items, Workload.even(people))

    assert plan.verify()
    assert Plan.from_json(plan.to_json()) == plan
    assert [plan.assignee_of(item) for item in items] == [plan.assignees[label] for label in plan.labels()]


def test_the_session_of_the_documentation() -> None:
    plan = distribute(TEN, TEAM, seed=7)

    assert plan.counts() == {"ann": 5, "bob": 3, "eve": 2}
    assert plan.assignee_of("img-004") in plan.assignees
    assert plan.assignees_of("img-004") == (plan.assignee_of("img-004"),)
    assert len(plan.items_of("bob")) == 3
    assert sorted(item for name in plan.assignees for item in plan.items_of(name)) == TEN
    assert repr(plan) == "<Plan of 10 items, shuffled, seed 7: 3 assignees>"


def test_three_people_share_ten_thousand_items_as_evenly_as_can_be() -> None:
    assert distribute(10_000, Workload.even(["a", "b", "c"])).counts() == {"a": 3334, "b": 3333, "c": 3333}


def test_a_load_of_zero_and_more_people_than_items_are_legal() -> None:
    plan = distribute(["only"], Workload.of({"ann": 0, "bob": 60, "eve": 40}))

    assert plan.counts() == {"ann": 0, "bob": 1, "eve": 0}
    assert plan.items_of("ann") == []
    assert plan.verify()


def test_no_items_are_a_plan_too() -> None:
    for basis in (ByCount(), ByEffort(), Stratified("dir"), Grouped("dir")):
        for order in ("shuffled", "contiguous", "interleaved", "random", "spread"):
            plan = distribute([], TEAM, basis=basis, order=order)
            assert plan.counts() == {"ann": 0, "bob": 0, "eve": 0}
            assert plan.verify()
            assert Plan.from_json(plan.to_json()) == plan


def test_an_item_that_comes_twice_is_skipped_and_reported_never_doubled() -> None:
    plan = distribute(["a", "b", "a", Item("b"), Item("c")], TEAM)

    assert plan.n == 3
    assert plan.skipped == ("a", "b")
    assert Plan.from_json(plan.to_json()).skipped == ("a", "b")
    assert distribute(["a", "a"], TEAM).skipped == ("a",)


def test_a_plan_of_a_thousand_million_items_is_a_few_hundred_bytes() -> None:
    plan = distribute(10**9, Workload.even([f"person-{at}" for at in range(10)]), seed=7)

    assert len(plan.to_json()) < 1024
    assert plan.counts()["person-0"] == 10**8
    assert plan.assignees[plan.labels(123_456_789, 123_456_790)[0]] == plan.assignee_at(123_456_789)
    positions = plan.positions_of("person-3")
    assert len(positions) == 10**8
    assert all(plan.assignee_at(at) == "person-3" for at in positions[5:8])
    assert positions[-1] == positions[10**8 - 1]
    assert positions[2:8:3] == [positions[2], positions[5]]
    assert repr(positions).startswith("<100000000 numbers: ")
    with pytest.raises(IndexError):
        positions[10**8]


def test_labels_can_be_written_into_a_buffer_of_the_caller() -> None:
    plan = distribute(1000, TEAM, seed=5)
    for code in "BHI":
        out = array(code, bytes(array(code).itemsize * 300))
        plan.write_labels(out, start=700)
        assert out.tolist() == plan.labels(700, 1000).tolist()
    table = distribute([Item(f"i{at}", effort=at) for at in range(50)], TEAM, basis=ByEffort())
    wide = array("H", bytes(100))
    table.write_labels(wide)
    assert wide.tolist() == table.labels().tolist()


def test_a_buffer_that_does_not_fit_is_refused() -> None:
    plan = distribute(300, Workload.even([f"p{at}" for at in range(257)]))
    for out, message in (
        (bytearray(10), "wide enough for 257 assignees, got .1 dimensions of 'B'"),
        (bytes(10), "must be writable"),
        (array("d", [0.0]), "must be writable, one-dimensional and unsigned"),
        (array("H", bytes(2000)), "buffer for labels must end within the 300 items, got 1000"),
    ):
        with pytest.raises(InvalidInput, match=message):
            plan.write_labels(out)
    with pytest.raises(TypeError):
        plan.write_labels([1, 2])


def test_owners_take_as_many_bytes_as_they_need() -> None:
    assert [label_code(n) for n in (1, 256, 257, 65_536, 65_537)] == ["B", "B", "H", "H", "I"]


def test_an_explanation_is_data_and_a_sentence() -> None:
    plan = distribute(TEN, Workload.of({"ann": 60, "bob": 30, "eve": 10}), order="contiguous")

    reason = plan.explain("img-009")

    assert (reason.assignee, reason.slot, reason.ground, reason.share.quota) == (
        "eve",
        9,
        Interval(9, 10),
        Fraction(1),
    )
    assert str(reason) == (
        "'img-009' is with 'eve': item 10 of 10 takes slot 9 (contiguous);"
        " slot 9 belongs to 'eve': load 10 %, exact quota 1, so 1 item"
    )
    assert "slots 0 to 5 belong to 'ann': load 60 %, exact quota 6, so 6 items" in str(
        plan.explain("img-000")
    )


def test_a_diff_names_every_move_and_its_inverse_undoes_it() -> None:
    before = distribute(["a", "b", "c"], Workload.even(["ann", "bob"]), order="contiguous")
    after = distribute(["b", "c", "d"], Workload.even(["ann", "bob"]), order="contiguous")

    diff = before.diff(after)

    assert diff.moves == (Move("a", "ann", None), Move("c", "bob", "ann"), Move("d", None, "bob"))
    assert (diff.removed, diff.moved, diff.added) == (diff.moves[:1], diff.moves[1:2], diff.moves[2:])
    assert diff.flows() == {("ann", None): 1, ("bob", "ann"): 1, (None, "bob"): 1}
    assert set(diff.inverse().moves) == set(after.diff(before).moves)
    assert [str(move) for move in diff.moves] == [
        "'a' leaves 'ann'",
        "'c' moves from 'bob' to 'ann'",
        "'d' is new and goes to 'bob'",
    ]
    assert len(diff) == 3
    assert not Diff(())


def test_plans_with_and_without_ids_cannot_be_compared() -> None:
    with pytest.raises(InvalidInput, match="plans to compare must both have ids, or both none"):
        distribute(3, TEAM).diff(distribute(["a"], TEAM))


def test_a_digest_tells_items_and_their_order_apart() -> None:
    digests = [distribute(items, TEAM).digest() for items in (TEN, TEN[::-1], TEN[:9], ["a", "b"], ["ab"])]

    assert len(set(digests)) == 5
    assert distribute(TEN, TEAM, seed=9).digest() == digests[0]
    assert distribute(10, TEAM).digest() == ""


def test_plans_are_equal_if_they_say_the_same() -> None:
    assert distribute(TEN, TEAM) == distribute(TEN, Workload.weights({"ann": 5, "bob": 3, "eve": 2}))
    assert distribute(TEN, TEAM) != distribute(TEN, TEAM, seed=1)
    assert distribute(TEN, TEAM) != distribute(TEN[::-1], TEAM)
    assert distribute(TEN, TEAM) != "a plan"


@pytest.mark.parametrize("item", ["img-999", 3, True, None, 2.0])
def test_an_item_that_is_not_in_the_plan_is_not_found(item: Any) -> None:
    with pytest.raises(NotFound, match="no item .* in a plan of 10 items"):
        distribute(TEN, TEAM).assignee_of(item)


def test_positions_and_people_that_are_not_there_are_refused() -> None:
    plan = distribute(10, TEAM)

    assert plan.assignee_of(9) == plan.assignee_at(9)
    with pytest.raises(NotFound, match="no item 10 in a plan of 10 items"):
        plan.assignee_of(10)
    with pytest.raises(NotFound, match="no item True in"):
        plan.assignee_of(True)
    with pytest.raises(InvalidInput, match="position must be between 0 and 9, got 10"):
        plan.assignee_at(10)
    with pytest.raises(InvalidInput, match=r"slice of a plan must lie between 0 and 10, got \(5, 11\)"):
        plan.labels(5, 11)
    with pytest.raises(NotFound, match="no assignee 'max' in the workload of 3; check the spelling"):
        plan.items_of("max")


@pytest.mark.parametrize(
    ("items", "settings", "message"),
    [
        (
            "img-1",
            {},
            "items must be a list of ids, got 'img-1'; for one item pass ['img-1']",
        ),
        (None, {}, "items must be a list of ids, got None"),
        ([""], {}, "item id must not be empty, got ''"),
        (
            ["a\tb"],
            {},
            "item id must be free of control characters and lone surrogates, got 'a\\tb' ('\\t' at index 1)",
        ),
        (["a" * 5000], {}, "item id must have at most 4096 characters, got 'aaaa"),
        ([1], {}, "item id must be a string, got 1; convert it with str()"),
        (-1, {}, "number of items must be a whole number of at least 0, got -1"),
        (True, {}, "number of items must be a whole number of at least 0, got True"),
        (5, {"basis": ByEffort()}, "items must be given one by one for this basis, got 5"),
        (
            5,
            {"basis": "effort"},
            "basis must be ByCount(), ByEffort(), Stratified(key) or Grouped(key), got 'effort'",
        ),
        (5, {"seed": 1.5}, "seed must be a whole number, got 1.5"),
        (5, {"seed": True}, "seed must be a whole number, got True"),
        (
            5,
            {"order": "best"},
            "order must be one of shuffled, contiguous, interleaved, random, spread, got 'best'",
        ),
        (
            ["a"],
            {"basis": Stratified("dir")},
            "key 'dir' must lead to a value in at least one item, got 'none in 1 items'",
        ),
    ],
)
def test_what_cannot_be_distributed_is_refused_with_the_value(
    items: object, settings: dict[str, object], message: str
) -> None:
    with pytest.raises(InvalidInput) as error:
        distribute(items, TEAM, **settings)  # type: ignore[arg-type]

    assert str(error.value).startswith(message)


def test_a_workload_must_be_one() -> None:
    with pytest.raises(
        InvalidInput, match="workload must be a Workload, got {'ann': 100}; build one with Workload.of"
    ):
        distribute(3, {"ann": 100})  # type: ignore[arg-type]
