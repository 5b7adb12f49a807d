"""Hypothesis strategies for the values of the core.

Holds: one strategy for each kind of value, shrinking to the plainest.
Does not hold: properties (see laws), expected answers (see twins).
Depends on: basis, filters, overlap, plan, rules, split, static, values, workload.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from hypothesis import strategies as st

from distribution.basis import Basis, ByCount, ByEffort, Grouped, Stratified
from distribution.filters import (
    COMPARISONS,
    AllOf,
    AnyOf,
    Compare,
    Element,
    Empty,
    Exists,
    Filter,
    Glob,
    Not,
    OneOf,
)
from distribution.overlap import Overlap
from distribution.plan import Plan
from distribution.rules import Rules
from distribution.split import ORDERS
from distribution.static import distribute
from distribution.values import Item, Json
from distribution.workload import Workload

NAMES = ("a", "b", "dir", "tags")
"""Fields that generated items and filters share, few enough that they often meet."""
STRANGE_NAMES = ('"', "\\", 'a"b\\', "[0]", "$", "'", "é", "😀", "0", "a b", "\n", "_c", "\\u0022")
"""Names that a query language may stumble over."""


def seeds() -> st.SearchStrategy[int]:
    """Give seeds of plans."""
    return st.integers(-(2**70), 2**70)


def ids() -> st.SearchStrategy[str]:
    """Give ids of items and people: anything but control characters and lone surrogates."""
    return st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1, max_size=12)


def weights(max_size: int = 8) -> st.SearchStrategy[list[Fraction]]:
    """Give weights of which at least one is positive: small, equal, huge, tiny and zero."""
    some = st.one_of(
        st.integers(0, 10),
        st.integers(0, 10**30),
        st.fractions(0, 100, max_denominator=50),
        st.just(Fraction(1, 10**9)),
    )
    return st.lists(some.map(Fraction), min_size=1, max_size=max_size).filter(any)


def workloads(max_size: int = 8) -> st.SearchStrategy[Workload]:
    """Give workloads of up to *max_size* people."""
    return weights(max_size).map(
        lambda given: Workload.weights([(f"p{at}", w) for at, w in enumerate(given)])
    )


def orders() -> st.SearchStrategy[str]:
    """Give the name of an order."""
    return st.sampled_from(ORDERS)


def bases() -> st.SearchStrategy[Basis]:
    """Give what is shared out."""
    return st.sampled_from([ByCount(), ByEffort(), Stratified("dir"), Grouped("dir")])


def numbers() -> st.SearchStrategy[int | float]:
    """Give any number that an attribute may have, often near another or near a limit."""
    return st.one_of(
        st.integers(-(2**63), 2**63 - 1),
        st.floats(allow_nan=False, allow_infinity=False),
        st.sampled_from([2**53, 2**53 + 1, 2**63 - 1, -(2**63), 2.0**53, 2.0**63, -(2.0**63), 5e-324]),
    )


def scalars() -> st.SearchStrategy[Json]:
    """Give single values, near each other across types, so that 1, true and "1" meet."""
    return st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-2, 3),
        st.sampled_from([0.5, 1.0, -0.0, 2.5, 1e300]),
        numbers(),
        st.sampled_from(
            ["", "a", "b", "ab", "/a/b", "1", "*", "?", "[", "é", "2026-11-22", "a\nb", "_", "%", "\\"]
        ),
        st.sampled_from(["😀", "\ufffd", "\uffff", "a\uffffb", "[]", "{}", '"', "null"]),
        st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=4),
    )


def attribute_values(names: Sequence[str] = NAMES) -> st.SearchStrategy[Json]:
    """Give values of attributes: scalars, lists and mappings of them."""
    return st.recursive(
        scalars(),
        lambda inner: st.one_of(
            st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(names), inner, max_size=3)
        ),
        max_leaves=6,
    )


def attributes(names: Sequence[str] = NAMES) -> st.SearchStrategy[dict[str, Json]]:
    """Give the attributes of an item."""
    return st.dictionaries(st.sampled_from(names), attribute_values(names), max_size=4)


def efforts() -> st.SearchStrategy[Fraction]:
    """Give efforts: mostly small, often 0 or 1, sometimes far larger than all others."""
    return st.one_of(st.integers(0, 5), st.fractions(0, 10, max_denominator=6), st.just(1000)).map(Fraction)


@st.composite
def items(draw: st.DrawFn, max_size: int = 40) -> list[Item]:
    """Give items with different ids, a `dir` among few, and efforts."""
    size = draw(st.integers(0, max_size))
    folders = draw(
        st.lists(
            st.one_of(st.sampled_from(["/a", "/b", "/a/b", 1, True, None]), scalars()), min_size=1, max_size=4
        )
    )
    return [
        Item(f"i{at}", effort=draw(efforts()), attributes={"dir": draw(st.sampled_from(folders))})
        for at in range(size)
    ]


def paths(names: Sequence[str] = NAMES) -> st.SearchStrategy[str]:
    """Give dotted paths that often lead somewhere."""
    return st.lists(st.sampled_from(names), min_size=1, max_size=3).map(".".join)


def patterns() -> st.SearchStrategy[str]:
    """Give patterns for `like`."""
    return st.text(st.sampled_from("ab/*?[.]^-\ufffd\uffff"), max_size=6)


def filters(max_leaves: int = 6, names: Sequence[str] = NAMES) -> st.SearchStrategy[Filter]:
    """Give predicate trees over the fields that generated attributes have."""
    leaves: st.SearchStrategy[Any] = st.one_of(
        st.builds(Compare, paths(names), st.sampled_from(COMPARISONS), scalars()),
        st.builds(OneOf, paths(names), st.lists(scalars(), max_size=3), st.booleans()),
        st.builds(Exists, paths(names), st.booleans()),
        st.builds(Empty, paths(names)),
        st.builds(Glob, paths(names), patterns()),
    )
    return st.recursive(
        leaves,
        lambda inner: st.one_of(
            st.builds(Not, inner),
            st.builds(Element, paths(names), inner),
            st.lists(inner, max_size=3).map(AllOf),
            st.lists(inner, max_size=3).map(AnyOf),
        ),
        max_leaves=max_leaves,
    )


def overlaps(most: int = 4) -> st.SearchStrategy[Overlap]:
    """Give overlaps of each kind, by up to *most* people each."""
    people = st.integers(2, most)
    return st.one_of(
        st.builds(Overlap, percent=st.fractions(0, 100, max_denominator=8), assignees=people),
        st.builds(Overlap, count=st.integers(0, 50), assignees=people),
        st.builds(Overlap, where=filters(names=("dir",)), assignees=people),
    )


@st.composite
def overlapped_plans(draw: st.DrawFn, max_size: int = 40) -> Plan:
    """Give plans in which some items may have several people."""
    workload = draw(workloads().filter(lambda given: sum(share > 0 for share in given.shares) > 1))
    overlap = draw(overlaps(sum(share > 0 for share in workload.shares)))
    # A number will do where nothing is asked of the items.
    some = items(max_size) if overlap.where else st.one_of(items(max_size), st.integers(0, 10 * max_size))
    return distribute(draw(some), workload, seed=draw(seeds()), order=draw(orders()), overlap=overlap)


PEOPLE = ("ann", "bob", "eve", "max")
SKILLS = ("a", "b", "ann", "1")
"""Skills that texts among generated attributes name now and then."""


def rules(
    people: Sequence[str] = PEOPLE, names: Sequence[str] = NAMES, skills: Sequence[str] = SKILLS
) -> st.SearchStrategy[Rules]:
    """Give rules about these people and the fields that generated attributes have; the plainest has none."""
    who = st.sampled_from(people)

    def some(draw: st.DrawFn) -> Rules:
        needs = draw(st.none() | paths(names))
        having = st.dictionaries(who, st.lists(st.sampled_from(skills), max_size=3, unique=True).map(tuple))
        return Rules(
            needs=needs,
            skills={} if needs is None else draw(having),
            blocked=draw(st.none() | paths(names)),
            reserved=draw(st.none() | paths(names)),
            teams=draw(st.dictionaries(who, st.sampled_from(["red", "blue"]))),
        )

    return st.composite(some)()


def marked_attributes(
    people: Sequence[str] = PEOPLE, names: Sequence[str] = NAMES, skills: Sequence[str] = SKILLS
) -> st.SearchStrategy[dict[str, Json]]:
    """Give attributes that often name skills and people: one, a list of them, nested, empty, or no text at all."""
    word: st.SearchStrategy[Json] = st.one_of(st.sampled_from([*people, *skills]), scalars())
    value = st.recursive(
        word,
        lambda inner: st.one_of(
            st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(names), inner, max_size=2)
        ),
        max_leaves=4,
    )
    return st.dictionaries(st.sampled_from(names), value, max_size=len(names))
