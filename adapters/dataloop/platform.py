"""The port to a dataset of a Dataloop project: what of the platform a plan of ours needs.

Six methods, in plain values and the platform's own JSON. `sdk` keeps the promises on top
of dtlpy; tests keep them in memory. Whoever is behind it: a call that returned was done,
and a call that raised may have been done all the same, so callers look before they do
anything again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

import attrs

from distribution.errors import DistributionError
from distribution.events import aware
from distribution.values import AssigneeId, check_count, check_ids, in_order

MARK = "distribution"
"""Under this key of its metadata a task of the platform says which plan of ours it carries."""

AGAIN = "run the same again: what is done already is found and not done twice"
REMEDIES = {"403": "ask an owner of the project for the right to", "429": "ask for fewer requests a second"}
REFUSALS = frozenset({"400", "404", "409", "422"})
"""Statuses of what will be refused again."""


@attrs.define
class PlatformFailed(DistributionError):
    """The platform did not do what was asked, or gave no answer; the SDK's error is the cause."""

    doing: str
    """What was asked, as it continues "failed while ..."."""
    status: str
    """The HTTP status; "no answer" where there was none."""
    message: str

    def __str__(self) -> str:
        """Build the sentence; the way out is that of the status."""
        out = REMEDIES.get(self.status, "" if self.status in REFUSALS else AGAIN)
        return f"Dataloop failed while {self.doing}: {self.status}, {self.message}" + (out and f"; {out}")


@attrs.define
class NotLoggedIn(DistributionError):
    """There is no token that the platform accepts."""

    environment: str

    def __str__(self) -> str:
        """Build the sentence, with the ways to log in."""
        return (
            f"Dataloop at {self.environment!r} accepts no token of yours, or it has expired; log in:"
            ' python -c "import dtlpy; dtlpy.login()", or without a browser dtlpy.login_m2m(email, password)'
            " or dtlpy.login_api_key(key)"
        )


def _due(value: datetime | None) -> datetime | None:
    return None if value is None else aware(value)


def _priority(value: int) -> int:
    return check_count(value, "priority of a task on the platform (1 low, 2 medium, 3 high)", least=1)


def _actions(value: Iterable[str]) -> tuple[str, ...]:
    in_order(value, "actions")
    return check_ids(value, "action")


@attrs.frozen(kw_only=True)
class Terms:
    """What else the tasks of a plan are told when they are created."""

    due: datetime | None = attrs.field(default=None, converter=_due)
    """None for a week from now."""
    priority: int = attrs.field(default=2, converter=_priority)
    """1 low, 2 medium, 3 high."""
    actions: tuple[str, ...] = attrs.field(default=(), converter=_actions)
    """Statuses that can be set; the platform's own where none are named."""
    recipe: str | None = None
    """Id of the recipe; the dataset's first where none is named."""


@attrs.frozen(kw_only=True)
class PlatformTask:
    """A task as the platform lists it."""

    id: str
    name: str
    key: str = ""
    """Names the plan of ours that it carries a part of; empty where it is none of ours."""
    number: int = 0
    """Which of the tasks of that plan it is, from 1."""
    parent: str | None = None
    """The task whose work it reviews."""
    total: int = 0
    """Items in it."""
    remaining: int = 0
    """Items without a status."""


@attrs.frozen(kw_only=True)
class NewTask:
    """A task to be created, with the first items of one person."""

    name: str
    key: str
    number: int
    parent: str | None
    assignee: AssigneeId
    items: Sequence[str]
    terms: Terms


@attrs.frozen
class ItemPage:
    """Some items, as JSON of the wire."""

    items: Sequence[Mapping[str, Any]]
    total: int
    """Of all pages, when the first was read."""


class Platform(Protocol):
    """A dataset of a project. Every method raises `PlatformFailed` or `NotLoggedIn` when it cannot answer."""

    @property
    def dataset(self) -> str:
        """Give the id of the dataset."""

    def pages(self, where: Mapping[str, Any], join: Mapping[str, Any] | None = None) -> Iterator[ItemPage]:
        """Go through the items that a DQL filter lets through, by their ids, each once.

        Order: by id. An item that comes or goes meanwhile shifts nobody else.
        Called: once for each question; a page is asked for when it is wanted.
        Raises: PlatformFailed where the filter is refused; never an empty answer instead.
        """

    def tasks(self) -> Sequence[PlatformTask]:
        """List all tasks of the dataset, in the order of their ids."""

    def assignees(self, task: str) -> Mapping[str, AssigneeId]:
        """Tell who has each assignment of a task, by the ids of the assignments."""

    def create(self, new: NewTask) -> PlatformTask:
        """Create a task in which one person has some items; one of that name is given instead where there is one.

        A name with * or ? may be there twice then; whoever calls has looked before.
        Atomic: no; after an error it may be there.
        """

    def add(self, task: str, assignee: AssigneeId, items: Sequence[str]) -> None:
        """Take items into a task, all for one person; those that are in it stay as they are."""

    def delete(self, task: str) -> None:
        """Delete a task; its items are in it no more."""
