"""Orders are bijections, the same on every machine, and labels are what the slots say."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from array import array
from collections import Counter
from itertools import accumulate, pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from distribution import shuffled
from distribution.draw import golden_multiplier, mix, permutation, words
from distribution.errors import InvalidInput
from distribution.orders import Interleaved, Order
from distribution.shuffled import Shuffled
from distribution.split import ORDERS, make_order
from distribution.static import distribute
from distribution.testing import strategies, twins
from distribution.workload import Workload

ROOT = Path(__file__).parents[1]


@pytest.fixture(params=[16_384, 4], ids=["one block", "many blocks"])
def block(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also run with so many blocks that a few dozen items have long and short ones."""
    monkeypatch.setattr(shuffled, "WHOLE", request.param)
    if request.param == 4:
        monkeypatch.setattr(shuffled, "block_length", lambda _: 4)


@st.composite
def cuts(draw: st.DrawFn, largest: int = 300) -> list[int]:
    """Give counts of one to seven owners."""
    return draw(st.lists(st.integers(0, largest // 4), min_size=1, max_size=7))


@pytest.mark.usefixtures("block")
@pytest.mark.parametrize("name", ORDERS)
@given(counts=cuts(), seed=strategies.seeds())
@settings(suppress_health_check=[])
def test_every_position_has_a_slot_of_its_own_and_finds_back(name: str, counts: list[int], seed: int) -> None:
    order = make_order(name, counts, seed)
    n = sum(counts)

    slots = [order.slot(position) for position in range(n)]

    assert sorted(slots) == list(range(n))
    assert [order.position(slot) for slot in slots] == list(range(n))


@pytest.mark.usefixtures("block")
@pytest.mark.parametrize("name", ORDERS)
@given(counts=cuts(), seed=strategies.seeds(), data=st.data())
def test_any_slice_is_the_slice_of_the_whole(
    name: str, counts: list[int], seed: int, data: st.DataObject
) -> None:
    order = make_order(name, counts, seed)
    n = sum(counts)
    start = data.draw(st.integers(0, n))
    stop = data.draw(st.integers(start, n))

    assert list(order.slots(start, stop)) == [order.slot(at) for at in range(start, stop)]
    assert list(order.positions(start, stop)) == [order.position(at) for at in range(start, stop)]


@pytest.mark.usefixtures("block")
@pytest.mark.parametrize("name", ORDERS)
@pytest.mark.parametrize("code", ["B", "H", "I"])
@given(counts=cuts(), seed=strategies.seeds(), data=st.data())
def test_fast_and_obvious_labels_agree_on_any_slice(
    name: str, code: str, counts: list[int], seed: int, data: st.DataObject
) -> None:
    order = make_order(name, counts, seed)
    bounds = [0, *accumulate(counts)]
    start = data.draw(st.integers(0, order.n))
    stop = data.draw(st.integers(start, order.n))
    out = array(code, [99] * (stop - start))

    order.fill(memoryview(out), start, bounds)

    assert out.tolist() == twins.owners(bounds, list(order.slots(start, stop)))


def test_every_single_boundary_is_swept_right(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shuffled, "WHOLE", 4)
    monkeypatch.setattr(shuffled, "block_length", lambda _: 64)
    for n in (315, 316, 317):
        order = Shuffled(n, 1)
        slots = list(order.slots(0, n))
        for cut in range(n + 1):
            out = bytearray(n)
            order.fill(memoryview(out), 0, (0, cut, n))
            assert list(out) == [slot >= cut for slot in slots], (n, cut)


@pytest.mark.parametrize("n", [16_384, 16_385, 70_001, 300_000])
def test_large_shuffles_agree_with_their_scalars(n: int) -> None:
    order = Shuffled(n, 11)
    counts = [n // 2, n // 3, 0, 1, n - n // 2 - n // 3 - 1]
    bounds = [0, *accumulate(counts)]
    out = array("B", bytes(n))

    order.fill(memoryview(out), 0, bounds)

    assert [Counter(out)[owner] for owner in range(5)] == counts
    slots = list(order.slots(0, n))
    assert sorted(slots) == list(range(n))
    assert all(order.slot(at) == slots[at] and order.position(slots[at]) == at for at in range(0, n, 997))
    assert out.tolist() == [sum(slot >= bound for bound in bounds[1:-1]) for slot in slots]


@given(counts=cuts(60))
def test_fast_and_obvious_interleaving_agree(counts: list[int]) -> None:
    order: Order = Interleaved(counts)
    out = array("B", bytes(order.n))

    order.fill(memoryview(out), 0, order.bounds)  # type: ignore[attr-defined]

    assert out.tolist() == twins.interleaved(counts)


def test_different_seeds_give_different_orders() -> None:
    for name in ("shuffled", "random", "spread"):
        orders = {tuple(make_order(name, [1000], seed).slots(0, 1000)) for seed in range(5)}
        assert len(orders) == 5, name


def test_an_unknown_order_is_refused_with_the_known_ones() -> None:
    with pytest.raises(InvalidInput, match="order must be one of shuffled, contiguous, .*, got 'sorted'"):
        make_order("sorted", [1], 0)


DIGESTS = {
    "shuffled": "36f5dabdbbafb280",
    "contiguous": "ad33200c97736f88",
    "interleaved": "ed3ca18f0287b87c",
    "random": "153a98264926a530",
    "spread": "cb8254d06f4f6324",
}
"""What plans are, for ever: a change of any of these changes every plan that was ever made."""


@pytest.mark.parametrize("name", ORDERS)
def test_plans_are_the_same_in_every_version(name: str) -> None:
    digest = hashlib.sha256()
    for n in (1, 10, 1000, 16_384, 40_000):
        plan = distribute(n, Workload.of({"ann": 50, "bob": 33.5, "eve": 16.5}), seed=7, order=name)
        digest.update(bytes(plan.labels()))
        digest.update(repr([plan.positions_of("eve")[:50]]).encode())
    for n in (10**6, 10**8, 10**9):
        plan = distribute(n, Workload.even([f"p{at}" for at in range(300)]), seed=-3, order=name)
        digest.update(repr(plan.labels(n // 3, n // 3 + 200)).encode())

    assert digest.hexdigest()[:16] == DIGESTS[name]


@pytest.mark.parametrize("hash_seed", ["0", "1", "random"])
def test_the_hash_seed_of_the_interpreter_does_not_matter(hash_seed: str) -> None:
    program = (
        "from distribution import *; items = [Item(f'i{n}', effort=n % 5, attributes={'dir': n % 7}) for n in range(99)]\n"
        "for basis in (ByCount(), ByEffort(), Stratified('dir'), Grouped('dir')):\n"
        "    print(distribute(items, Workload.even(['ann', 'bob', 'eve']), seed=3, basis=basis).to_json())"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={"PYTHONHASHSEED": hash_seed, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )

    assert hashlib.sha256(done.stdout.encode()).hexdigest()[:16] == "9c0c330b35de5f82"


def test_a_golden_multiplier_is_coprime_and_evenly_spread() -> None:
    for n in range(1, 400):
        multiples = {golden_multiplier(n) * at % n for at in range(n)}
        assert len(multiples) == n
    first_hundred = sorted(golden_multiplier(10_000) * at % 10_000 for at in range(100))
    gaps = {b - a for a, b in pairwise(first_hundred)}
    assert max(gaps) < 4 * min(gaps)


def test_drawn_words_and_mixed_counters_are_spread_over_their_range() -> None:
    drawn = words(7, "test", 64_000)
    mixed = [mix(at) >> 58 for at in range(64_000)]
    for cells in (Counter(word >> 24 for word in drawn), Counter(mixed)):
        # Chi-squared with 63 degrees of freedom: 63 +- 11; the seeds are fixed, so this cannot flicker.
        assert sum((cells[cell] - 1000) ** 2 / 1000 for cell in range(64)) < 63 + 4 * 11.3
    assert sorted(permutation(7, "test", 1000)) == list(range(1000))


def test_a_shuffle_mixes_strata_more_evenly_than_chance() -> None:
    plan = distribute(1_000_000, Workload.even([f"p{at}" for at in range(10)]), seed=5)
    labels = plan.labels()

    counts = [Counter(labels[start : start + 10_000]) for start in range(0, 1_000_000, 10_000)]

    # 100 strata of 10,000: by chance a count is 1000 +- 30.
    deviation = sum((c[owner] - 1000) ** 2 for c in counts for owner in range(10)) / 1000
    assert deviation**0.5 < 15
