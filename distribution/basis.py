"""What is shared out: items, their effort, strata of them, or groups that stay together.

Holds: the four bases, and the tables of owners that the last three need.
Does not hold: whole numbers from shares (see apportion), ids of assignees (see plan).
Depends on: apportion, filters, turns, values.

Owners and people are indices here; *slots* gives each position its place in the order
of the plan, which decides between equals, so that the seed decides and not the input.
"""

from __future__ import annotations

import heapq
import json
from collections.abc import Mapping, Sequence
from itertools import chain
from typing import TypeAlias

import attrs

from distribution.apportion import apportion
from distribution.filters import check_path, kind, reach
from distribution.turns import Turns
from distribution.values import Json

Key: TypeAlias = tuple[str, Json]
"""The JSON type of a stratum's or group's value, and the value: true is not 1."""


def _path(value: str) -> str:
    return check_path(value, "key of a stratum or group")


@attrs.frozen
class ByCount:
    """Share out items: counts are the apportionment of the loads, exactly."""


@attrs.frozen
class ByEffort:
    """Share out effort: sums of effort follow the loads.

    Nobody's sum is off her exact share by more than (1 - 1/v) times the largest effort,
    for v people with a load. Items without effort are shared out by count.
    """


@attrs.frozen
class Stratified:
    """Share out items so that every stratum is divided by the loads too.

    The totals are those of `ByCount`. In every stratum, and in every run of neighbouring
    strata (a folder with its sub-folders), nobody is off her part of it by 2 items or
    more; her part of a stratum is in proportion to her count.
    """

    key: str = attrs.field(converter=_path)
    """Dotted path of the attribute whose value names the stratum."""


@attrs.frozen
class Grouped:
    """Share out items so that those with the same key stay with one person.

    Nobody's count is off her exact share by more than (1 - 1/v) times the largest group.
    Items without the key are not held together.
    """

    key: str = attrs.field(converter=_path)
    """Dotted path of the attribute whose value names the group."""


Basis: TypeAlias = ByCount | ByEffort | Stratified | Grouped


def key_of(attributes: Mapping[str, Json], path: str) -> Key:
    """Name the stratum or group of an item.

    Several values, or none, are fine; a list, a mapping and several values are named
    by their JSON text.

    >>> key_of({"dir": "/a"}, "dir"), key_of({}, "dir")
    (('text', '/a'), ('null', None))
    """
    values = list(reach(attributes, path))
    if not values:
        return "null", None
    if len(values) == 1 and kind(values[0]) not in {"list", "mapping"}:
        return kind(values[0]), values[0]
    return "list", json.dumps(values, sort_keys=True, default=dict)


def balance(sizes: Sequence[int], shares: Sequence[int], slots: Sequence[int]) -> list[int]:
    """Give every size to whoever is furthest below her share, the largest first.

    For v positive shares nobody ends off her exact part of the sum by more than
    (1 - 1/v) * max(sizes): she who is furthest below is at least 1/v of what is left
    below, so a gift lifts nobody higher; and if someone ended lower, everybody else
    would have been served when above her, so all would be above, yet all sum to nothing.
    Sizes of 0 are shared out by count. Ties go to the smaller slot and the earlier person.

    Runtime: O(n log n + n log v).

    >>> balance([5, 4, 3, 3, 3], [1, 1], range(5))
    [0, 1, 1, 0, 1]

    Source: Graham, Bounds on Multiprocessing Timing Anomalies (1969), for the order.
    """
    total, weight = sum(sizes), sum(shares)
    owners = [0] * len(sizes)
    behind = [(-total * share, person) for person, share in enumerate(shares) if share]
    heapq.heapify(behind)
    order = sorted(range(len(sizes)), key=lambda at: (-sizes[at], slots[at]))
    idle = len(order)
    for rank, at in enumerate(order):
        if not sizes[at]:
            idle = rank
            break
        deficit, person = behind[0]
        owners[at] = person
        heapq.heapreplace(behind, (deficit + weight * sizes[at], person))
    spread = chain.from_iterable([p] * c for p, c in enumerate(apportion(shares, len(order) - idle)))
    for at, person in zip(order[idle:], spread, strict=True):
        owners[at] = person
    return owners


def _neighbours(key: Key) -> tuple[str, object]:
    """Order values by type and then by value, paths by their parts, so that a folder is followed by its own."""
    kind_, value = key
    return kind_, value.split("/") if isinstance(value, str) else value


def stratify(keys: Sequence[Key], counts: Sequence[int], slots: Sequence[int]) -> list[int]:
    """Lay the strata end to end and serve the line by the sequence with the smallest proven error.

    At every point of the line everybody is within 1 - 1/(2v-2) of her part, so over any
    stretch within twice that; at its end she has exactly *counts*. Strata stand in the
    order of their values, items of a stratum in the order of their slots.

    Runtime: O(n log n).

    >>> stratify([("text", k) for k in "aabb"], [2, 2], range(4))
    [0, 1, 0, 1]
    """
    owners = [0] * len(keys)
    if keys:
        turns = Turns.start(counts, rule="tijdeman")
        _, once = turns.take(turns.period)
        place = {key: at for at, key in enumerate(sorted(set(keys), key=_neighbours))}
        line = sorted(range(len(keys)), key=lambda at: (place[keys[at]], slots[at]))
        for at, owner in zip(line, once * (len(line) // len(once)), strict=True):
            owners[at] = owner
    return owners


def group(keys: Sequence[Key], shares: Sequence[int], slots: Sequence[int]) -> list[int]:
    """Balance whole groups by their number of items.

    Runtime: O(n + g log g) for g groups.

    >>> group([("text", k) for k in "aaabb"], [1, 1], range(5))
    [0, 0, 0, 1, 1]
    """
    members: dict[object, list[int]] = {}
    for at, key in enumerate(keys):
        members.setdefault(at if key[0] == "null" else key, []).append(at)
    groups = list(members.values())
    owners = [0] * len(keys)
    firsts = [min(slots[at] for at in positions) for positions in groups]
    for positions, person in zip(groups, balance([len(g) for g in groups], shares, firsts), strict=True):
        for at in positions:
            owners[at] = person
    return owners
