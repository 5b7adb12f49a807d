"""Who should have which items on the platform, who has them, and the steps between the two.

A task of the platform is shared out by percentages. Exact owners come of giving each
person exactly her items: the task is created with the first of the first, the others are
added, each time with a workload of one person who carries everything.

Such a task holds an item once. Where several people get an item, each copy is in a task
of its own: "label", "label (copy 2)", and so on. The platform's own consensus is no way
to do that: it draws by chance which items are copied and which people get them, so that
balanced pairs, exact loads and eligibility would be lost. The price of a task for each
copy is that all copies are the same item: what one person draws on it others can see.
Statuses are apart, each belongs to its task.

Nothing here talks to anybody. What was found always wins: whatever is somewhere stays
there, a copy that went to somebody else counts as the copy that it replaces, and only
what nobody has is placed, in the first task that does not have the item. So whoever
stops in the middle and begins again ends where she would have ended.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import zip_longest
from typing import Literal, TypeAlias

import attrs

from distribution.errors import InvalidInput
from distribution.lifecycle import HELD
from distribution.plan import Plan
from distribution.task import Row
from distribution.values import AssigneeId, ItemId

AT_ONCE = 1000
"""Ids in one request: some 30 kB, and as many as the platform gives on a page."""

Kind: TypeAlias = Literal["missing", "elsewhere", "extra", "doubled"]
Place: TypeAlias = tuple[str | None, ItemId]
"""An item within the tasks of one parent."""


@attrs.frozen
class Copy:
    """One copy of an item and who should have it."""

    item: ItemId
    """Its id on the platform."""
    assignee: AssigneeId
    """As we call her; the platform knows her by the same name in lower case."""
    name: ItemId
    """What the item is called in the task of ours; in a review it may be another than its id."""
    parent: str | None = None
    """In a review, the platform's task whose work it is."""

    @property
    def place(self) -> Place:
        """Give the item within its parent."""
        return self.parent, self.item

    @property
    def person(self) -> AssigneeId:
        """Name her as the platform does."""
        return self.assignee.lower()


@attrs.frozen
class Found:
    """One item in one task of the platform: who has it, and what she said of it."""

    item: ItemId
    assignee: AssigneeId | None
    """None where it is with nobody."""
    task: str
    number: int
    """Which of the tasks of the plan that is."""
    parent: str | None = None
    status: str | None = None
    stamp: str = ""
    """When the status was set, as the platform writes it: later ones sort behind earlier ones."""
    by: str = ""
    """Who set it."""

    @property
    def place(self) -> Place:
        """Give the item within its parent."""
        return self.parent, self.item


@attrs.frozen
class Step:
    """Items that one person is to get in one task, by one request."""

    number: int
    parent: str | None
    assignee: AssigneeId
    items: tuple[ItemId, ...]

    def __str__(self) -> str:
        """Say it in words."""
        count = f"{len(self.items)} item" + ("" if len(self.items) == 1 else "s")
        return f"{count} for {self.assignee!r} in {task_name('the task', self.number)}"


@attrs.frozen
class Difference:
    """One copy that is not as the plan says."""

    kind: Kind
    item: ItemId
    wanted: AssigneeId | None = None
    """Who should have it."""
    found: AssigneeId | None = None
    """Who has it; None for nobody."""

    def __str__(self) -> str:
        """Say it in words."""
        if self.kind == "missing":
            return f"item {self.item!r} should be with {self.wanted!r} and is in no task"
        if self.kind == "elsewhere":
            has = "nobody" if self.found is None else repr(self.found)
            return f"item {self.item!r} should be with {self.wanted!r} and is with {has}"
        if self.kind == "doubled":
            return f"item {self.item!r} is with {self.found!r} once more than it should be"
        has = "in a task, with nobody" if self.found is None else f"with {self.found!r}"
        return f"item {self.item!r} is {has}, and the plan does not say so"


