"""Distribution by load: from items and shares to a plan.

Holds: `distribute`, and the roster that takes items in one by one.
Does not hold: which teams share items (see teams), pulling, stores.
Depends on: apportion, basis, errors, filters, fitting, overlap, packages, plan,
plan_fields, rules, split, teams, values, workload.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from math import lcm
from numbers import Integral
from typing import cast

from distribution.apportion import apportion
from distribution.basis import (
    Basis,
    ByCount,
    ByEffort,
    Grouped,
    Key,
    Stratified,
    balance,
    group,
    key_of,
    stratify,
)
from distribution.errors import InvalidInput
from distribution.filters import Filter, matches
from distribution.fitting import Marked, bars_nobody, check_people, fit
from distribution.overlap import Overlap, check_overlap, drawn, held, too_few
from distribution.packages import Team
from distribution.plan import Plan
from distribution.plan_fields import NUMBER_OF_ITEMS
from distribution.rules import Marking, Rules, check_rules
from distribution.split import IntervalSplit, Split, TableSplit, make_order
from distribution.teams import teams
from distribution.values import (
    ITEM_ID_LIMIT,
    ONE,
    AssigneeId,
    Item,
    ItemId,
    Json,
    check_count,
    check_id,
    check_seed,
    in_order,
)
from distribution.workload import Workload

NOTHING: Mapping[str, Json] = {}
"""What is known of an item that is only an id."""


class Roster:
    """Items of a task to be, taken in one by one: ids, and of the rest only what a basis needs.

    >>> roster = Roster(ByCount())
    >>> [roster.add(item) for item in ("a", "b", "a")], roster.skipped
    ([True, True, False], ['a'])
    """

    def __init__(self, basis: Basis, overlap: Overlap | None = None, rules: Rules | None = None) -> None:
        if not isinstance(basis, (ByCount, ByEffort, Stratified, Grouped)):
            must = "be ByCount(), ByEffort(), Stratified(key) or Grouped(key)"
            raise InvalidInput(subject="basis", must=must, got=basis)
        _check_basis(basis, overlap, rules)
        self.basis = basis
        self.overlap = overlap
        self._where: Filter | None = None if overlap is None else overlap.where
        self.passed: list[int] = []
        """Positions of the items that overlap, where a filter says which."""
        self.marking = None if rules is None else Marking(rules)
        self.marked: list[int] = []
        """The number of what each item says to the rules, where there are any."""
        self.ids: dict[ItemId, None] = {}
        """Ids in the order they came; a dict keeps order and finds doubles."""
        self.skipped: list[ItemId] = []
        """Ids that came again."""
        self.efforts: list[Fraction] = []
        """By position, up to the last item whose effort is not 1."""
        self.keys: list[Key] = []
        self.number: int | None = None
        """How many items there are, where nothing else is known of them."""

    def add(self, item: ItemId | Item) -> bool:
        """Take an item in; tell whether it is new.

        Raises:
            InvalidInput: the item cannot be used.
        """
        effort, attributes = ONE, NOTHING
        if isinstance(item, Item):
            name, effort, attributes = item.id, item.effort, item.attributes
        else:
            name = check_id(item, "item id", ITEM_ID_LIMIT)
        if name in self.ids:
            self.skipped.append(name)
            return False
        self.ids[name] = None
        if effort is not ONE and effort != 1:
            self.efforts += [ONE] * (len(self.ids) - 1 - len(self.efforts))
            self.efforts.append(effort)
        if isinstance(self.basis, (Stratified, Grouped)):
            self.keys.append(key_of(attributes, self.basis.key))
        if self._where is not None and matches(self._where, attributes):
            self.passed.append(len(self.ids) - 1)
        if self.marking is not None:
            self.marked.append(self.marking.number(attributes))
        return True

    def extend(self, items: Iterable[ItemId | Item]) -> None:
        """Take in many.

        Raises:
            InvalidInput: an item cannot be used, or *items* is one string instead of several.
        """
        in_order(items, "items")
        plain = isinstance(self.basis, ByCount) and self._where is None and self.marking is None
        if plain and isinstance(items, (list, tuple)) and _all_plain(items):
            fresh = dict.fromkeys(items)
            if len(fresh) == len(items) and not self.ids:
                # A million fine ids are a few calls in C.
                self.ids = fresh
                return
        for item in items:
            self.add(item)

    def check_people(self, people: Sequence[AssigneeId], copies: Sequence[int]) -> None:
        """Refuse items that too few of these people may take, where nobody is given any yet.

        Raises:
            Infeasible: which, and who is missing.
        """
        if self.marking is not None:
            marked = Marked(rules=self.marking.rules, marks=self.marking.marks, which=self.marked)
            check_people(marked, people, copies)

    def plan(self, workload: Workload, *, seed: int = 0, order: str = "shuffled") -> Plan:
        """Distribute what was taken in.

        Raises:
            InvalidInput: workload, seed or order cannot be used.
            Infeasible: more different people are wanted for an item than carry a load.
        """
        if not isinstance(workload, Workload):
            remedy = "build one with Workload.of, Workload.even or Workload.weights"
            raise InvalidInput(subject="workload", must="be a Workload", got=workload, remedy=remedy)
        seed = check_seed(seed)
        if self.number is None:
            return self._planned(tuple(self.ids), workload, seed, order)
        if not isinstance(self.basis, ByCount) or self._where is not None:
            must = f"be given one by one for this {'basis' if self._where is None else 'overlap'}"
            raise InvalidInput(subject="items", must=must, got=self.number)
        if self.number > NUMBER_OF_ITEMS:
            raise InvalidInput(
                subject="number of items", must=f"be at most {NUMBER_OF_ITEMS}", got=self.number
            )
        return self._planned(range(self.number), workload, seed, order)

    def _planned(self, items: Sequence[ItemId] | range, workload: Workload, seed: int, order: str) -> Plan:
        if self.overlap is not None and self.overlap.until is not None:
            able = sum(share > 0 for share in workload.shares)
            if self.overlap.most > able:
                raise too_few(self.overlap.most, able, len(workload))
        if self.overlap is None and self.marking is None:
            return _plan(items, self, workload, seed, order)
        return _shared(items, self, workload, seed, order)

    def fitted(self, n: int, workload: Workload) -> Marked | None:
        """Give what rules are to be kept to; None where they keep nobody from anything."""
        marking = self.marking
        if marking is None:
            return None
        if not self.marked:
            # Of what is only counted nothing is known: it says nothing to the rules.
            marking.number({})
        # Work of authors who take no part is spread too.
        spread = any(blocked for _, blocked, _ in marking.marks)
        if not spread and bars_nobody(marking.rules, workload, marking.marks):
            return None
        return Marked(rules=marking.rules, marks=marking.marks, which=self.marked or [0] * n)


def _check_basis(basis: Basis, overlap: object, rules: object) -> None:
    """Refuse what is no overlap, no rules, and a basis that cannot go with them."""
    check_overlap(overlap, None)
    check_rules(rules)
    if (overlap is not None or rules is not None) and not isinstance(basis, ByCount):
        remedy = "share out by count, or leave the overlap and the rules out"
        subject = "basis where items overlap or rules hold"
        raise InvalidInput(subject=subject, must="be ByCount()", got=basis, remedy=remedy)


def _all_plain(items: Sequence[object]) -> bool:
    """Tell whether all are strings that need no closer look."""
    if set(map(type, items)) != {str}:
        return False
    texts = cast("Sequence[str]", items)
    return all(map(str.isprintable, texts)) and all(texts) and max(map(len, texts)) <= ITEM_ID_LIMIT


def distribute(  # noqa: PLR0913  what one plan is made of
    items: Iterable[ItemId | Item] | int,
    workload: Workload,
    *,
    seed: int = 0,
    order: str = "shuffled",
    basis: Basis | None = None,
    overlap: Overlap | None = None,
    rules: Rules | None = None,
) -> Plan:
    """Split items among assignees by their loads.

    Counts are the largest-remainder apportionment of the loads, exactly; with the other
    bases they follow what is shared out instead (see `ByEffort`, `Stratified`,
    `Grouped`). The same items in the same order, workload and seed give the same plan on
    every machine. An item that comes twice is skipped and reported in `plan.skipped`.

    *items* are ids, `Item`s, or just how many there are. *order* decides who gets which
    and in which order she works: `shuffled` (a seeded stratified shuffle), `contiguous`
    (unbroken ranges), `interleaved` (all in turn), `random` (a uniform permutation),
    `spread` (as even over the input as can be).

    With an *overlap* a part of the items goes to several different people each. Loads then
    hold for all copies together, except that nobody has an item twice; every pair of
    people shares nearly as many items as every other (see `teams`), and `plan.overlap`
    tells how many. With *rules* everybody gets only what she may take; loads, pairs and
    islands are as good as that allows (see `fit`), and where it bars nobody the plan is the
    one without rules.

    Runtime: O(sqrt n) where only the number of items is given, O(n) to take ids in,
    O(n log n) for bases other than `ByCount`.

    >>> plan = distribute(1_000_000_000, Workload.even(["ann", "bob", "eve"]), seed=7)
    >>> plan.counts(), plan.assignee_at(123_456_789)
    ({'ann': 333333334, 'bob': 333333333, 'eve': 333333333}, 'bob')

    >>> plan = distribute(10, Workload.even(["ann", "bob"]), overlap=Overlap(percent=50, assignees=2))
    >>> plan.counts(), plan.overlap.islands
    ({'ann': 8, 'bob': 7}, 1)

    Raises:
        InvalidInput: an item, the seed, the order, the basis or the overlap cannot be used.
        Infeasible: more different people are wanted for an item than carry a load, or may take it.
    """
    roster = Roster(ByCount() if basis is None else basis, overlap, rules)
    if isinstance(items, Integral):
        roster.number = check_count(items, "number of items")
    else:
        roster.extend(cast("Iterable[ItemId | Item]", items))
    return roster.plan(workload, seed=seed, order=order)


def _plan(items: Sequence[ItemId] | range, roster: Roster, workload: Workload, seed: int, order: str) -> Plan:
    """Build the plan for a roster that is complete."""
    basis, n = roster.basis, len(items)
    counts = apportion(workload.shares, n)
    line = make_order(order, counts, seed)
    sizes, scale = _sizes(roster, n)
    split: Split
    if isinstance(basis, ByCount):
        split = IntervalSplit(counts, line)
    else:
        slots = list(line.slots(0, n))
        if isinstance(basis, ByEffort):
            owners = balance(sizes, workload.shares, slots)
        else:
            _check_keys(roster.keys, basis)
            owners = (
                stratify(roster.keys, counts, slots)
                if isinstance(basis, Stratified)
                else group(roster.keys, workload.shares, slots)
            )
        split = TableSplit(owners, len(workload), line)
    return Plan(
        items=items,
        workload=workload,
        seed=seed,
        order=order,
        basis=basis,
        split=split,
        skipped=tuple(roster.skipped),
        keys=tuple(roster.keys) if roster.keys else None,
        sizes=tuple(sizes) if roster.efforts else None,
        scale=scale,
    )


def _shared(
    items: Sequence[ItemId] | range, roster: Roster, workload: Workload, seed: int, order: str
) -> Plan:
    """Build the plan in which some items have several people, or rules keep people from items."""
    n, overlap, marked = len(items), roster.overlap, roster.fitted(len(items), workload)
    if overlap is None and marked is None:
        return _plan(items, roster, workload, seed, order)
    split: Split
    if marked is None:
        parts, split = _teamed(roster, workload, n, order, seed, overlap or Overlap(count=0))
    else:
        line = make_order(order, apportion(workload.shares, n), seed)
        copies = _copies(roster, workload, seed, n, overlap)
        parts, owners = fit(marked, workload, copies, list(line.slots(0, n)))
        split = TableSplit(owners, len(parts), line)
    sizes, scale = _sizes(roster, n)
    return Plan(
        items=items,
        workload=workload,
        seed=seed,
        order=order,
        basis=roster.basis,
        split=split,
        overlapping=overlap,
        rules=None if marked is None else marked.rules,
        teams=tuple(parts),
        skipped=tuple(roster.skipped),
        sizes=tuple(sizes) if roster.efforts else None,
        scale=scale,
    )


def _copies(roster: Roster, workload: Workload, seed: int, n: int, overlap: Overlap | None) -> list[int]:
    """Give how many people each item is to have."""
    copies = [1] * n
    if overlap is not None:
        where = overlap.where is not None
        k = overlap.copies(sum(share > 0 for share in workload.shares))
        for at in roster.passed if where else drawn(seed, 0, n, overlap.of(n)):
            copies[at] = k
    return copies


def _teamed(
    roster: Roster, workload: Workload, n: int, order: str, seed: int, overlap: Overlap
) -> tuple[list[Team], Split]:
    """Give the teams that share items and those who have theirs alone, and which item is whose."""
    k = overlap.copies(sum(share > 0 for share in workload.shares))
    over = len(roster.passed) if overlap.where is not None else overlap.of(n)
    copies = held(workload.shares, n, over, k)
    table = teams(copies.overlapped, over, k) if over else []
    table += [((a,), count) for a, count in enumerate(copies.alone)]
    parts, counts = [team for team, _ in table], [count for _, count in table]
    lines = IntervalSplit(counts, make_order(order, counts, seed))
    if overlap.where is None:
        return parts, lines
    return parts, TableSplit(_parted(lines, roster.passed), len(parts), lines.order)


def _parted(split: IntervalSplit, passed: Sequence[int]) -> list[int]:
    """Give the items that passed to the parts of teams, the others to the parts of one: each in their order."""
    slots = list(split.order.slots(0, split.n))
    chosen = set(passed)
    line = sorted(range(split.n), key=lambda at: (at not in chosen, slots[at]))
    owners = [0] * split.n
    for place, at in enumerate(line):
        owners[at] = bisect_right(split.bounds, place) - 1
    return owners


def _sizes(roster: Roster, n: int) -> tuple[list[int], int]:
    """Bring efforts to whole units, and say how many of them are 1."""
    if not roster.efforts:
        return [1] * n if isinstance(roster.basis, ByEffort) else [], 1
    scale = check_count(
        lcm(*{effort.denominator for effort in roster.efforts}), "common denominator of the efforts"
    )
    sizes = [effort.numerator * (scale // effort.denominator) for effort in roster.efforts]
    return sizes + [scale] * (n - len(sizes)), scale


def _check_keys(keys: Sequence[Key], basis: Stratified | Grouped) -> None:
    """Refuse a key that no item has: it is misspelt."""
    if keys and all(key == ("null", None) for key in keys):
        raise InvalidInput(
            subject=f"key {basis.key!r}",
            must="lead to a value in at least one item",
            got=f"none in {len(keys)} items",
        )
