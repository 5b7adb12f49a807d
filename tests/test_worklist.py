"""What somebody sees of her own work: all she needs, and nothing by which gold is told apart."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.memory import MemoryStore
from adapters.sqlite import SqliteStore
from distribution import InvalidInput, Item, NotFound, Pull, Workload, field
from distribution.codec import encode
from distribution.gold import Gold, GoldFading, GoldShare
from distribution.golden import GoldPool
from distribution.outcomes import Outcome
from distribution.values import Json
from distribution.worklist import Piece
from tests.office import Office

RULES = st.sampled_from([GoldShare(50), GoldShare(20), GoldShare("33.3"), GoldFading(3), GoldFading(10)])
NAMES = [f"i{at:02}" for at in range(12)]


@pytest.fixture(params=["memory", "sqlite"])
def office(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Office]:
    """Lend a dispatcher over each store."""
    store = MemoryStore() if request.param == "memory" else SqliteStore(tmp_path / "work.db")
    with Office(store) as lent:
        yield lent


def photos(names: Sequence[str]) -> list[Item]:
    """Make items that are alike, but that something is known of those called m."""
    shown: dict[str, Json] = {"url": "photo.png", "size": 5}
    known: dict[str, Json] = {**shown, "truth": "cat"}
    return [Item(name, effort=2, attributes=known if name.startswith("m") else shown) for name in names]


def pool(count: int = 5, rule: Gold | None = None) -> GoldPool:
    """Make gold that is given as all others are."""
    return GoldPool(photos([f"m{at}" for at in range(count)]), rule or GoldShare(20))


def names(pieces: Sequence[Piece]) -> list[str]:
    return [piece.item for piece in pieces]


VERBS: dict[str, Callable[[Office, str, list[str]], Outcome]] = {
    "submit": lambda office, task, items: office.set_status(task, "ann", items, "completed"),
    "clear": lambda office, task, items: office.clear_status(task, "ann", items),
    "renew": lambda office, task, items: office.renew(task, "ann", items),
    "skip": lambda office, task, items: office.skip(task, "ann", items),
    "release": lambda office, task, items: office.release(task, "ann", items),
}
steps = st.lists(st.tuples(st.sampled_from(sorted(VERBS)), st.integers(0, 2**8 - 1)), max_size=6)


def some(items: Sequence[str], bits: int) -> list[str]:
    return [item for at, item in enumerate(items) if bits >> at % 8 & 1]


@given(rule=RULES, count=st.integers(1, 9), seed=st.integers(0, 99), steps=steps)
def test_a_list_with_gold_is_that_of_a_task_where_nothing_is_gold(
    rule: Gold, count: int, seed: int, steps: list[tuple[str, int]]
) -> None:
    """The same items as ordinary ones, in the same order: lists and answers are equal, whatever she does."""
    with Office(MemoryStore()) as office, Office(MemoryStore()) as plain:
        alone = Workload.even(["ann"])
        task = office.create("t", photos(NAMES), workload=alone, gold=pool(count, rule), seed=seed).id
        hers = names(office.worklist(task, "ann"))
        twin = plain.create("t", photos(hers), workload=alone, order="contiguous").id

        for verb, bits in steps:
            answers = [VERBS[verb](each, t, some(hers, bits)) for each, t in ((office, task), (plain, twin))]
            assert answers[0] == answers[1]
            assert [*map(encode, office.worklist(task, "ann"))] == [*map(encode, plain.worklist(twin, "ann"))]


@given(
    rule=RULES,
    count=st.integers(1, 9),
    seed=st.integers(0, 99),
    batch=st.integers(1, 5),
    random=st.booleans(),
)
def test_batches_with_gold_are_those_of_a_task_where_nothing_is_gold(
    rule: Gold, count: int, seed: int, batch: int, random: bool
) -> None:
    """Batch by batch, and with everything on her list between them."""
    with Office(MemoryStore()) as office, Office(MemoryStore()) as plain:
        order = "random" if random else "fifo"
        queue: dict[str, Any] = {
            "batch": batch,
            "people": ["ann"],
            "gold": pool(count, rule),
            "seed": seed,
            "order": order,
        }
        rehearsal = office.queue(photos(NAMES), **queue)
        met: list[str] = []
        while got := office.pull(rehearsal, "ann"):
            met += got.items
            office.set_status(rehearsal, "ann", got.items, "completed")
        task, twin = office.queue(photos(NAMES), **queue), plain.queue(met, batch, people=["ann"])

        while got := office.pull(task, "ann"):
            assert got.items == plain.pull(twin, "ann").items
            for each, t in ((office, task), (plain, twin)):
                each.wait(minutes=1)
                assert each.set_status(t, "ann", got.items[:1], "completed").changed
            lists = [
                Counter((piece.item, piece.cell) for piece in each.worklist(t, "ann"))
                for each, t in ((office, task), (plain, twin))
            ]
            assert lists[0] == lists[1]
            for each, t in ((office, task), (plain, twin)):
                each.set_status(t, "ann", got.items[1:], "completed")


@given(
    rule=RULES,
    seed=st.integers(0, 99),
    pulled=st.booleans(),
    shares=st.lists(st.integers(1, 3), min_size=2, max_size=3),
)
def test_of_work_that_was_given_alike_only_the_ids_differ(
    rule: Gold, seed: int, pulled: bool, shares: list[int]
) -> None:
    """One effort, one set of attributes, one state for all that came at once; and nothing else is told."""
    people = ["ann", "bob", "eve"][: len(shares)]
    with Office(MemoryStore()) as office:
        how: dict[str, Any] = {"workload": Workload.weights(zip(people, shares, strict=True))}
        if pulled:
            how = {"allowed": people, "pull": Pull(batch_size=4, max_batch_workload=4)}
        task = office.create("t", photos(NAMES), gold=pool(rule=rule), seed=seed, **how).id
        for who in people:
            got = office.pull(task, who).items if pulled else names(office.worklist(task, who))
            listed = office.worklist(task, who)

            assert sorted(names(listed)) == sorted({*got})
            assert len({str(encode(attrs.evolve(piece, item="x"))) for piece in listed}) == 1
            assert (listed[0].effort, listed[0].attributes) == ("2", {"url": "photo.png", "size": 5})


def test_a_piece_tells_neither_a_position_nor_a_rank() -> None:
    """What may be told is this, and nothing else."""
    assert [a.name for a in attrs.fields(Piece)] == ["item", "cell", "effort", "attributes"]


def test_what_went_back_from_her_and_what_she_skipped_is_on_her_list_no_more(office: Office) -> None:
    """Of gold as of all else; what she has done stays, also when she is paused."""
    task = office.queue(photos(NAMES), 5, 10, people=["ann", "bob"], gold=pool(), seed=3)
    first = office.pull(task, "ann").items
    office.set_status(task, "ann", first[:1], "completed")
    office.skip(task, "ann", first[1:2])
    office.release(task, "ann", first[2:3])

    assert set(names(office.worklist(task, "ann"))) == {*first[:1], *first[3:]}
    assert names(office.worklist(task, "ann", state="done")) == [*first[:1]]
    assert set(names(office.worklist(task, "ann", state="open"))) == {*first[3:]}
    office.pause(task, "ann")
    assert names(office.worklist(task, "ann")) == [*first[:1]]


@given(seed=st.integers(0, 20), pulled=st.booleans(), limit=st.integers(1, 7), done=st.integers(0, 255))
def test_pages_of_any_length_are_the_whole_list(seed: int, pulled: bool, limit: int, done: int) -> None:
    """In whatever state the last item seen is by then: no piece is lost or doubled."""
    with Office(MemoryStore()) as office:
        gold = pool(9, GoldFading(10))
        if pulled:
            task = office.queue(photos(NAMES), 20, people=["ann"], gold=gold, seed=seed)
            office.pull(task, "ann")
        else:
            task = office.create("t", photos(NAMES), workload=Workload.even(["ann"]), gold=gold, seed=seed).id
        whole = office.worklist(task, "ann")
        found: list[str] = []
        while page := office.worklist(task, "ann", after=found[-1] if found else None, limit=limit):
            assert len(page) <= limit
            found += names(page)

        assert found == names(whole)
        for at, piece in enumerate(whole):
            assert names(office.worklist(task, "ann", after=piece.item)) == found[at + 1 :]
        office.set_status(task, "ann", some(found, done), "completed")
        still = names(office.worklist(task, "ann", state="open"))
        assert still == [item for item in found if item not in some(found, done)]
        for at, item in enumerate(found):
            rest = office.worklist(task, "ann", state="open", after=item)
            assert names(rest) == [item for item in found[at + 1 :] if item in still]


def test_nobody_finds_gold_by_asking_for_its_answer(office: Office) -> None:
    """A filter looks at what she sees, and at nothing else."""
    task = office.create("t", photos(NAMES), workload=Workload.even(["ann"]), gold=pool()).id

    assert office.worklist(task, "ann", where=field("truth").exists()) == []
    assert len(office.worklist(task, "ann", where=field("size").equal(5))) > len(NAMES)
    assert len(office.worklist(task, "ann", where=field("url").equal("photo.png"), limit=3)) == 3


def test_an_answer_deep_within_is_hidden_and_what_is_beside_it_is_shown(office: Office) -> None:
    """The path is that of the pool; what stands at the usual one is no answer here."""
    known: dict[str, Json] = {"truth": 1, "boxes": [{"x": 1, "label": "cat"}, {"label": "dog"}]}
    gold = GoldPool([Item("m", attributes=known)], GoldShare(50), truth="boxes.label")
    task = office.create("t", ["a", "b"], workload=Workload.even(["ann"]), gold=gold).id

    seen = {piece.item: piece.attributes for piece in office.worklist(task, "ann")}

    assert seen == {"a": {}, "b": {}, "m": {"truth": 1, "boxes": [{"x": 1}]}}


def test_known_answers_of_a_quiz_are_hidden_too(office: Office) -> None:
    """Where all items have one, and none is gold."""
    items = [Item(name, attributes={"truth": "cat", "url": "photo.png"}) for name in "ab"]
    task = office.create("quiz", items, workload=Workload.even(["ann"])).id

    assert [piece.attributes for piece in office.worklist(task, "ann")] == [{"url": "photo.png"}] * 2


def test_those_who_run_the_task_see_all(office: Office) -> None:
    """Positions, answers, what went back."""
    task = office.create("t", photos(NAMES), workload=Workload.even(["ann"]), gold=pool(1)).id
    office.release(task, "ann", ["m0"])

    gold = [row for row in office.placements(task, assignee="ann") if row.position >= len(NAMES)]
    assert [(row.item, row.cell.state) for row in gold] == [("m0", "returned")]
    assert (gold[0].effort, gold[0].attributes["truth"]) == ("2", "cat")


def test_a_list_that_cannot_be_is_refused(office: Office) -> None:
    task = office.create("t", ["a", "b"], workload=Workload.even(["ann", "bob"])).id
    (others,) = names(office.worklist(task, "bob"))

    calls: dict[str, Callable[[], object]] = {
        "no task 'no' in the store; list the tasks to see their ids": lambda: office.worklist("no", "ann"),
        "no assignee 'max' in task 't'": lambda: office.worklist(task, "max"),
        f"no item {others!r} in the work of 'ann'; list it from the beginning": lambda: office.worklist(
            task, "ann", after=others
        ),
        "item id must not be empty, got ''": lambda: office.worklist(task, "ann", after=""),
        "state of a worklist must be open or done, got 'returned'": lambda: office.worklist(
            task, "ann", state="returned"  # type: ignore[arg-type]
        ),
        "limit of a page must be a whole number of at least 1, got 0": lambda: office.worklist(
            task, "ann", limit=0
        ),
    }  # fmt: skip
    for message, build in calls.items():
        with pytest.raises((InvalidInput, NotFound)) as error:
            build()
        assert str(error.value).startswith(message)


CROWD = [f"p{at:03}" for at in range(300)]


def crowd(office: Office, gold: GoldPool, *, pulled: bool) -> dict[str, list[str]]:
    """Let three hundred people begin: four or five items each, and one of gold or two; give their lists."""
    items = [f"i{at:04}" for at in range(5 * len(CROWD))]
    how: dict[str, Any] = {"workload": Workload.even(CROWD)}
    if pulled:
        how = {"allowed": CROWD, "pull": Pull(batch_size=5, max_batch_workload=5)}
    task = office.create("t", items, gold=gold, seed=7, **how).id
    if pulled:
        batches = {who: office.pull(task, who).items for who in CROWD}
        assert all(sorted(batches[who]) == sorted(names(office.worklist(task, who))) for who in CROWD)
    return {who: names(office.worklist(task, who)) for who in CROWD}


def off(counts: Counter[Any], among: Sequence[Any]) -> float:
    """Tell how far counts are off even ones: chi squared."""
    assert set(counts) <= set(among)
    even = sum(counts.values()) / len(among)
    return sum((counts[each] - even) ** 2 / even for each in among)


@pytest.mark.parametrize("pulled", [False, True])
def test_no_place_of_a_list_tells_gold(pulled: bool) -> None:
    """Over people each of the first five places has it equally often: chi squared with 4 degrees below 24."""
    with Office(MemoryStore()) as office:
        lists = crowd(office, pool(1), pulled=pulled)

    places = Counter(hers.index("m0") for hers in lists.values())
    assert off(places, range(5)) < 24


@pytest.mark.parametrize("pulled", [False, True])
def test_which_gold_somebody_meets_first_tells_nothing_of_ids(pulled: bool) -> None:
    """Over people each of six comes first equally often, whoever is handed something before or after her."""
    with Office(MemoryStore()) as office:
        lists = crowd(office, pool(6), pulled=pulled)

    firsts = [next(item for item in hers if item.startswith("m")) for hers in lists.values()]
    for half in (firsts, firsts[::2], firsts[:150]):
        # With 5 degrees.
        assert off(Counter(half), [f"m{at}" for at in range(6)]) < 26
    pairs = Counter(pairwise(firsts))
    assert len(pairs) == 36