@attrs.frozen
class Comparison:
    """What the platform made of a plan: true where all is as it should be; iterate to see what is not."""

    copies: int
    """So many should be there."""
    differences: tuple[Difference, ...]

    def __bool__(self) -> bool:
        """Tell whether all is as it should be."""
        return not self.differences

    def __iter__(self) -> Iterator[Difference]:
        """Go through what is not."""
        return iter(self.differences)

    def __len__(self) -> int:
        """Count what is not."""
        return len(self.differences)

    def counts(self) -> dict[Kind, int]:
        """Count the differences of each kind."""
        return dict(Counter(difference.kind for difference in self.differences))

    def __str__(self) -> str:
        """Say it in words."""
        if not self.differences:
            return f"all {self.copies} copies are with whom they should be"
        counted = ", ".join(f"{count} {kind}" for kind, count in self.counts().items())
        return f"{len(self.differences)} of {self.copies} copies are not as they should be: {counted}"


def task_name(name: str, number: int, of: int | None = None) -> str:
    """Name one of the tasks of a plan; *of* is the number of the task that it reviews, if it does.

    >>> task_name("label", 1), task_name("label", 2)
    ('label', 'label (copy 2)')
    >>> task_name("check", 1, of=1), task_name("check", 1, of=2), task_name("check", 3, of=2)
    ('check', 'check (of copy 2)', 'check (of copy 2, round 3)')
    """
    if of is None:
        return name if number == 1 else f"{name} (copy {number})"
    which = [f"of copy {of}"] * (of > 1) + [f"round {number}"] * (number > 1)
    return f"{name} ({', '.join(which)})" if which else name


def copies_of(plan: Plan) -> tuple[Copy, ...]:
    """List the copies of a plan, each person's in her order of work where an item has one owner.

    Raises:
        InvalidInput: the plan knows only how many items there are, or two of its people have one name on the platform.
    """
    if isinstance(plan.items, range):
        must, remedy = "name its items", "make it of the items of the dataset"
        raise InvalidInput(subject="a plan for the platform", must=must, got=plan, remedy=remedy)
    check_people(plan.assignees)
    rows = sorted(zip(plan.items, plan.rows(), strict=True), key=lambda row: row[1][0])
    return tuple(
        Copy(str(item), plan.assignees[owner], str(item)) for item, (_, team) in rows for owner in team
    )


def copies_held(rows: Iterable[Row]) -> tuple[Copy, ...]:
    """List the copies of a task of ours that somebody holds, open or done."""
    return tuple(
        Copy(row.item, who, row.item)
        for row in sorted(rows, key=lambda row: row.rank)
        for who in _holders(row)
    )


def copies_to_review(rows: Iterable[Row], task_of: Callable[[ItemId, AssigneeId], str]) -> tuple[Copy, ...]:
    """List the copies of a review of ours; *task_of* tells in which task of the platform somebody did the work.

    Raises:
        InvalidInput: the rows are of no review.
    """
    made = list[Copy]()
    for row in rows:
        about = row.attributes.get("qa")
        if not isinstance(about, Mapping):
            raise InvalidInput(subject="items of a review", must="say whose work they are", got=row.item)
        item, author = str(about["item"]), str(about["author"])
        parent = task_of(item, author)
        made += [Copy(item, who, row.item, parent) for who in _holders(row)]
    return tuple(made)


def _holders(row: Row) -> list[AssigneeId]:
    return [who for who, cell in row.cells.items() if cell.state in HELD]


def check_people(names: Iterable[AssigneeId]) -> None:
    """Refuse two people who would be one on the platform, where names are in lower case.

    Raises:
        InvalidInput: with both names.
    """
    known = dict[AssigneeId, AssigneeId]()
    for name in dict.fromkeys(names):
        if (other := known.setdefault(name.lower(), name)) != name:
            must = "differ in more than the case of their letters on Dataloop"
            raise InvalidInput(subject=f"assignees {other!r} and {name!r}", must=must, got=name.lower())


def key_of(name: str, copies: Iterable[Copy]) -> str:
    """Name a plan by what it is called and what is in it: the same copies again are the same plan.

    >>> copies = [Copy("a", "ann", "a")]
    >>> len(key_of("label", copies)), key_of("label", copies) == key_of("check", copies)
    (24, False)
    """
    digest = hashlib.blake2b(name.encode(), digest_size=12)
    for copy in copies:
        # No id contains a NUL.
        digest.update("\0".join(("", copy.parent or "", copy.item, copy.person)).encode())
    return digest.hexdigest()


