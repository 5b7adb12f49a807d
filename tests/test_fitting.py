"""Plans in which rules keep people from items: exact, fair, and the same again from JSON."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from fractions import Fraction
from itertools import combinations
from typing import Any

import attrs
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from distribution import Item, Overlap, Workload, distribute
from distribution.eligibility import NotEnoughRoom
from distribution.errors import Infeasible
from distribution.filters import field
from distribution.packages import Team
from distribution.plan import Plan
from distribution.reasons import TeamPart
from distribution.rules import Rules
from distribution.split import ORDERS
from distribution.stopping import Beat

PEOPLE = ("p0", "p1", "p2", "p3")
SKILLS = ("a", "b")
Loads = tuple[int, ...]


@attrs.frozen(kw_only=True)
class Case:
    """What `distribute` is given."""

    items: list[Item]
    workload: Workload
    rules: Rules
    overlap: Overlap | None
    order: str = "shuffled"
    seed: int = 0

    def plan(self) -> Plan:
        return distribute(
            self.items,
            self.workload,
            seed=self.seed,
            order=self.order,
            overlap=self.overlap,
            rules=self.rules,
        )

    def plain(self) -> Plan:
        return distribute(self.items, self.workload, seed=self.seed, order=self.order, overlap=self.overlap)

    def copies(self, plan: Plan) -> list[int]:
        """Give how many people each item has."""
        return [len(plan.assignees_at(at)) for at in range(plan.n)]


@st.composite
def cases(draw: st.DrawFn, *, largest: int = 5) -> Case:
    """Give a few items, up to four people, and rules on attributes "needs", "no", "for", and teams."""
    weights = draw(st.lists(st.sampled_from([1, 1, 2, 3, 0]), min_size=1, max_size=4).filter(any))
    people = PEOPLE[: len(weights)]
    who = st.sampled_from(people)
    words = st.lists(st.sampled_from(SKILLS), max_size=2, unique=True)
    values = {"needs": words, "no": st.lists(who, max_size=2), "for": st.lists(who, max_size=2)}
    attributes = st.fixed_dictionaries({}, optional=values)
    items = [Item(f"i{at}", attributes=draw(attributes)) for at in range(draw(st.integers(0, largest)))]
    rules = Rules(
        needs=draw(st.sampled_from([None, "needs"])),
        blocked=draw(st.sampled_from([None, "no"])),
        reserved=draw(st.sampled_from([None, "for"])),
        teams=draw(st.just({}) | st.dictionaries(st.sampled_from([*PEOPLE, "p9"]), st.sampled_from("xy"))),
    )
    if rules.needs:
        rules = attrs.evolve(rules, skills={name: draw(words) for name in people})
    share = st.sampled_from([0, 50, 100])
    overlaps = st.builds(Overlap, percent=share, assignees=st.sampled_from([2, 2, 3]))
    return Case(
        items=items,
        workload=Workload.weights(list(zip(people, weights, strict=True))),
        rules=rules,
        overlap=draw(st.none() | overlaps),
        order=draw(st.sampled_from(ORDERS)),
        seed=draw(st.integers(0, 3)),
    )


def planned(case: Case) -> Plan | None:
    try:
        return case.plan()
    except Infeasible:
        return None


def teams_of(case: Case, item: Item, copies: int) -> list[tuple[str, ...]]:
    """Give every set of people that may have an item, one by one."""
    carry = [
        name
        for name, share in zip(case.workload.assignees, case.workload.shares, strict=True)
        if share and case.rules.why_not(name, item.attributes) is None
    ]
    side = case.rules.teams
    return [
        chosen
        for chosen in combinations(carry, copies)
        if len({side.get(name, (name,)) for name in chosen}) == copies
    ]


def every_load(case: Case, copies: Sequence[int]) -> set[Loads]:
    """Give all loads there are, trying every set of people for every item."""
    names = case.workload.assignees
    found: set[Loads] = {(0,) * len(names)}
    for item, count in zip(case.items, copies, strict=True):
        choices = teams_of(case, item, count)
        found = {
            tuple(load + (name in chosen) for load, name in zip(loads, names, strict=True))
            for loads in found
            for chosen in choices
        }
    return found


def unfairness(case: Case, loads: Loads) -> list[Fraction]:
    """Give loads in units of the shares, the largest first."""
    shares = case.workload.shares
    return sorted((Fraction(a, b) for a, b in zip(loads, shares, strict=True) if b), reverse=True)


def copies_asked(case: Case, n: int) -> list[list[int]]:
    """Give every choice of the overlapped items there is."""
    if case.overlap is None:
        return [[1] * n]
    k, count = case.overlap.assignees, case.overlap.of(n)
    return [[k if at in chosen else 1 for at in range(n)] for chosen in combinations(range(n), count)]


@given(case=cases())
def test_a_plan_has_the_loads_without_rules_or_else_the_fairest_there_are(case: Case) -> None:
    """Against trying everything: what is wanted where it can be reached, decreasingly minimal where not."""
    plan = planned(case)
    if plan is None:
        # Which items overlap is drawn: one choice at least of them cannot be done.
        assert any(not every_load(case, copies) for copies in copies_asked(case, len(case.items)))
        return
    ways = every_load(case, case.copies(plan))
    loads = tuple(plan.counts().values())
    wanted = tuple(case.plain().counts().values())
    assert loads in ways
    if wanted in ways:
        assert loads == wanted
    else:
        assert unfairness(case, loads) == min(unfairness(case, way) for way in ways)


@given(case=cases(largest=30))
def test_every_copy_is_with_somebody_who_may_have_it(case: Case) -> None:
    """Different people, of different teams, as many as asked for; and the plan verifies itself."""
    plan = planned(case)
    assume(plan)
    assert plan is not None
    sizes = Counter[int]()
    for at, item in enumerate(case.items):
        team = plan.assignees_at(at)
        assert team in teams_of(case, item, len(team))
        sizes[len(team)] += 1
    over = 0 if case.overlap is None else case.overlap.of(plan.n)
    assert sizes[1] == plan.n - over
    assert plan.verify(), plan.verify()
    assert sum(plan.counts().values()) == sum(size * count for size, count in sizes.items())
    for name in case.workload.assignees:
        assert len(set(plan.positions_of(name))) == len(plan.items_of(name)) == plan.counts()[name]


@given(case=cases(largest=30))
def test_a_plan_with_rules_comes_back_from_json(case: Case) -> None:
    """With the same people for each item, and the same order of work for each of them."""
    plan = planned(case)
    assume(plan)
    assert plan is not None
    back = Plan.from_json(plan.to_json())
    assert back == plan
    assert back.rules in (case.rules, None)
    assert list(back.rows()) == list(plan.rows())
    assert [back.items_of(name) for name in back.assignees] == [
        plan.items_of(name) for name in plan.assignees
    ]
    assert back.verify(), back.verify()
    assert case.plan() == plan


def test_who_speaks_french_takes_less_of_the_rest() -> None:
    """Loads are as even as skills allow: what only she can do counts."""
    items = [Item(f"f{n}", attributes={"language": "fr"}) for n in range(30)]
    items += [Item(f"e{n}") for n in range(30)]
    rules = Rules(needs="language", skills={"ann": ["fr"]})
    plan = distribute(items, Workload.even(["ann", "bob", "eve"]), rules=rules)

    assert plan.counts() == {"ann": 30, "bob": 15, "eve": 15}
    assert all(str(name).startswith("f") for name in plan.items_of("ann"))


def test_an_item_that_too_few_may_take_names_its_kind_and_the_people() -> None:
    """As data and in words, for every kind that is short."""
    items = [Item("a", attributes={"n": "fr"}), Item("b", attributes={"n": "it"}), Item("c")]
    rules = Rules(needs="n", skills={"ann": ["fr", "it"], "bob": ["it"]})
    with pytest.raises(NotEnoughRoom) as error:
        distribute(
            items,
            Workload.weights({"ann": 1, "bob": 0, "eve": 1}),
            overlap=Overlap(percent=100),
            rules=rules,
            order="contiguous",
        )

    short = error.value.shortages
    assert [(s.kinds, s.needed, s.room, s.people) for s in short] == [
        (("items that need 'fr'",), 2, 1, ("ann",)),
        (("items that need 'it'",), 2, 1, ("ann",)),
    ]
    assert "only 'ann' may take them; so it is with 1 more of 3 kinds" in str(error.value)


def test_whoever_carries_no_load_gets_nothing_whatever_she_may_take() -> None:
    """A reservation for her alone cannot be kept."""
    item = Item("a", attributes={"for": "bob"})
    with pytest.raises(Infeasible, match="items that are reserved for 'bob'"):
        distribute([item], Workload.weights({"ann": 1, "bob": 0}), rules=Rules(reserved="for"))


STRANGE: list[Any] = ["a; b", ["a", "b"], "x" * 10_000, "two\nlines", "\u202e", 7, ["7"], {"k": [1]}]


def test_kinds_may_have_any_names() -> None:
    """Long, of several lines, or alike when they are written down: nothing of it gets in the way."""
    items = [Item(f"i{at}", attributes={"no": value}) for at, value in enumerate(STRANGE)]
    plan = distribute(items, Workload.even(["ann", "bob"]), rules=Rules(blocked="no"))

    assert plan.counts() == {"ann": 4, "bob": 4}
    with pytest.raises(Infeasible) as error:
        distribute(items, Workload.even(["ann", "bob"]), rules=Rules(needs="no"))
    assert "\n" not in str(error.value)
    assert len(str(error.value)) < 300


def test_what_is_only_counted_is_free_for_everybody_but_for_teams() -> None:
    """A number of items has no attributes; at most one of a team has each."""
    rules = Rules(needs="language", teams={"ann": "red", "bob": "red", "zoe": "red"})
    plan = distribute(
        10, Workload.even(["ann", "bob", "eve"]), overlap=Overlap(percent=100), rules=rules, seed=3
    )

    assert plan.counts() == {"ann": 5, "bob": 5, "eve": 10}
    assert set(plan.parts) >= {("ann", "eve"), ("bob", "eve")}
    assert plan.verify()


def test_a_plan_of_no_items_is_a_plan_too() -> None:
    """It has its people, verifies, and comes back."""
    plan = distribute([], Workload.even(["ann", "bob"]), rules=Rules(needs="language"))

    assert plan.counts() == {"ann": 0, "bob": 0}
    assert plan.verify()
    assert Plan.from_json(plan.to_json()) == plan


def test_a_plan_with_rules_says_why() -> None:
    """Loads alone do not decide, and nothing is said of an overlap that nobody asked for."""
    rules = Rules(blocked="author")
    plan = distribute(
        [Item("a", attributes={"author": "ann"}), Item("b", attributes={"author": "bob"})],
        Workload.even(["ann", "bob"]),
        order="contiguous",
        rules=rules,
    )

    ground = plan.explain("a").ground
    assert ground == TeamPart(items=1, overlapped=0, asked="", ruled=True)
    assert str(plan.explain("a")) == (
        "'a' is with 'bob': item 1 of 2 takes slot 0 (contiguous); 1 item belongs to exactly these people;"
        " load 50 %, exact quota 1 copies, and as the rules allow 1 item"
    )


def test_a_plan_in_which_two_of_a_team_share_an_item_does_not_verify() -> None:
    """Whoever changed it by hand."""
    plan = distribute(4, Workload.even(["ann", "bob"]), overlap=Overlap(percent=100), rules=Rules())
    assert plan.verify()
    spoilt = attrs.evolve(plan, rules=Rules(teams={"ann": "red", "bob": "red"}))

    (violation,) = spoilt.verify().violations
    assert violation.rule == "at most one of a team has an item"
    assert "['ann', 'bob'] have 4 items" in str(violation)


def test_more_answers_than_people_who_carry_a_load_are_refused() -> None:
    """Also where no more than two are asked at first."""
    workload = Workload.weights({"ann": 1, "bob": 1, "eve": 1, "max": 0})
    until = Beat(by=2, most=4)
    with pytest.raises(Infeasible, match="4 different assignees an item: 3 of 4 carry a load"):
        distribute(5, workload, overlap=Overlap(percent=100, until=until))
    three = attrs.evolve(until, most=3)
    assert distribute(5, workload, overlap=Overlap(percent=100, until=three)).verify()


def shapes(teams: Sequence[Team], counts: Sequence[int]) -> Counter[int]:
    return Counter(len(team) for team, count in zip(teams, counts, strict=True) for _ in range(count))


def test_items_that_pass_a_filter_overlap_and_keep_to_the_rules() -> None:
    """Where a filter says which items go to several, those and no others do."""
    items = [Item(f"i{n}", attributes={"hard": n % 3 == 0, "by": "ann"}) for n in range(12)]
    overlap = Overlap(where=field("hard").equal(True), assignees=2)
    plan = distribute(items, Workload.even(["ann", "bob", "eve"]), overlap=overlap, rules=Rules(blocked="by"))

    assert [plan.assignees_at(at) == ("bob", "eve") for at in range(12)] == [n % 3 == 0 for n in range(12)]
    assert plan.counts() == {"ann": 0, "bob": 8, "eve": 8}
    assert shapes(plan.teams or (), plan.split.counts) == {1: 8, 2: 4}


def test_of_each_of_many_kinds_of_an_author_one_item_does_not_go_to_one_person() -> None:
    """Every item for itself would be even with anybody; so they count together."""
    people = PEOPLE[:3]
    items = [Item(f"{who} {n}", attributes={"by": who, "needs": f"s{n}"}) for who in people for n in range(8)]
    skills = {who: [f"s{n}" for n in range(8)] for who in people}
    plan = distribute(items, Workload.even(people), rules=Rules(blocked="by", needs="needs", skills=skills))

    met = Counter((str(item).split()[0], plan.assignee_of(item)) for item in plan.items)
    assert set(met.values()) == {4}
    assert len(met) == 6


def test_authors_who_take_no_part_are_told_apart_unless_they_are_too_many(monkeypatch: Any) -> None:
    """Then only who may take their items tells them apart."""
    items = [Item(f"i{n:02}", attributes={"by": f"a{n // 10}"}) for n in range(40)]
    team, rules = Workload.even(PEOPLE[:2]), Rules(blocked="by")

    def spread() -> Counter[int]:
        plan = distribute(items, team, rules=rules, order="contiguous")
        met = Counter((n // 10, plan.assignee_at(n)) for n in range(40))
        return Counter(met.values())

    assert spread() == {5: 8}
    monkeypatch.setattr("distribution.fitting.MOST_LOTS", 3)
    assert spread() == {10: 4}
