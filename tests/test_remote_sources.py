"""Items of a dataset as plans see them, and what is said where they cannot be had."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given

from adapters.dataloop.dql import parse
from adapters.dataloop.platform import NotLoggedIn, PlatformFailed
from adapters.dataloop.sources import dql_of, item_of, items_of
from distribution import Stratified, Workload, distribute, field
from distribution.errors import InvalidInput
from distribution.filters import Filter, matches
from distribution.testing import strategies
from distribution.values import Item
from tests.remote_fake import FakePlatform


def ids(items: Sequence[Item]) -> list[str]:
    return [item.id for item in items]


def test_items_come_page_by_page_in_the_order_of_their_ids() -> None:
    told = list[tuple[str, int, int | None]]()

    items = list(items_of(FakePlatform(8), progress=lambda *now: told.append(now)))

    assert ids(items) == [f"i{n}" for n in range(8)]
    assert told == [("reading", 3, 8), ("reading", 6, 8), ("reading", 8, 8)]


def test_a_page_is_asked_for_when_it_is_wanted() -> None:
    platform = FakePlatform(8)

    next(items_of(platform))

    assert platform.calls == ["items"]


def test_what_changes_while_people_work_is_no_attribute() -> None:
    platform = FakePlatform(3)
    before = list(items_of(platform))
    platform.items["i1"]["metadata"]["system"]["taskStatusLog"] = [{"action": "created"}]
    platform.items["i1"]["metadata"]["system"]["refs"] = [{"id": "t", "type": "task"}]

    assert list(items_of(platform)) == before
    assert before[1].attributes == {
        "filename": "/1/i1.png",
        "dir": "/1",
        "type": "file",
        "annotationsCount": 1,
        "metadata": {"system": {"size": 10}, "user": {}},
    }


def test_filters_strata_and_effort_use_the_same_paths() -> None:
    platform = FakePlatform(8)
    items = list(items_of(platform, field("dir").equal("/1"), effort="metadata.system.size"))

    assert [item.effort for item in items] == [10, 30, 50, 70]
    assert ids(items) == ids(
        [item for item in items_of(platform) if matches(field("dir").equal("/1"), item.attributes)]
    )
    plan = distribute(items_of(platform), Workload.even(["ann", "bob"]), basis=Stratified("dir"))
    assert plan.counts() == {"ann": 4, "bob": 4}


def test_hidden_files_and_folders_are_left_out_by_a_filter_of_ours() -> None:
    platform = FakePlatform(4)
    platform.items["i0"]["hidden"] = True
    platform.items["i1"]["type"] = "dir"

    assert ids(list(items_of(platform))) == ["i2", "i3"]
    assert ids(list(items_of(platform, field("annotationsCount").less(3)))) == ["i2"]


@given(where=strategies.filters(), attributes=strategies.attributes())
def test_a_filter_of_ours_is_sent_so_that_it_means_the_same(where: Filter, attributes: Any) -> None:
    try:
        sent, join = dql_of(where)
    except InvalidInput:
        return  # DQL has no words for it, and says so
    assert join is None
    item = {**attributes, "hidden": False, "type": "file"}
    assert matches(parse(sent), item) == matches(where, item)


class SdkFilters:
    """What of `dl.Filters` is used."""

    def prepare(self) -> dict[str, Any]:
        return {
            "filter": {"$and": [{"dir": "/1"}]},
            "page": 7,
            "sort": {"name": "descending"},
            "join": {"on": {}},
        }


def test_of_a_filter_of_the_sdk_the_filter_and_the_join_count() -> None:
    assert dql_of(SdkFilters()) == ({"$and": [{"dir": "/1"}]}, {"on": {}})


@pytest.mark.parametrize("where", ["dir=/cats", {"dir": "/cats"}, 7])
def test_what_is_no_filter_is_refused(where: Any) -> None:
    with pytest.raises(InvalidInput, match="filter of a dataset must be a filter of ours or a dl.Filters"):
        dql_of(where)


def test_an_item_that_cannot_be_one_is_named() -> None:
    wire = {"id": "i", "filename": "/a/b.png", "metadata": {"user": {"effort": "1/3", "much": 2**70}}}

    with pytest.raises(InvalidInput) as refused:
        item_of(wire)
    assert str(refused.value).startswith("attributes.metadata.user.much of '/a/b.png' must fit 64 bits")
    del wire["metadata"]["user"]["much"]  # type: ignore[index]
    assert item_of(wire, "metadata.user.effort").effort == Fraction(1, 3)
    for path, got in (("metadata.user.none", None), ("filename", "/a/b.png")):
        with pytest.raises(InvalidInput) as refused:
            item_of(wire, path)
        assert str(refused.value) == (
            f"effort of '/a/b.png' must be a number at {path}, got {got!r}; give it one, or leave such items out by the filter"
        )
    with pytest.raises(InvalidInput, match="path of the effort"):
        next(items_of(FakePlatform(1), effort="a..b"))


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (
            PlatformFailed("adding items", "500", "down"),
            (
                "Dataloop failed while adding items: 500, down; run the same again: what is done already is found and not done"
                " twice"
            ),
        ),
        (PlatformFailed("listing items", "400", "no"), "Dataloop failed while listing items: 400, no"),
        (
            PlatformFailed("listing items", "429", "slow"),
            "Dataloop failed while listing items: 429, slow; ask for fewer requests a second",
        ),
        (
            PlatformFailed("deleting task 't'", "403", "forbidden"),
            "Dataloop failed while deleting task 't': 403, forbidden; ask an owner of the project for the right to",
        ),
        (
            NotLoggedIn("https://gate"),
            (
                "Dataloop at 'https://gate' accepts no token of yours, or it has expired; log in: python -c"
                ' "import dtlpy; dtlpy.login()", or without a browser dtlpy.login_m2m(email, password) or'
                " dtlpy.login_api_key(key)"
            ),
        ),
    ],
)
def test_what_the_platform_does_not_do_is_one_line_and_travels(error: Exception, sentence: str) -> None:
    assert str(error) == sentence
    for travelled in (pickle.loads(pickle.dumps(error)), copy.copy(error)):  # noqa: S301  our own bytes
        assert str(travelled) == sentence
