"""The value planners return: who gets what, and why.

Holds: the plan, its questions, its JSON form.
Does not hold: how targets are found (see static), stores, anything that changes.
Depends on: basis, codec, coverage, diff, errors, overlap, packages, plan_fields, reasons,
rules, split, values, workload.

A plan that looks only at the number of items is a function: a few hundred bytes, from
which every place is computed when asked for. A plan that looks at the items holds one
small number for each.
"""

from __future__ import annotations

import hashlib
import json
from array import array
from collections.abc import Iterator, Sequence
from fractions import Fraction
from functools import cached_property
from itertools import zip_longest
from numbers import Integral
from typing import Self

import attrs

from distribution import checks
from distribution.basis import Basis, Key
from distribution.codec import SCHEMA
from distribution.coverage import Coverage, coverage
from distribution.diff import Diff, ItemRef, Move, Verdict
from distribution.errors import DistributionError, InvalidInput, NotFound
from distribution.overlap import Overlap
from distribution.packages import Packages, Team, flat
from distribution.plan_fields import ALGORITHM, fields, written
from distribution.reasons import OffLoad, Placed, Share
from distribution.rules import Rules
from distribution.split import Split, TableSplit
from distribution.values import AssigneeId, ItemId, check_index
from distribution.workload import Workload

BUFFERS = {"B": 1 << 8, "H": 1 << 16, "I": 1 << 32}
"""Formats of buffers that labels can be written into, and how many owners each can tell apart."""


