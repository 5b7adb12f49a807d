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


@given(v=st.integers(2, 9), data=st.data())
def test_all_subsets_are_a_design_where_no_smaller_one_is_known(v: int, data: st.DataObject) -> None:
    """Every two share one block for each choice of the other members."""
    k = data.draw(st.integers(2, v))
    known = any((row["v"], row["k"]) == (v, k) for row in KNOWN)

    blocks = balanced_design(v, k, comb(v, k))

    if not known:
        assert blocks == list(combinations(range(v), k))
        assert meetings(blocks) == {comb(v - 2, k - 2)}
        assert balanced_design(v, k, comb(v, k) - 1) == []


def test_a_complete_design_of_too_many_blocks_is_not_written_out() -> None:
    """Forty in threes would be 9880."""
    assert comb(40, 3) > MOST_BLOCKS
    assert balanced_design(40, 3, 10**9) == []
