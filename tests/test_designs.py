"""Balanced designs: every two people meet equally often."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import combinations
from math import comb

import pytest
from hypothesis import given
from hypothesis import strategies as st

from distribution.designs import MOST_BLOCKS, Block, balanced_design
from tests.conftest import table

KNOWN = [{name: int(value) for name, value in row.items()} for row in table("block_designs.csv")]


MORE = {
    (7, 4): (7, 2), (8, 4): (14, 3), (9, 4): (18, 3), (9, 5): (18, 5), (9, 6): (12, 5), (10, 5): (18, 4),
    (10, 6): (15, 5), (11, 6): (11, 3), (12, 3): (44, 2), (12, 4): (33, 3), (12, 6): (22, 5), (13, 9): (13, 6),
    (13, 10): (26, 15), (14, 7): (26, 6), (15, 7): (15, 3), (15, 8): (15, 4), (15, 12): (35, 22),
    (16, 6): (16, 2), (16, 10): (16, 6), (16, 12): (20, 11), (19, 3): (57, 1), (19, 9): (19, 4),
    (19, 10): (19, 5), (21, 16): (21, 12), (23, 11): (23, 5), (23, 12): (23, 6), (25, 4): (50, 1),
    (28, 4): (63, 1), (31, 6): (31, 1), (31, 25): (31, 20), (37, 9): (37, 2), (57, 8): (57, 1), (73, 9): (73, 1),
}  # fmt: skip
"""Blocks, and how often every two meet, of designs that no file of published numbers has."""


def meetings(blocks: Sequence[Block]) -> set[int]:
    """Give the numbers of blocks that two people share."""
    return set(Counter(pair for block in blocks for pair in combinations(block, 2)).values())


@pytest.mark.parametrize("row", KNOWN, ids=lambda row: f"{row['v']} people in {row['k']}s")
def test_a_known_design_has_the_published_blocks_and_keeps_the_laws_of_designs(row: dict[str, int]) -> None:
    """Counting blocks, blocks a person and blocks a pair; Fisher's inequality b >= v."""
    v, b, r, k, least = (row[name] for name in "vbrkl")

    blocks = balanced_design(v, k, b)

    assert len(blocks) == b >= v
    assert set(Counter(a for block in blocks for a in block).values()) == {r}
    assert meetings(blocks) == {least}
    assert (b * k, least * (v - 1)) == (v * r, r * (k - 1))
    assert all(len(set(block)) == k and sorted(block) == list(block) for block in blocks)
    assert set().union(*blocks) == set(range(v))


@pytest.mark.parametrize("row", KNOWN, ids=lambda row: f"{row['v']} people in {row['k']}s")
def test_a_design_with_more_blocks_than_asked_for_is_not_given(row: dict[str, int]) -> None:
    """One block less than it needs is none at all."""
    assert balanced_design(row["v"], row["k"], row["b"] - 1) == []


@pytest.mark.parametrize(("v", "k"), MORE)
def test_difference_families_and_what_their_blocks_leave_out_are_designs(v: int, k: int) -> None:
    """Everybody in as many blocks, every two in as many, and no more than are known to do."""
    b, least = MORE[v, k]

    blocks = balanced_design(v, k, b)

    assert len(blocks) == b >= v
    assert meetings(blocks) == {least}
    assert set(Counter(a for block in blocks for a in block).values()) == {b * k // v}
    assert (least * (v - 1), b * k % v) == (b * k // v * (k - 1), 0)
    assert all(len(set(block)) == k and sorted(block) == list(block) for block in blocks)
    assert set().union(*blocks) == set(range(v))
    assert balanced_design(v, k, b - 1) == []


@given(v=st.integers(2, 9), data=st.data())
def test_all_subsets_are_a_design_where_no_smaller_one_is_known(v: int, data: st.DataObject) -> None:
    """Every two share one block for each choice of the other members."""
    k = data.draw(st.integers(2, v))

    blocks = balanced_design(v, k, comb(v, k))

    if not balanced_design(v, k, comb(v, k) - 1):
        assert blocks == list(combinations(range(v), k))
        assert meetings(blocks) == {comb(v - 2, k - 2)}
    else:
        assert len(blocks) < comb(v, k)


def test_a_complete_design_of_too_many_blocks_is_not_written_out() -> None:
    """Forty in threes would be 9880."""
    assert comb(40, 3) > MOST_BLOCKS
    assert balanced_design(40, 3, 10**9) == []
