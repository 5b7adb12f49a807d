"""Aggregation by crowd-kit, where it is installed."""

from __future__ import annotations

import sys

import pytest

from adapters.crowdkit import METHODS, aggregate
from distribution.aggregation import majority
from distribution.errors import InvalidInput
from distribution.ratings import Ratings

PEOPLE = ("ann", "bob", "eve", "max")
CLEAR = Ratings.of(
    (f"item {n:02}", who, ("cat", "dog", 3)[(n + (n % 4 == 0 and who == PEOPLE[n % 3])) % 3])
    for n in range(24)
    for who in PEOPLE
)
"""On every item three of four say what is true."""


@pytest.mark.parametrize("method", METHODS)
def test_every_method_finds_what_is_clear(method: str) -> None:
    """Items and answers come back under their own names."""
    pytest.importorskip(
        "crowdkit", reason="crowd-kit is not installed: pip install 'work-distribution[crowdkit]'"
    )

    answers = aggregate(CLEAR, method)

    assert answers == {vote.item: vote.answer for vote in majority(CLEAR)}


def test_settings_reach_the_model() -> None:
    """And one it does not know is refused with its name."""
    pytest.importorskip(
        "crowdkit", reason="crowd-kit is not installed: pip install 'work-distribution[crowdkit]'"
    )

    assert aggregate(CLEAR, "MACE", n_restarts=1, random_state=3)["item 02"] == 3
    with pytest.raises(
        InvalidInput, match=r"^settings of GLAD must be known to crowd-kit, got {'restarts': 1}"
    ):
        aggregate(CLEAR, "GLAD", restarts=1)


def test_without_crowd_kit_the_way_to_install_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """One line."""
    monkeypatch.setitem(sys.modules, "crowdkit.aggregation", None)

    with pytest.raises(InvalidInput) as error:
        aggregate(CLEAR, "GLAD")

    assert (
        str(error.value) == "GLAD must have crowd-kit, got 'none'; pip install 'work-distribution[crowdkit]'"
    )


def test_what_crowd_kit_cannot_take_is_refused_before_it_is_loaded() -> None:
    """An unknown method, nothing, repeats."""
    repeated = Ratings.of([("i", "ann", 1), ("i", "ann", 1)], repeats=True)

    with pytest.raises(
        InvalidInput, match=r"^method must be one of GLAD, MACE, MMSR, Wawa, ZeroBasedSkill, got"
    ):
        aggregate(CLEAR, "DawidSkene")
    with pytest.raises(InvalidInput, match=r"^ratings must hold at least one, got 0"):
        aggregate(Ratings.of([]), "GLAD")
    with pytest.raises(InvalidInput, match=r"^ratings must hold at most one answer"):
        aggregate(repeated, "GLAD")
