"""Obligations of a `KeepingShelf`, one test for each sentence of its docstring.

Holds: the contract, and random changes that two shelves must agree about.
Does not hold: any shelf (see adapters).
Depends on: errors, filters, shelf, testing.strategies.

Subclass `ShelfContract` in a test file of your own, with a `shelf` fixture that closes it; for one that
outlives its process `DurableShelfContract`, and say how to open it `again`. pytest does
the rest.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeAlias

import pytest
from hypothesis import strategies as st

from distribution.filters import field
from distribution.shelf import Desk, Document, KeepingShelf
from distribution.testing import strategies

Change: TypeAlias = tuple[str, str, Any]
"""What a random change does, to which document, with what."""
CONTESTANTS = 6
KINDS = ("item", "folder")
IDS = ("a", "b", "c", "é", "'", "%")


class ShelfContract:
    """What every shelf must do; see `distribution.shelf.KeepingShelf`."""

    rounds = 20
    """How often each contestant of a duel changes one document."""

    def test_what_is_put_is_found_by_id_in_the_order_asked_for(self, shelf: KeepingShelf) -> None:
        """What is not there is left out, and is no error."""
        put(shelf, Document("a", {"n": 1}), Document("b", {"n": [None, {"x": "é"}]}, ["k"]))

        found = shelf.get("item", ["b", "nowhere", "a"])

        assert list(found) == ["b", "a"]
        assert found["b"] == Document("b", {"n": [None, {"x": "é"}]}, ["k"])

    def test_a_kind_knows_nothing_of_another(self, shelf: KeepingShelf) -> None:
        """Ids of different kinds never meet."""
        put(shelf, Document("a", {}))

        assert (shelf.get("folder", ["a"]), shelf.ids("folder"), shelf.stamp("folder")) == ({}, [], 0)

    def test_put_again_it_stands_in_the_place_of_the_one_before_keys_included(
        self, shelf: KeepingShelf
    ) -> None:
        """An old key must not find it any more."""
        put(shelf, Document("a", {"n": 1}, ["old", "both"]))
        put(shelf, Document("a", {"n": 2}, ["new", "both"]))

        assert shelf.get("item", ["a"])["a"].body == {"n": 2}
        assert [shelf.ids("item", key=key) for key in ("old", "both", "new")] == [[], ["a"], ["a"]]

    def test_lists_go_by_id_code_point_by_code_point_in_pages(self, shelf: KeepingShelf) -> None:
        """The last id of a page leads to the next."""
        names = ["a", "B", "é", "b", "￿", "𐀀"]
        put(shelf, *(Document(name, {}) for name in names))
        seen: list[str] = []

        while page := shelf.find("item", after=seen[-1] if seen else None, limit=4):
            seen += [found.id for found in page]

        assert seen == sorted(names) == shelf.ids("item")

    def test_key_and_filter_both_choose(self, shelf: KeepingShelf) -> None:
        """A limit counts what is chosen, not what is looked at."""
        put(shelf, *(Document(f"i{n}", {"n": n}, ["even"] if n % 2 == 0 else []) for n in range(6)))
        where = field("n").greater(1)

        assert [found.id for found in shelf.find("item", key="even", where=where, limit=1)] == ["i2"]
        assert shelf.ids("item", key="even", where=where) == ["i2", "i4"]

    def test_what_is_dropped_is_gone_with_its_keys_and_bytes(self, shelf: KeepingShelf) -> None:
        """Dropping what is not there is no error."""
        put(shelf, Document("a", {}, ["k"]))
        shelf.transact(lambda desk: desk.keep("item", "a", b"\0\xff"))
        assert shelf.content("item", "a") == b"\0\xff"

        shelf.transact(lambda desk: desk.drop("item", ["a", "nowhere"]))

        assert (shelf.get("item", ["a"]), shelf.ids("item", key="k")) == ({}, [])
        assert shelf.content("item", "a") is None

    def test_every_change_gives_another_stamp_and_reading_none(self, shelf: KeepingShelf) -> None:
        """Whoever remembers an answer sees by the stamp whether it still holds."""
        stamps = [shelf.stamp("item")]
        for change in (
            lambda desk: desk.put("item", [Document("a", {})]),
            lambda desk: desk.drop("item", ["a"]),
        ):
            shelf.transact(change)
            stamps += [shelf.stamp("item")]

        assert len(set(stamps)) == 3
        assert shelf.ids("item") == []
        assert shelf.stamp("item") == stamps[-1]

    def test_a_desk_sees_what_it_changed(self, shelf: KeepingShelf) -> None:
        """A transaction reads its own writes."""

        def work(desk: Desk) -> list[str]:
            desk.put("item", [Document("a", {}), Document("b", {})])
            desk.drop("item", ["a"])
            return desk.ids("item")

        assert shelf.transact(work) == ["b"]

    def test_what_raises_leaves_nothing_and_reaches_the_caller_unchanged(self, shelf: KeepingShelf) -> None:
        """All or nothing, stamp and bytes included."""
        put(shelf, Document("a", {"n": 1}))
        before, error = shelf.stamp("item"), KeyError("mine")

        def work(desk: Desk) -> None:
            desk.put("item", [Document("a", {"n": 2}), Document("b", {})])
            desk.keep("item", "b", b"x")
            raise error

        with pytest.raises(KeyError) as caught:
            shelf.transact(work)

        assert caught.value is error
        assert (shelf.get("item", ["a", "b"]), shelf.content("item", "b")) == (
            {"a": Document("a", {"n": 1})},
            None,
        )
        assert shelf.stamp("item") == before

    def test_of_many_who_count_at_once_nobody_is_lost(self, shelf: KeepingShelf) -> None:
        """A shelf without its lock loses some."""
        put(shelf, Document("n", {"n": 0}))

        def count(_: int) -> None:
            for _ in range(self.rounds):
                shelf.transact(one_more)

        with ThreadPoolExecutor(CONTESTANTS) as threads:
            list(threads.map(count, range(CONTESTANTS)))

        assert shelf.get("item", ["n"])["n"].body == {"n": CONTESTANTS * self.rounds}


class DurableShelfContract(ShelfContract, ABC):
    """What a shelf that outlives its process must do besides."""

    @abstractmethod
    def again(self, shelf: Any) -> KeepingShelf:
        """Open the same shelf once more, as another process would."""

    def test_what_is_kept_is_found_by_whoever_opens_it_again(self, shelf: KeepingShelf) -> None:
        """What was answered is on the disk."""
        put(shelf, Document("a", {"n": 1}, ["k"]))
        shelf.transact(lambda desk: desk.keep("item", "a", b"bytes"))

        with self.again(shelf) as other:
            assert other.find("item", key="k") == [Document("a", {"n": 1}, ["k"])]
            assert other.content("item", "a") == b"bytes"


def put(shelf: KeepingShelf, *documents: Document) -> None:
    """Keep these."""
    shelf.transact(lambda desk: desk.put("item", documents))


def one_more(desk: Desk) -> None:
    """Count one further."""
    n = desk.get("item", ["n"])["n"].body["n"]
    desk.put("item", [Document("n", {"n": int(str(n)) + 1})])


def changes() -> st.SearchStrategy[list[Change]]:
    """Give random changes of few documents."""
    keys = st.lists(st.sampled_from(["k", "l", "é"]), max_size=2)
    document = st.tuples(strategies.attributes(), keys)
    one = st.one_of(
        st.tuples(st.just("put"), st.sampled_from(IDS), document),
        st.tuples(st.just("drop"), st.sampled_from(IDS), st.none()),
        st.tuples(st.just("keep"), st.sampled_from(IDS), st.binary(max_size=4)),
    )
    return st.lists(one, max_size=20)


def applied(shelf: KeepingShelf, change: Change, kind: str = "item") -> None:
    """Make one random change."""
    what, name, value = change
    doing: dict[str, Callable[[Desk], None]] = {
        "put": lambda desk: desk.put(kind, [Document(name, value[0], value[1])]),
        "drop": lambda desk: desk.drop(kind, [name]),
        "keep": lambda desk: desk.keep(kind, name, value),
    }
    shelf.transact(doing[what])