@attrs.define
class _Match:
    """The copies of one item, and what was found of them."""

    wanted: list[Copy] = attrs.field(factory=list)
    found: list[Found] = attrs.field(factory=list)

    def paired(self) -> Iterator[tuple[Copy | None, Found | None]]:
        """Pair copies with what was found: first those with the right person, then the others in their order."""
        left = sorted(self.found, key=lambda found: found.number)
        missing = list[Copy]()
        for copy in self.wanted:
            there = next((found for found in left if found.assignee == copy.person), None)
            if there is None:
                missing.append(copy)
            else:
                left.remove(there)
                yield copy, there
        yield from zip_longest(missing, left)


def paired(copies: Iterable[Copy], found: Iterable[Found]) -> Iterator[tuple[Copy | None, Found | None]]:
    """Pair every copy with what was found of it; what has no partner stands alone.

    The right person comes first, whichever task it is in; the others stand in for each other.

    Runtime: O(copies + found), with the square of the copies of one item.
    """
    matches = dict[Place, _Match]()
    for copy in copies:
        matches.setdefault(copy.place, _Match()).wanted.append(copy)
    for there in found:
        matches.setdefault(there.place, _Match()).found.append(there)
    for match in matches.values():
        yield from match.paired()


def compare(copies: Sequence[Copy], found: Iterable[Found]) -> Comparison:
    """Tell, item by item, what is not as it should be.

    >>> copies = [Copy("a", "ann", "a"), Copy("b", "bob", "b"), Copy("c", "bob", "c")]
    >>> found = [Found("a", "ann", "t", 1), Found("b", "zoe", "t", 1), Found("x", "ann", "t", 1)]
    >>> for difference in compare(copies, found):
    ...     print(difference)
    item 'b' should be with 'bob' and is with 'zoe'
    item 'c' should be with 'bob' and is in no task
    item 'x' is with 'ann', and the plan does not say so
    """
    people = {(copy.place, copy.person) for copy in copies}
    wrong = list[Difference]()
    for copy, there in paired(copies, found):
        if there is None:
            assert copy is not None  # noqa: S101  one of a pair is there
            wrong.append(Difference("missing", copy.item, copy.assignee))
        elif copy is None:
            again = there.assignee is not None and (there.place, there.assignee) in people
            wrong.append(Difference("doubled" if again else "extra", there.item, None, there.assignee))
        elif there.assignee != copy.person:
            wrong.append(Difference("elsewhere", copy.item, copy.assignee, there.assignee))
    return Comparison(len(copies), tuple(wrong))


def steps(copies: Sequence[Copy], found: Sequence[Found], *, at_once: int = AT_ONCE) -> list[Step]:
    """List what is to be done so that every copy is somewhere: by task, by person, so many items at once.

    >>> for step in steps([Copy("a", "ann", "a"), Copy("a", "bob", "a"), Copy("b", "bob", "b")], []):
    ...     print(step)
    1 item for 'ann' in the task
    1 item for 'bob' in the task
    1 item for 'bob' in the task (copy 2)
    """
    taken = dict[Place, set[int]]()
    for there in found:
        taken.setdefault(there.place, set()).add(there.number)
    missing = [copy for copy, there in paired(copies, found) if copy is not None and there is None]
    packages = dict[tuple[str | None, int, AssigneeId], list[ItemId]]()
    for copy in missing:
        numbers = taken.setdefault(copy.place, set())
        number = next(n for n in range(1, len(numbers) + 2) if n not in numbers)
        numbers.add(number)
        packages.setdefault((copy.parent, number, copy.person), []).append(copy.item)
    parents = {parent: at for at, parent in enumerate(dict.fromkeys(copy.parent for copy in copies))}
    people = {name: at for at, name in enumerate(sorted({copy.person for copy in copies}))}
    ordered = sorted(packages, key=lambda package: (parents[package[0]], package[1], people[package[2]]))
    return [
        Step(number, parent, person, tuple(packages[parent, number, person][start : start + at_once]))
        for parent, number, person in ordered
        for start in range(0, len(packages[parent, number, person]), at_once)
    ]
