"""Gold in tasks: extra to the share, met now and then, never twice, and by nothing told apart."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from adapters.memory import MemoryStore
from adapters.sqlite import SqliteStore
from distribution import (
    ByCount,
    ByEffort,
    GoldPool,
    GoldShare,
    Grouped,
    InvalidInput,
    Item,
    Overlap,
    Pull,
    Rules,
    Sample,
    Stratified,
    Workload,
    distribute,
    field,
)
from distribution.gold import Gold, due
from distribution.testing.invariants import invariants
from tests.office import HALF_AN_HOUR, Office

PULL = Pull(batch_size=5, max_batch_workload=12, lease=HALF_AN_HOUR)
TEAM = ("ann", "bob", "eve")


def pool(count: int, rule: Gold | None = None) -> GoldPool:
    """Make gold with ids as all others have."""
    items = [Item(f"m{at}", attributes={"truth": "cat"}) for at in range(count)]
    return GoldPool(items, rule or GoldShare(20))


@pytest.fixture(params=["memory", "sqlite"])
def office(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    """Lend a dispatcher over each store."""
    store = MemoryStore() if request.param == "memory" else SqliteStore(tmp_path / "work.db")
    with Office(store) as lent:
        yield lent


def queue(office: Office, gold: GoldPool, count: int = 40, **options: Any) -> str:
    names = [f"i{at:02}" for at in range(count)]
    return office.create("mixed", names, allowed=TEAM, pull=PULL, gold=gold, seed=3, **options).id


def meets(office: Office, task: str, who: str, most: int = 100) -> list[str]:
    """Let her pull and finish until there is nothing; name all she got, in order."""
    got: list[str] = []
    while len(got) < most and (batch := office.pull(task, who)):
        got += batch.items
        office.set_status(task, who, batch.items, "completed", answers=dict.fromkeys(batch.items, "cat"))
    return got


def test_gold_is_extra_to_shares_and_progress(office: Office) -> None:
    plain = distribute(30, Workload.even(TEAM), seed=3).counts()
    task = office.create(
        "shared", [f"i{at}" for at in range(30)], workload=Workload.even(TEAM), gold=pool(4), seed=3
    ).id

    now = office.progress(task)

    assert {a.assignee: a.open for a in now.assignments} == plain
    assert (now.items, now.total, now.waiting) == (30, 30, 0)
    for who in TEAM:
        hers = office.holds(task, who)
        assert len(hers) > plain[who]
        assert len(set(hers)) == len(hers)
    invariants(office.store, task)


def test_gold_stands_in_everybodys_order_of_work_where_it_is_due(office: Office) -> None:
    names = [f"i{at:03}" for at in range(150)]
    task = office.create("shared", names, workload=Workload.even(TEAM), gold=pool(50), seed=3).id

    for who in TEAM:
        hers = office.holds(task, who)
        places = [at for at, item in enumerate(hers) if item.startswith("m")]
        assert abs(len(places) - len(hers) // 5) <= 1
        assert sum(due(GoldShare(20), 3, who, at) for at in places) >= len(places) - 1


def test_gold_counts_for_the_cap_and_not_for_the_queue(office: Office) -> None:
    task = queue(office, pool(6))
    batch = office.pull(task, "ann")

    assert len(batch) == 5
    golden = [item for item in batch if item.startswith("m")]
    assert len(golden) == 1
    now = office.progress(task)
    assert (now.open, now.waiting, now.total) == (4, 36, 40)
    office.pull(task, "ann")
    assert office.pull(task, "ann").reason is not None, (
        "ten are open, and fifteen would pass the cap of twelve"
    )


def test_nobody_meets_the_same_gold_twice_and_each_in_an_order_of_her_own(office: Office) -> None:
    task = queue(office, pool(6), 90)
    got = {who: meets(office, task, who, 30) for who in TEAM}
    golden = {who: [item for item in items if item.startswith("m")] for who, items in got.items()}

    assert all(len(set(items)) == len(items) for items in golden.values())
    assert len({tuple(items) for items in golden.values()}) == 3
    assert Counter(map(len, golden.values())) == {6: 3}, "the pool is used up, and ordinary work goes on"


def test_every_fifth_place_on_average_is_gold_and_nobody_can_foresee_which(office: Office) -> None:
    places: Counter[int] = Counter()
    for seed in range(60):
        names = [f"i{at}" for at in range(10)]
        task = office.create("m", names, allowed=["ann"], pull=PULL, gold=pool(3), seed=seed).id
        (place,) = [at for at, item in enumerate(office.pull(task, "ann")) if item.startswith("m")]
        places[place] += 1

    assert set(places) == {0, 1, 2, 3, 4}
    assert max(places.values()) < 30


def test_what_went_back_is_never_hers_again(office: Office) -> None:
    task = queue(office, pool(2), 30)
    first = office.pull(task, "ann")
    (golden,) = [item for item in first if item.startswith("m")]
    office.release(task, "ann", [golden])

    assert golden not in meets(office, task, "ann")
    invariants(office.store, task)


def test_gold_whose_lease_has_ended_comes_back_to_nobody(office: Office) -> None:
    task = queue(office, pool(1), 8)
    office.pull(task, "ann")
    office.wait(hours=1)

    rest = meets(office, task, "bob")

    assert sorted(item for item in rest if not item.startswith("m")) == [f"i{at:02}" for at in range(8)]
    assert office.states(task, "m0")["ann"] == "returned"


def test_gold_never_moves(office: Office) -> None:
    names = [f"i{at:02}" for at in range(30)]
    task = office.create("shared", names, workload=Workload.even(TEAM), gold=pool(4), seed=3).id
    before = {who: {i for i in office.holds(task, who) if i.startswith("m")} for who in TEAM}

    office.redistribute(task, Workload.of({"ann": 80, "bob": 10, "eve": 10}))
    office.reassign(task, "bob", "eve")
    refused = office.remove_items(task, ["m0"]).refused

    after = {who: {i for i in office.holds(task, who) if i.startswith("m")} for who in TEAM}
    assert after == before | {"bob": set()}, "it went back from bob, who has nothing else, and to nobody"
    assert [left.item for left in refused] == ["m0"]
    office.wait(days=3)
    office.reclaim(task, idle=HALF_AN_HOUR)
    invariants(office.store, task)


def test_gold_is_not_asked_by_rules_and_left_out_of_agreement_and_reviews(office: Office) -> None:
    task = queue(office, pool(6), rules=Rules(reserved="only"), overlap=Overlap(percent=50))
    for who in TEAM:
        meets(office, task, who)

    assert not any(item.startswith("m") for item in office.ratings(task).items)
    review = office.create_qa(task, ["zoe"], Sample(percent=100))
    assert not any(row.item.startswith("m") for row in office.items(review.id))
    results = office.results(task)
    assert results["ann"].correct == 6
    assert not any(result.wrong for result in results.values())


def test_handing_in_and_pulling_meets_the_same_gold_as_pulling_alone(office: Office) -> None:
    one, two = queue(office, pool(6)), queue(office, pool(6))
    apart = meets(office, one, "ann")
    together: list[str] = []
    items: tuple[str, ...] = ()
    while (turn := office.submit_and_pull(two, "ann", items, "completed")).batch:
        items = turn.batch.items
        together += items

    assert together == apart


def test_the_history_played_again_gives_the_gold_too(office: Office) -> None:
    task = office.create("shared", ["a", "b", "c", "d", "e"], workload=Workload.even(TEAM), gold=pool(3)).id
    office.set_status(task, "ann", office.holds(task, "ann"), "completed")

    replayed = office.replayed(task)

    assert replayed.positions == 8
    assert {who for (position, who) in replayed.cells if position >= 5} <= set(TEAM)


@pytest.mark.parametrize(
    ("gold", "message"),
    [
        (5, "gold must be a GoldPool, got 5; use GoldPool(items)"),
        (
            GoldPool([Item("a", attributes={"truth": "x"})]),
            "gold must be other items than those of the task, got 'a'",
        ),
        (GoldPool([Item("g")]), "gold must have a known answer, got 'g'; give it the attribute 'truth'"),
    ],
)
def test_what_is_no_gold_is_refused(office: Office, gold: Any, message: str) -> None:
    with pytest.raises(InvalidInput) as error:
        office.create("m", ["a"], allowed=["ann"], pull=PULL, gold=gold)

    assert str(error.value) == message


@pytest.mark.parametrize(
    ("items", "rule"),
    [([], GoldShare(5)), (["g"], GoldShare(5)), ([Item("g"), Item("g")], GoldShare(5)), ([Item("g")], 5)],
)
def test_a_pool_of_nothing_of_ids_alone_of_doubles_or_without_a_rule_is_refused(
    items: Any, rule: Any
) -> None:
    with pytest.raises(InvalidInput):
        GoldPool(items, rule)


OTHERS: dict[str, dict[str, Any]] = {
    "by count": {"basis": ByCount()},
    "by effort": {"basis": ByEffort()},
    "stratified": {"basis": Stratified("size")},
    "grouped": {"basis": Grouped("size")},
    "overlapping": {"overlap": Overlap(where=field("size").greater(1), assignees=2)},
}


@pytest.mark.parametrize("how", OTHERS)
def test_items_that_come_later_are_shared_out_as_if_there_were_no_gold(office: Office, how: str) -> None:
    """Gold is heavy, of every stratum and group, and with everybody: and none of it is counted."""
    known = [Item(f"m{at}", effort=9, attributes={"truth": "cat", "size": at}) for at in range(8)]
    first, later = (
        [Item(f"{name}{at:02}", effort=1 + at % 3, attributes={"size": at % sizes}) for at in range(20)]
        for name, sizes in (("i", 5), ("j", 8))
    )
    shares = Workload.of({"ann": 60, "bob": 30, "eve": 10})
    tasks = [
        office.create("t", first, workload=shares, gold=g, seed=2, **OTHERS[how]).id
        for g in (GoldPool(known, GoldShare(50)), None)
    ]
    for task in tasks:
        for who in TEAM:
            # Gold that is done counts as little as gold that is open.
            mine = [item for item in office.holds(task, who) if item < "i09" or item.startswith("m")]
            office.set_status(task, who, mine, "completed")

        office.add_items(task, later)

    owners = [{row.item: [*row.cells] for row in office.items(task) if row.item[0] in "ij"} for task in tasks]
    assert owners[0] == owners[1]


def test_removing_by_a_filter_reports_no_gold(office: Office) -> None:
    """It does not stand there as if somebody had named it."""
    items = [Item(f"i{at}", attributes={"truth": "dog"}) for at in range(8)]
    task = office.create("t", items, workload=Workload.even(TEAM), gold=pool(4)).id

    change = office.remove_items(task, where=field("truth").exists())

    assert change.refused == ()
    assert office.get(task).items == 0


def test_gold_stays_where_only_some_of_her_work_goes_to_another(office: Office) -> None:
    items = [Item(f"i{at}", attributes={"half": at % 2}) for at in range(20)]
    task = office.create("shared", items, workload=Workload.even(TEAM), gold=pool(4), seed=3).id
    before = {item for item in office.holds(task, "bob") if item.startswith("m")}

    office.reassign(task, "bob", "eve", where=field("half").not_equal(0))

    assert {item for item in office.holds(task, "bob") if item.startswith("m")} == before
