"""What people read when something is wrong: one line, the value, the way out."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from distribution import Item, Limit, Overlap, Pull, Turns, Workload, bars, distribute, errors, refusals
from distribution.apportion import apportion
from distribution.decision import Decision
from distribution.errors import DistributionError, InvalidInput, shown
from distribution.events import Stamp
from distribution.ports import Page
from distribution.rules import Rules, check_rules
from distribution.stopping import Quorum
from distribution.task import Task
from distribution.values import check_attributes, decimal_text, exact, item_ids
from distribution.work import Handed
from tests.office import NOON

WAY_OUT = "for shares of any sum use Workload.weights, for equal ones Workload.even"

of: Any = Workload.of
item: Any = Item
plan: Any = distribute(5, Workload.even(["ann"]))


TEAM = Workload.even(["ann", "bob"])
FRENCH = [Item(name, attributes={"language": "fr"}) for name in ("a", "b")]
SPOKEN = Rules(needs="language", skills={"ann": ["de"]})


def task(**settings: Any) -> Task:
    """Build a task."""
    return Task(**{"id": "t", "name": "label cats", "workload": TEAM, "created_at": NOON, **settings})


REFUSED: list[tuple[Callable[[], object], str]] = [
    (lambda: of({"ann": 140, "bob": -40}), "load of 'ann' must be between 0 and 100, got 140"),
    (lambda: of({"ann": -40, "bob": 140}), "load of 'ann' must be between 0 and 100, got -40"),
    (lambda: of({"ann": "-40"}), "load of 'ann' must not be negative, got '-40'"),
    (lambda: of({"ann": 60, "bob": 37}), f"loads must sum to 100, got 97 (ann 60, bob 37); {WAY_OUT}"),
    (lambda: of({"ann": 99.5}), f"loads must sum to 100, got 99.5 (ann 99.5); {WAY_OUT}"),
    (
        lambda: of([("a", 33.3), ("b", 33.3), ("c", 33.3)]),
        f"loads must sum to 100, got 99.9 (a 33.3, b 33.3, c 33.3); {WAY_OUT}",
    ),
    (
        lambda: of([(f"p{n}", 1) for n in range(12)]),
        f"loads must sum to 100, got 12 (p0 1, p1 1, p2 1, p3 1, p4 1, p5 1, p6 1, p7 1 and 4 more); {WAY_OUT}",
    ),
    (
        lambda: of([("ann", 50), ("ann", 50)]),
        "assignee 'ann' appears twice in the workload; add the two loads up or drop one",
    ),
    (
        lambda: Workload.even(["ann", "bob", "ann"]),
        "assignee 'ann' appears twice in the workload; add the two loads up or drop one",
    ),
    (lambda: Workload.even([]), "a workload must name at least one assignee, got []"),
    (lambda: of({}), "a workload must name at least one assignee, got {}"),
    (lambda: Workload.even("ann"), "assignees must be a list of ids, got 'ann'; for one item pass ['ann']"),
    (lambda: of("ann"), "a workload must be a mapping or pairs of assignee and number, got 'ann'"),
    (lambda: of(7), "a workload must be a mapping or pairs of assignee and number, got 7"),
    (lambda: of(["ann"]), "an entry of a workload must be a pair (assignee, number), got 'ann'"),
    (
        lambda: Workload.weights({"ann": 0}),
        "weights must contain at least one positive number, got [Fraction(0, 1)]; raise one",
    ),
    (lambda: Workload.weights({"ann": -1}), "weight of 'ann' must not be negative, got -1"),
    (lambda: of({"ann": float("nan")}), "load of 'ann' must be a finite number, got nan"),
    (lambda: of({"ann": float("inf")}), "load of 'ann' must be a finite number, got inf"),
    (lambda: of({"ann": Decimal("NaN")}), "load of 'ann' must be a finite number, got Decimal('NaN')"),
    (lambda: of({"ann": True}), "load of 'ann' must be a non-negative number, got True"),
    (lambda: of({"ann": None}), "load of 'ann' must be a non-negative number, got None"),
    (lambda: of({"ann": "much"}), "load of 'ann' must be a non-negative number, got 'much'"),
    (lambda: of({"ann": "1/0"}), "load of 'ann' must be a non-negative number, got '1/0'"),
    (
        lambda: of({"ann": "1e999999999"}),
        "load of 'ann' must lie between 1e-400 and 1e400, got '1e999999999'",
    ),
    (
        lambda: of({"ann": "9" * 100}),
        f"load of 'ann' must be written with at most 64 characters, got '{'9' * 50}... (100 characters)",
    ),
    (lambda: of({"": 100}), "assignee id must not be empty, got ''"),
    (lambda: of({7: 100}), "assignee id must be a string, got 7; convert it with str()"),
    (
        lambda: of({"a\nb": 100}),
        "assignee id must be free of control characters and lone surrogates, got 'a\\nb' ('\\n' at index 1)",
    ),
    (
        lambda: of({"\ud800": 100}),
        "assignee id must be free of control characters and lone surrogates, got '\\ud800' ('\\ud800' at index 0)",
    ),
    (
        lambda: item("x" * 10_000_000),
        f"item id must have at most 4096 characters, got '{'x' * 50}... (10000000 characters)",
    ),
    (lambda: item("a", effort=-1), "effort of an item must not be negative, got -1"),
    (lambda: item("a", effort=True), "effort of an item must be a non-negative number, got True"),
    (lambda: item("a", attributes=7), "attributes must be a mapping, got 7"),
    (
        lambda: item("a", attributes={"b": [1, {"c": object}]}),
        "attributes.b[1].c must be a string, number, bool, null",
    ),
    (lambda: item("a", attributes={"b": float("nan")}), "attributes.b must be finite, got nan"),
    (
        lambda: item("a", attributes={"b": 2**63}),
        "attributes.b must fit 64 bits, got 9223372036854775808; pass it as a string",
    ),
    (
        lambda: item("a", attributes={"b": "\0"}),
        "attributes.b must be free of NUL and lone surrogates, got '\\x00'",
    ),
    (
        lambda: item("a", attributes={"b": "\udfff"}),
        "attributes.b must be free of NUL and lone surrogates, got '\\udfff'",
    ),
    (lambda: item("a", attributes={7: 1}), "key of attributes must be a string, got 7"),
    (lambda: list(item_ids("abc")), "items must be a list of ids, got 'abc'; for one item pass ['abc']"),
    (
        lambda: Stamp(at=datetime(2026, 1, 1)),  # noqa: DTZ001
        "an instant must be a datetime with a time zone, got datetime.datetime(2026, 1, 1, 0, 0); use datetime.now(UTC)",
    ),
    (lambda: Page(limit=0), "limit of a page must be a whole number of at least 1, got 0"),
    (lambda: Page(limit=100_000), "limit of a page must be at most 10000, got 100000"),
    (lambda: task(id=""), "task id must not be empty, got ''"),
    (
        lambda: task(name="x" * 257),
        f"task name must have at most 256 characters, got '{'x' * 50}... (257 characters)",
    ),
    (lambda: task(priority=2**21), "priority must be at most 1048576 either way, got 2097152"),
    (lambda: task(actions="done"), "actions must be a list of at least one status, got 'done'"),
    (lambda: task(actions=["a", "a"]), "actions must be different from each other, got ['a', 'a']"),
    (lambda: task(workload=None), "a task must either have a workload or be pulled from, got (None, None)"),
    (lambda: Limit(count=-1), "limit must be a whole number of at least 0, got -1"),
    (lambda: Limit(percent=101), "limit in percent must be between 0 and 100, got 101"),
    (lambda: Limit(percent=float("nan")), "limit in percent must be a finite number, got nan"),
    (
        lambda: Rules(skills={"ann": ["fr"]}),
        "rules with skills must say needs, got None; name the item attribute that says which skill is needed",
    ),
    (lambda: Rules(needs="a..b"), "path of a rule must be names joined by single dots, got 'a..b'"),
    (
        lambda: Rules(needs="language", skills={"ann": "fr"}),
        "skills of 'ann' must be a list of skills, got 'fr'",
    ),
    (lambda: Rules(teams={"ann": ""}), "team of 'ann' must not be empty, got ''"),
    (
        lambda: check_rules({"needs": "language"}),
        "rules must be Rules, got {'needs': 'language'}; use Rules(needs=..., skills=...)",
    ),
    (
        lambda: Handed(items=["a"], status="completed", answers={"b": "cat"}),
        "answers must be about the items handed in, got 'b'",
    ),
    (
        lambda: Handed(items=["a"], status="completed", answers={"a": "x" * 10_001}),
        f"answer about 'a' must have at most 10000 characters, got '{'x' * 50}... (10001 characters)",
    ),
    (
        lambda: Handed(items=["a"], status="x", answers={"a": ""}),
        "answer about 'a' must not be empty, got ''",
    ),
    (
        lambda: distribute(FRENCH, TEAM, rules=SPOKEN),
        (
            "items that need 'fr' (2) are to go to somebody, and nobody who carries a load may take them;"
            " let more people take them, ask for fewer copies, or leave them out"
        ),
    ),
    (
        lambda: distribute(
            [*FRENCH, Item("d", attributes={"for": ["bob"], "by": "ann"})],
            TEAM,
            rules=Rules(needs="language", skills={"ann": ["fr"]}, reserved="for", blocked="by"),
            overlap=Overlap(percent=100, assignees=2),
            order="contiguous",
        ),
        (
            "items that need 'fr' (2) are to go to 2 different people each, and only 'ann' may take them;"
            " so it is with 1 more of 2 kinds; 3 copies have nobody;"
            " let more people take them, ask for fewer copies, or leave them out"
        ),
    ),
    (
        lambda: distribute(
            5, TEAM, rules=Rules(teams={"ann": "x", "bob": "x"}), overlap=Overlap(percent=100)
        ),
        (
            "items for everybody (5) are to go to 2 different people each, and only 'ann' and 'bob' may take them,"
            " of each team one; 5 copies have nobody; let more people take them, ask for fewer copies, or leave them out"
        ),
    ),
    (
        lambda: distribute(5, TEAM, overlap=Overlap(percent=100, until=Quorum(agreeing=2, most=3))),
        "3 different assignees an item: there are 2; ask for fewer copies, add assignees, or give more of them a load",
    ),
    (
        lambda: Pull(batch_size=5, max_batch_workload=12).checked("dataloop"),
        "max_batch_workload for batch_size 5 must be between 7 and 10, got 12",
    ),
]


@pytest.mark.parametrize(("build", "message"), REFUSED, ids=[message[:60] for _, message in REFUSED])
def test_bad_input_is_refused_in_one_line_with_the_value(build: Callable[[], object], message: str) -> None:
    with pytest.raises(DistributionError) as error:
        build()

    text = str(error.value)
    assert text.startswith(message) if message.endswith("null") else text == message
    assert "\n" not in text
    assert len(text) < 300


def test_attributes_may_be_deep_but_not_without_end() -> None:
    deep: Any = 1
    for _ in range(31):
        deep = [deep]
    check_attributes({"a": deep}, "attributes")
    with pytest.raises(InvalidInput, match="be nested at most 32 deep, got 'more'"):
        check_attributes({"a": [deep]}, "attributes")


LEAVES: list[tuple[DistributionError, str]] = [
    (
        errors.InvalidInput(subject="n", must="be whole", got=0.5, detail="a half", remedy="round it"),
        "n must be whole, got 0.5 (a half); round it",
    ),
    (
        errors.DuplicateAssignee("ann"),
        "assignee 'ann' appears twice in the workload; add the two loads up or drop one",
    ),
    (errors.Infeasible(what="cannot", why="no room", remedy="make room"), "cannot: no room; make room"),
    (
        errors.BadRow(source="rows.csv", line=7, problem="no id"),
        "rows.csv, line 7: no id; nothing was kept, mend the line and try again",
    ),
    (errors.NotFound(kind="item", name="x", place="a plan"), "no item 'x' in a plan"),
    (errors.NotFound(kind="item", name="x", place="a plan", remedy="look"), "no item 'x' in a plan; look"),
    (errors.Refused("task 't'", "is closed", "reopen it"), "task 't' is closed; reopen it"),
    (errors.StoreFailed("sqlite store at 'x'", "reading"), "sqlite store at 'x' failed while reading"),
    (
        errors.StoreBusy("sqlite store at 'x'", 30.0),
        "sqlite store at 'x' stayed locked by another program for 30 s; try again when it is done",
    ),
    (errors.UnusableStore("store", "is a folder", "name a file"), "store is a folder; name a file"),
]


def test_every_leaf_has_an_example_here() -> None:
    def leaves(cls: type) -> set[type]:
        return {cls} | set().union(*map(leaves, cls.__subclasses__()))

    ours = {leaf for leaf in leaves(DistributionError) if leaf.__module__ == "distribution.errors"}
    assert {type(error) for error, _ in LEAVES} | {DistributionError} == ours


@pytest.mark.parametrize(("error", "message"), LEAVES, ids=[type(error).__name__ for error, _ in LEAVES])
def test_an_error_says_its_sentence_and_survives_a_journey(error: DistributionError, message: str) -> None:
    assert str(error) == message
    for travelled in (pickle.loads(pickle.dumps(error)), copy.copy(error)):  # noqa: S301  our own bytes
        assert type(travelled) is type(error)
        assert str(travelled) == message
    error.add_note("seen")
    error.anything = 1  # type: ignore[attr-defined]


LATER = NOON + timedelta(hours=1, seconds=5)
REASONS: list[tuple[Any, str]] = [
    (refusals.TaskNotOpen("t1", "closed"), "task 't1' is closed; reopen it to hand out work again"),
    (
        refusals.PastDue("t1", LATER),
        "task 't1' was due at 2026-11-22 13:00:05+00:00; give it a later due date to go on",
    ),
    (refusals.NotAMember("max", "t1"), "'max' is not among the assignees of task 't1'; add her first"),
    (refusals.Locked("ann", "paused"), "'ann' is paused; resume her first"),
    (refusals.Locked("ann", "removed"), "'ann' is removed; add her again first"),
    (
        refusals.AtCap("ann", 6, 5, 10),
        "'ann' holds 6 items and with a batch of 5 would pass the cap of 10; complete some or raise max_batch_workload",
    ),
    (
        refusals.AtCap("ann", 1, 1, 1),
        "'ann' holds 1 item and with a batch of 1 would pass the cap of 1; complete some or raise max_batch_workload",
    ),
    (
        refusals.AtLimit("ann", 3, "30 % of the items"),
        "'ann' has 3 items, and her limit is 30 % of the items; raise it to go on",
    ),
    (refusals.QueueEmpty(0), "nothing is left: the task has no items"),
    (refusals.QueueEmpty(1), "nothing is left: the only item is done"),
    (refusals.QueueEmpty(7), "nothing is left: all 7 items are done"),
    (
        refusals.AllReserved(7, LATER),
        "all 7 items left are reserved, the first until 2026-11-22 13:00:05+00:00; ask again then",
    ),
    (
        refusals.AllReserved(1, None),
        "the only item left is reserved, without end; release or reclaim what lies",
    ),
    (
        refusals.OnlySkipped(2),
        "only items that she skipped are left, 2 or more; somebody else has to take them",
    ),
    (
        refusals.OnlySkipped(2, everybody=True),
        "only items that all who may take them have skipped are left, 2 or more; add somebody who takes them",
    ),
    (refusals.OnlyHers(1), "the only copy left is of items she has or has done; only others can take them"),
    (refusals.OnlyHers(3), "all 3 copies left are of items she has or has done; only others can take them"),
    (refusals.OnlyLost(2), "only items that went back from her are left, 2 or more; others come first"),
    (refusals.QueueHasWork("eve"), "the queue has items for 'eve'; pull them first"),
    (refusals.NobodyToStealFrom("eve"), "nobody who has not begun holds anything that 'eve' can take"),
    (
        refusals.HasOpenWork("eve", 2),
        "'eve' still holds 2 items; only whoever has nothing may take over",
    ),
    (refusals.NotInTask("i9"), "item 'i9' is not in the task"),
    (refusals.InTask("i9"), "item 'i9' is in the task already; nothing is doubled"),
    (
        refusals.NotHers("i9", "ann"),
        "item 'i9' is not with 'ann'; only what she was given can be changed by her",
    ),
    (
        refusals.Lost("i9", "ann", ("bob", "eve")),
        "item 'i9' went back from 'ann' and is with 'bob', 'eve' now",
    ),
    (refusals.WrongState("i9", "done", "skip"), "item 'i9' is done and cannot be changed by 'skip'"),
    (refusals.HasIt("i9", "ann", "open"), "item 'i9' is open with 'ann'; nobody gets an item twice"),
    (
        refusals.SkippedIt("i9", "ann"),
        "item 'i9' was skipped by 'ann'; somebody else has to take it",
    ),
    (
        refusals.LostIt("i9", "ann"),
        "item 'i9' went back from 'ann'; she gets it again only if nobody else can take it",
    ),
    (refusals.HasStatus("i9", 1), "item 'i9' has a status and stays; clear it first"),
    (bars.Bar("skills", ("fr",)), "needs 'fr', which she does not have"),
    (
        refusals.NotEligible("i9", "ann", bars.Bar("skills", ("de", "fr"))),
        "item 'i9' is not for 'ann': it needs 'de' and 'fr', which she does not have",
    ),
    (
        refusals.NotEligible("i9", "ann", bars.Bar("skills", ("5\n(number)",))),
        "item 'i9' is not for 'ann': it needs 5 (number), which she does not have",
    ),
    (
        refusals.NotEligible("i9", "ann", bars.Bar("blocked", ())),
        "item 'i9' is not for 'ann': it names her among those who must not take it",
    ),
    (
        refusals.NotEligible("i9", "ann", bars.Bar("reserved", ("bob", "eve", "max", "zoe", "zed"))),
        "item 'i9' is not for 'ann': it is reserved for 'bob', 'eve', 'max' and 2 more",
    ),
    (refusals.TeamHasIt("i9", "ann", "bob"), "item 'i9' is with 'bob', of the same team as 'ann'"),
    (
        refusals.NothingForHer("ann", 1),
        (
            "the only copy left is not for 'ann': a rule of the task keeps her from the item, or she has had it;"
            " somebody else has to take it"
        ),
    ),
    (
        refusals.NothingForHer("ann", 7),
        (
            "none of the 7 copies left is for 'ann': a rule of the task keeps her from the item, or she has had it;"
            " somebody else has to take it"
        ),
    ),
]


def test_every_reason_has_an_example_here() -> None:
    ours = {
        found
        for found in vars(refusals).values()
        if isinstance(found, type) and found.__module__ == refusals.__name__
    }
    assert {type(reason) for reason, _ in REASONS} == ours | {bars.Bar}


@pytest.mark.parametrize(("reason", "sentence"), REASONS, ids=[sentence[:60] for _, sentence in REASONS])
def test_a_reason_says_its_sentence_and_survives_a_journey(reason: Any, sentence: str) -> None:
    assert str(reason) == sentence
    for travelled in (pickle.loads(pickle.dumps(reason)), copy.copy(reason)):  # noqa: S301  our own bytes
        assert travelled == reason
        assert hash(travelled) == hash(reason)
        assert str(travelled) == sentence


def test_the_cause_of_a_failing_store_is_told() -> None:
    failure = errors.StoreFailed("store", "writing")
    failure.__cause__ = OSError("disk full")

    assert str(failure) == "store failed while writing: disk full"


def test_long_values_are_shortened() -> None:
    assert shown(list(range(1000)), 20) == "[0, 1, 2, 3, 4, 5..."
    assert shown(b"x" * 100, 20) == "b'xxxxxxxxxx... (100 characters)"


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (7, Fraction(7)),
        (33.3, Fraction(333, 10)),
        ("33.3", Fraction(333, 10)),
        (Decimal("33.3"), Fraction(333, 10)),
        ("1/3", Fraction(1, 3)),
        (" 5 ", Fraction(5)),
        (Fraction(2, 7), Fraction(2, 7)),
        (1e-9, Fraction(1, 10**9)),
        (10**30, Fraction(10**30)),
        (0, Fraction(0)),
    ],
)
def test_a_number_is_read_as_what_was_meant(written: object, meant: Fraction) -> None:
    assert exact(written, "it") == meant


def test_numpy_numbers_are_numbers() -> None:
    numpy = pytest.importorskip("numpy")

    assert exact(numpy.int64(7), "it") == 7
    assert exact(numpy.float64(33.3), "it") == Fraction(333, 10)


def test_exact_numbers_are_written_for_people() -> None:
    texts = [
        decimal_text(number)
        for number in (Fraction(1, 3), Fraction(1, 8), Fraction(10**40), Fraction(1, 2**90))
    ]

    assert texts[:2] == ["1/3", "0.125"]
    assert texts[2] == str(10**40)
    assert Fraction(texts[3]) == Fraction(1, 2**90)


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (
            lambda: of({"ann": 10**5000}),
            "load of 'ann' must have at most 4096 bits, got a number of about 49",
        ),
        (
            lambda: item("a", effort=10**5000),
            "effort of an item must have at most 4096 bits, got a number of about",
        ),
        (lambda: distribute(10**5000, of({"ann": 100})), "number of items must have at most 4096 bits"),
        (
            lambda: distribute(10**13, of({"ann": 100})),
            "number of items must be at most 1000000000000, got 10000000000000",
        ),
        (lambda: distribute(5, of({"ann": 100}), seed=-(10**5000)), "seed must have at most 4096 bits"),
        (lambda: distribute({"a", "b"}, of({"ann": 100})), "items must be in an order, got {'"),
        (lambda: Workload.even({"ann", "bob"}), "assignees must be in an order, got {'"),
        (lambda: of({("ann", 100)}), "a workload must be a mapping or pairs of assignee and number"),
        (lambda: Workload.even(5), "assignees must be a list of ids, got 5"),  # type: ignore[arg-type]
        (lambda: Workload(("ann", "ann"), (1, 1)), "assignee 'ann' appears twice in the workload"),
        (lambda: Workload(("ann",), (0,)), "weights must contain at least one positive number"),
        (lambda: Workload(("ann",), (2,)), "shares must be one for each assignee, in lowest terms, got (2,)"),
        (lambda: Turns((0,), "tijdeman", (0,)), "weights must contain at least one positive number"),
        (
            lambda: Turns((1,), "tijdeman", (0, 0)),
            "turns must hold one count for each weight in lowest terms, got (1,)",
        ),
        (lambda: Page(after=10**20), "after of a page must be a key, or None, got 100000000000000000000"),
        (lambda: Page(after=True), "after of a page must be a whole number, got True"),
        (
            lambda: Stamp(at=NOON, actor="a\x1b[2J"),
            "actor must be free of control characters and lone surrogates",
        ),
        (
            lambda: Stamp(at=NOON, reason="\udcff"),
            "reason must be free of control characters and lone surrogates",
        ),
        (lambda: Stamp(at=NOON, request=""), "request id must not be empty, got ''"),
        (
            lambda: Decision(stamp=Stamp(at=NOON), result=1),
            "a decision must have an event and its stamp, or neither",
        ),
        (lambda: apportion([1], 1, floors=5), "floors must be a sequence of whole numbers, got 5"),  # type: ignore[arg-type]
        (
            lambda: plan.diff("x"),
            "what a plan is compared with must be a plan, got 'x'",
        ),
        (lambda: task(metadata=[1]), "metadata must be a mapping, got [1]"),
    ],
)
def test_hostile_values_are_refused_before_they_cost_anything(
    build: Callable[[], object], message: str
) -> None:
    with pytest.raises(DistributionError) as error:
        build()

    assert str(error.value).startswith(message)


def test_numpy_integers_are_positions_and_numbers_of_items() -> None:
    numpy = pytest.importorskip("numpy")
    for order in ("shuffled", "contiguous", "interleaved", "random", "spread"):
        plan = distribute(numpy.int64(10**6), Workload.even(["ann", "bob"]), order=order)
        assert (
            plan.assignee_at(numpy.int64(999_999))
            == plan.assignee_at(999_999)
            == plan.assignee_of(numpy.int64(999_999))
        )
    for position in (True, 1.5, "a"):
        with pytest.raises(InvalidInput, match="position must be a whole number"):
            plan.assignee_at(position)  # type: ignore[arg-type]


def test_an_item_can_be_pickled_and_copied() -> None:
    assert pickle.loads(pickle.dumps(Item("a"))) == Item("a") == copy.deepcopy(Item("a"))  # noqa: S301  our own bytes


def test_metadata_has_the_form_in_which_it_comes_back() -> None:
    assert task(metadata={"k": (1, 2)}).metadata == {"k": [1, 2]}
