"""Items of a dataset on the platform, for plans of ours.

They come page by page in the order of their ids, so that the same items always come in
the same order, whatever is added meanwhile. Attributes are the fields of the wire, under
the names that filters use there (`dir`, `filename`, `annotationsCount`,
`metadata.user.kind`, `metadata.system.size`), so that one path means the same in a filter,
a stratum and a rule. What tasks an item is in, and what was said of it there, is left out:
it changes while people work, and a plan made anew should be the same plan.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Protocol, TypeAlias, runtime_checkable

import attrs

from adapters.dataloop.dql import render
from adapters.dataloop.platform import Platform
from adapters.intake import Progress, silent
from distribution.errors import InvalidInput
from distribution.filters import Filter, check_path, reach
from distribution.values import Item, Json

FIELDS = (
    "dir",
    "filename",
    "name",
    "type",
    "annotated",
    "annotationsCount",
    "creator",
    "createdAt",
    "description",
)
"""Fields of an item that become attributes, beside its metadata."""
VOLATILE = frozenset({"refs", "taskStatusLog"})
"""Fields of the system's metadata that change while people work."""


@runtime_checkable
class SdkFilters(Protocol):
    """A filter of the SDK, `dl.Filters`."""

    def prepare(self) -> dict[str, Any]:
        """Give the query as the SDK sends it."""


Where: TypeAlias = Filter | SdkFilters | None
"""Which items: a filter of ours, one of the SDK, or all files that are not hidden."""


def dql_of(where: Where) -> tuple[dict[str, Any], dict[str, Any] | None]:
    """Give the DQL filter, and the join if there is one; a filter of ours is for files that are not hidden.

    >>> from distribution.filters import field
    >>> dql_of(field("dir").equal("/cats"))
    ({'$and': [{'hidden': False}, {'type': 'file'}, {'dir': '/cats'}]}, None)

    Raises:
        InvalidInput: it is no filter, or the platform's language has no words for it.
    """
    visible: list[dict[str, Any]] = [{"hidden": False}, {"type": "file"}]
    if where is None:
        return {"$and": visible}, None
    if isinstance(where, Filter):
        return {"$and": [*visible, render(where)]}, None
    if isinstance(where, SdkFilters):
        query = where.prepare()
        return query.get("filter", {}), query.get("join")
    raise InvalidInput(subject="filter of a dataset", must="be a filter of ours or a dl.Filters", got=where)


def items_of(
    platform: Platform, where: Where = None, *, effort: str | None = None, progress: Progress = silent
) -> Iterator[Item]:
    """Yield the items of a dataset that a filter lets through, in the order of their ids.

    *effort* is the path to a number that every one of them has, as
    `metadata.user.effort`, `annotationsCount` or `metadata.system.size`; without it each
    counts as 1.

    Raises:
        InvalidInput: the filter or the path cannot be used, or an item has no such number.
        PlatformFailed, NotLoggedIn: the platform gave no answer.
    """
    filter_, join = dql_of(where)
    path = None if effort is None else check_path(effort, "path of the effort")
    read = 0
    for page in platform.pages(filter_, join):
        for wire in page.items:
            yield item_of(wire, path)
        read += len(page.items)
        progress("reading", read, max(read, page.total))


def item_of(wire: Mapping[str, Any], effort: str | None = None) -> Item:
    """Make an item of what the platform says of it.

    Raises:
        InvalidInput: its effort is no number, or an attribute cannot be one.
    """
    attributes: dict[str, Json] = {name: wire[name] for name in FIELDS if wire.get(name) is not None}
    metadata = dict(wire.get("metadata") or {})
    system = {key: value for key, value in (metadata.get("system") or {}).items() if key not in VOLATILE}
    attributes["metadata"] = {**metadata, "system": system}
    try:
        item = Item(wire["id"], attributes=attributes)
        if effort is None:
            return item
        amount: Any = next(iter(reach(attributes, effort)), None)
        return attrs.evolve(item, effort=amount)
    except InvalidInput as error:
        name = wire.get("filename") or wire["id"]
        subject = f"{error.subject.removesuffix(' of an item')} of {name!r}"
        if effort is not None and error.subject == "effort of an item":
            must, remedy = f"be a number at {effort}", "give it one, or leave such items out by the filter"
            raise InvalidInput(subject=subject, must=must, got=error.got, remedy=remedy) from error
        raise attrs.evolve(error, subject=subject) from error