@attrs.frozen(kw_only=True, eq=False)
class Plan:
    """An allocation of items to assignees, from `distribute`.

    Every item is with one assignee, or where items overlap with several. Two plans are equal if they say the same of the
    same items. Nothing here changes; `diff` tells what would.

    >>> from distribution import Workload, distribute
    >>> plan = distribute([f"img-{i:03}" for i in range(10)], Workload.of({"ann": 50, "bob": 30, "eve": 20}), seed=7)
    >>> plan.counts()
    {'ann': 5, 'bob': 3, 'eve': 2}
    >>> plan == Plan.from_json(plan.to_json())
    True
    """

    items: Sequence[ItemRef]
    """Ids in the order they came, or a range where only their number is known."""
    workload: Workload
    seed: int
    order: str
    basis: Basis
    split: Split
    """Which part every position belongs to: an assignee's, by index, or where items overlap a team's."""
    overlapping: Overlap | None = None
    """Which items were to go to several people; None where every item has one."""
    rules: Rules | None = None
    """What keeps whom from which items; None where everybody may take all."""
    teams: tuple[Team, ...] | None = None
    """Who holds each part, by index; None where part a is the a-th assignee's."""
    skipped: tuple[ItemId, ...] = ()
    """Ids that came again and were not doubled, in the order they came."""
    keys: tuple[Key, ...] | None = None
    """Stratum or group of each position, for the bases that have one."""
    sizes: tuple[int, ...] | None = None
    """Effort of each position in whole units of 1/scale; None where each is 1."""
    scale: int = 1

    @cached_property
    def _packages(self) -> Packages:
        return Packages(self.split, len(self.workload), self.teams)

    @property
    def parts(self) -> tuple[tuple[AssigneeId, ...], ...]:
        """Give who holds each part, in the order in which `labels` counts them."""
        return tuple(tuple(self.assignees[a] for a in team) for team in self._packages.teams)

    @cached_property
    def overlap(self) -> Coverage | None:
        """Give how well pairs are covered; None where nothing was to overlap. O(parts * k^2)."""
        if self.overlapping is None:
            return None
        able = sum(share > 0 for share in self.workload.shares)
        return coverage(self.workload, self.overlapping.copies(able), self._packages.teams, self.split.counts)

    @cached_property
    def off_load(self) -> tuple[OffLoad, ...]:
        """Name those who have more or less than their load says, because rules keep people from items."""
        return tuple(checks.off_loads(self))

    @property
    def n(self) -> int:
        """Count the items."""
        return self.split.n

    @property
    def assignees(self) -> tuple[AssigneeId, ...]:
        """Give the assignees in the order of the workload."""
        return self.workload.assignees

    def counts(self) -> dict[AssigneeId, int]:
        """Give how many items each assignee has, in the order of the workload. O(v)."""
        return dict(zip(self.assignees, self._packages.counts, strict=True))

    def efforts(self) -> dict[AssigneeId, Fraction]:
        """Give the sum of the efforts of each assignee's items. O(n) where they differ, else O(v)."""
        sums = list(self._packages.counts)
        if self.sizes is not None:
            sums = [0] * len(self.assignees)
            for size, (_, team) in zip(self.sizes, self._packages.rows(), strict=True):
                for owner in team:
                    sums[owner] += size
        return {name: Fraction(total, self.scale) for name, total in zip(self.assignees, sums, strict=True)}

    def assignee_at(self, position: int) -> AssigneeId:
        """Give the assignee of the item at a position of the input, without computing the rest.

        Runtime: O(log v); for `interleaved` O(v log v).

        Raises:
            InvalidInput: there is no such position, or several people have the item.
        """
        return self._alone(self._checked(position))

    def assignees_at(self, position: int) -> tuple[AssigneeId, ...]:
        """Give everybody who has the item at a position of the input, in the order of the workload.

        Raises:
            InvalidInput: there is no such position.
        """
        return self._names(self._packages.owners_at(self._checked(position)))

    def _checked(self, position: int) -> int:
        if type(position) is not int:
            position = check_index(position, "position")
        if not 0 <= position < self.split.n:
            raise InvalidInput(subject="position", must=f"be between 0 and {self.n - 1}", got=position)
        return position

    def _names(self, team: Team) -> tuple[AssigneeId, ...]:
        return tuple([self.workload.assignees[owner] for owner in team])

    def _alone(self, position: int) -> AssigneeId:
        part = self.split.owner_at(position)
        if self.teams is None:
            return self.workload.assignees[part]
        team = self.teams[part]
        if len(team) > 1:
            raise InvalidInput(
                subject=f"the item at position {position}",
                must="have one assignee",
                got=self._names(team),
                remedy="ask for all of them: assignees_of, assignees_at",
            )
        return self.workload.assignees[team[0]]

    def assignee_of(self, item: ItemRef) -> AssigneeId:
        """Give the assignee of an item. O(log v), after O(n) for the first id asked.

        Raises:
            NotFound: the item is not in the plan.
            InvalidInput: several people have it.
        """
        return self._alone(self.position_of(item))

    def assignees_of(self, item: ItemRef) -> tuple[AssigneeId, ...]:
        """Give everybody who has the item, in the order of the workload: one name where it does not overlap.

        Raises:
            NotFound: the item is not in the plan.
        """
        return self._names(self._packages.owners_at(self.position_of(item)))

    def position_of(self, item: ItemRef) -> int:
        """Give the place of an item in the input, from 0.

        Raises:
            NotFound: the item is not in the plan.
        """
        if isinstance(self.items, range):
            if isinstance(item, Integral) and not isinstance(item, bool) and item in self.items:
                return int(item)
        elif isinstance(item, str) and item in self._index:
            return self._index[item]
        raise NotFound(kind="item", name=item, place=f"a plan of {self.n} items")

    @cached_property
    def _index(self) -> dict[ItemRef, int]:
        return {item: position for position, item in enumerate(self.items)}

    def positions_of(self, assignee: AssigneeId) -> Sequence[int]:
        """Give the positions of one assignee in the order she should work in, lazily.

        Raises:
            NotFound: she is not in the workload.
        """
        return self._packages.positions_of(self.workload.index_of(assignee))

    def items_of(self, assignee: AssigneeId) -> list[ItemRef]:
        """Give the items of one assignee in the order she should work in.

        Raises:
            NotFound: she is not in the workload.
        """
        items = self.items
        return [items[position] for position in self.positions_of(assignee)]

    def labels(self, start: int = 0, stop: int | None = None) -> array[int]:
        """Give the assignee of each position of a slice, as indices into `parts`.

        Where nothing overlaps these are indices into `assignees`.

        One byte each up to 256 assignees, then two. All slices together equal the whole.

        Runtime: about a nanosecond each for the default order and long slices.

        Raises:
            InvalidInput: the slice is not within the plan.
        """
        start, stop = check_index(start, "start"), self.n if stop is None else check_index(stop, "stop")
        if not 0 <= start <= stop <= self.n:
            raise InvalidInput(
                subject="slice of a plan", must=f"lie between 0 and {self.n}", got=(start, stop)
            )
        return self.split.labels(start, stop)

    def write_labels(self, out: object, start: int = 0) -> None:
        """Write what `labels` gives into a buffer of the caller's: a NumPy array, shared memory.

        The buffer is one-dimensional, of unsigned 8, 16 or 32 bit items, wide enough for
        all assignees; it is filled from position *start* on.

        Raises:
            InvalidInput: the buffer does not fit.
        """
        start = check_index(start, "start")
        view = memoryview(out)  # type: ignore[arg-type]  # whatever has no buffer raises TypeError here
        fits = view.ndim == 1 and view.c_contiguous and not view.readonly
        if not fits or BUFFERS.get(view.format, 0) < len(self.split.counts):
            raise InvalidInput(
                subject="buffer for labels",
                must=f"be writable, one-dimensional and unsigned, wide enough for {len(self.split.counts)} assignees",
                got=f"{view.ndim} dimensions of {view.format!r}",
            )
        if not 0 <= start <= start + len(view) <= self.n:
            raise InvalidInput(
                subject="buffer for labels", must=f"end within the {self.n} items", got=start + len(view)
            )
        self.split.fill(view, start)

    def placements(self) -> Iterator[tuple[int, int, int]]:
        """Yield (position, index of the assignee, rank) of every copy, in the order the items came.

        Within an assignee the ranks are the order of work. Runtime: O(n).
        """
        return flat(self._packages.rows())

    def rows(self) -> Iterator[tuple[int, Team]]:
        """Yield (rank, indices of the assignees) of every item, in the order they came. O(n)."""
        return self._packages.rows()

    def explain(self, item: ItemRef) -> Placed:
        """Say why an item is with whom it is with: data, and a sentence as str().

        Raises:
            NotFound: the item is not in the plan.
        """
        position = self.position_of(item)
        team = self._packages.owners_at(position)
        owner, assignee = team[0], self.assignees[team[0]]
        return Placed(
            item=item,
            position=position,
            slot=self.split.order.slot(position),
            n=self.n,
            order=self.order,
            seed=self.seed,
            assignee=assignee,
            share=Share(
                load=self.workload.load_of(assignee),
                quota=self.workload.quotas(sum(self._packages.counts))[owner],
                count=self._packages.counts[owner],
            ),
            ground=checks.ground(self, position, owner),
            team=self._names(team),
        )

    def digest(self) -> str:
        """Give a short text that differs where the items differ, or their order. O(n)."""
        if isinstance(self.items, range):
            return ""
        # No id contains a NUL.
        return hashlib.blake2b("\0".join(map(str, self.items)).encode(), digest_size=12).hexdigest()

    def verify(self) -> Verdict:
        """Check every promise from the outside; the verdict is true where all hold.

        Runtime: O(n), some microseconds each: for tests and for plans from elsewhere.
        """
        return Verdict(tuple(checks.violations(self)))

    def diff(self, other: Plan) -> Diff:
        """Tell what would change from this plan to *other*, item by item. O(n).

        Raises:
            InvalidInput: one plan has ids and the other only a number.
        """
        if not isinstance(other, Plan):
            raise InvalidInput(subject="what a plan is compared with", must="be a plan", got=other)
        if isinstance(self.items, range) != isinstance(other.items, range):
            raise InvalidInput(
                subject="plans to compare", must="both have ids, or both none", got=(self.n, other.n)
            )
        before, after = self._owners_by_item(), other._owners_by_item()
        moves: list[Move] = []
        for item in {**before, **after}:
            had, has = before.get(item, ()), after.get(item, ())
            if had != has:
                lost = [name for name in had if name not in has]
                got = [name for name in has if name not in had]
                moves += [Move(item, source, target) for source, target in zip_longest(lost, got)]
        return Diff(tuple(moves))

    def _owners_by_item(self) -> dict[ItemRef, tuple[AssigneeId, ...]]:
        parts = self.parts
        return {item: parts[part] for item, part in zip(self.items, self.labels(), strict=True)}

    def __eq__(self, other: object) -> bool:
        """Tell whether both plans say the same."""
        return isinstance(other, Plan) and self._said() == other._said()

    def __hash__(self) -> int:
        """Agree with equality."""
        return self.seed ^ self.n ^ len(self.assignees)

    def _said(self) -> tuple[object, ...]:
        table = self.split.owners if isinstance(self.split, TableSplit) else self.split.counts
        others = [getattr(self, field.name) for field in attrs.fields(Plan) if field.name != "split"]
        return (*others, table)

    def __repr__(self) -> str:
        """Show what matters, not a million items."""
        return f"<Plan of {self.n} items, {self.order}, seed {self.seed}: {len(self.workload)} assignees>"

    def to_json(self) -> str:
        """Write the plan: some 300 bytes where only the number of items counts, else ids and owners too."""
        return json.dumps(written(attrs.asdict(self, recurse=False)), separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str | bytes) -> Self:
        """Read what `to_json` wrote; `verify` tells whether it was tampered with.

        Raises:
            InvalidInput: it is no plan, or of a newer schema.
        """
        try:
            data = json.loads(text)
        except (TypeError, ValueError, RecursionError) as error:
            raise InvalidInput(subject="plan", must="be JSON", got=text) from error
        if not isinstance(data, dict) or data.get("kind") != "plan":
            raise InvalidInput(subject="plan", must="be a mapping of kind 'plan'", got=data)
        if type(data.get("schema")) is not int or data["schema"] != SCHEMA:
            raise InvalidInput(subject="schema of the plan", must=f"be {SCHEMA}", got=data.get("schema"))
        if data.get("algorithm") != ALGORITHM:
            raise InvalidInput(
                subject="algorithm of the plan", must=f"be {ALGORITHM}", got=data.get("algorithm")
            )
        try:
            return cls(**fields(data))
        except DistributionError:
            raise
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise InvalidInput(subject="plan", must="have every field in its form", got=str(error)) from error
