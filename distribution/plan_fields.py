"""The fields of a plan as data, and out of data that came from elsewhere.

Holds: what of a plan is stored, what of it is read, and the limits it must keep.
Does not hold: the plan (see plan), whether it keeps its promises (see checks).
Depends on: apportion, basis, codec, diff, errors, orders, overlap, rules, split, values,
workload.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from distribution.apportion import apportion
from distribution.basis import Basis, ByCount, Key
from distribution.codec import SCHEMA, decode, encode
from distribution.diff import ItemRef
from distribution.errors import InvalidInput
from distribution.orders import Order
from distribution.overlap import Overlap
from distribution.rules import Rules
from distribution.split import IntervalSplit, Split, TableSplit, make_order
from distribution.values import Json, check_count, check_seed, exact, in_order, item_ids
from distribution.workload import Workload

T = TypeVar("T")

ALGORITHM = 1
"""Number of the way in which orders are made; a plan made in another way says something else."""
NUMBER_OF_ITEMS = 10**12
"""Items of a plan at most: it needs memory for the square root of their number."""


def _one_each(n: int, facts: list[T]) -> tuple[T, ...]:
    """Check that there is a fact for every position."""
    if len(facts) != n:
        raise InvalidInput(subject="facts of the plan", must=f"be {n}, one for each item", got=len(facts))
    return tuple(facts)


def _key(kind: Json, value: Json) -> Key:
    """Read the key of a stratum or group."""
    if kind not in {"null", "text", "number", "truth", "list"} or isinstance(value, (list, dict)):
        raise InvalidInput(subject="key of the plan", must="be a kind and a single value", got=(kind, value))
    return str(kind), value


def _teams(teams: object, people: int) -> tuple[tuple[int, ...], ...]:
    """Read who holds each part."""
    in_order(teams, "teams of the plan")
    read = tuple(tuple(check_count(a, "assignee of a team") for a in team) for team in teams)  # type: ignore[attr-defined]
    for team in read:
        if not team or len(set(team)) < len(team) or max(team) >= people:
            raise InvalidInput(
                subject="teams of the plan", must=f"be of different numbers below {people}", got=team
            )
    return read


def _overlap(data: Mapping[str, Any], basis: Basis) -> Overlap | None:
    """Read which items were to overlap; teams need it, or rules, and go by count."""
    asked = "overlap" in data or "rules" in data
    if asked != ("teams" in data) or ("teams" in data and basis != ByCount()):
        raise InvalidInput(
            subject="overlap of the plan", must="come with teams, by count", got=(data.get("overlap"), basis)
        )
    return decode(Overlap, data["overlap"]) if "overlap" in data else None


def _split(data: Mapping[str, Any], counts: Sequence[int], order: Order) -> Split:
    """Read the owner of every position, where they are written down."""
    if "owners" not in data:
        return IntervalSplit(counts, order)
    owners = [check_count(owner, "owner") for owner in data["owners"]]
    if len(owners) != order.n or max(owners, default=0) >= len(counts):
        raise InvalidInput(
            subject="owners of the plan", must=f"be {order.n}, each below {len(counts)}", got=len(owners)
        )
    return TableSplit(owners, len(counts), order)


def written(plan: Mapping[str, Any]) -> dict[str, Any]:
    """Write the fields of a plan as data that can become JSON."""
    workload, split = plan["workload"], plan["split"]
    data: dict[str, Any] = {
        "schema": SCHEMA,
        "kind": "plan",
        "n": split.n,
        "algorithm": ALGORITHM,
        "seed": plan["seed"],
        "order": plan["order"],
        "basis": encode(plan["basis"]),
        "assignees": workload.assignees,
        "shares": workload.shares,
        "counts": split.counts,
    }
    if not isinstance(plan["items"], range):
        data["items"] = list(plan["items"])
    if isinstance(split, TableSplit):
        data["owners"] = split.owners.tolist()
    data |= {name: plan[name] for name in ("skipped", "keys", "sizes", "teams") if plan[name]}
    settings = {"overlap": plan["overlapping"], "rules": plan["rules"]}
    data |= {name: encode(value) for name, value in settings.items() if value is not None}
    if plan["scale"] != 1:
        data["scale"] = plan["scale"]
    return data


def fields(data: Mapping[str, Any]) -> dict[str, Any]:
    """Read the fields of a plan from a mapping."""
    n, counts = check_count(data["n"], "n of the plan"), [check_count(c, "count") for c in data["counts"]]
    if n > NUMBER_OF_ITEMS:
        raise InvalidInput(subject="n of the plan", must=f"be at most {NUMBER_OF_ITEMS}", got=n)
    in_order(data["assignees"], "assignees of the plan")
    shares = [exact(share, "share") for share in data["shares"]]
    workload = Workload.weights(list(zip(data["assignees"], shares, strict=True)))
    seed = check_seed(data["seed"])
    items: Sequence[ItemRef] = tuple(item_ids(data["items"])) if "items" in data else range(n)
    basis = decode(Basis, data.get("basis", encode(ByCount())))
    teams = _teams(data["teams"], len(workload)) if "teams" in data else None
    parts = len(workload) if teams is None else len(teams)
    if sum(counts) != n or len(counts) != parts or len(items) != n:
        raise InvalidInput(
            subject="counts of the plan", must=f"sum to {n}, one for each assignee", got=counts
        )
    # The order of work is that of the line before the owners were found: see static.
    before = "owners" in data and (teams is None or "rules" in data)
    line = apportion(workload.shares, n) if before else counts
    return {
        "items": items,
        "workload": workload,
        "seed": seed,
        "order": data["order"],
        "basis": basis,
        "split": _split(data, counts, make_order(data["order"], line, seed)),
        "overlapping": _overlap(data, basis),
        "rules": decode(Rules, data["rules"]) if "rules" in data else None,
        "teams": teams,
        "skipped": tuple(item_ids(data.get("skipped", ()))),
        "keys": _one_each(n, [_key(*key) for key in data["keys"]]) if "keys" in data else None,
        "sizes": _one_each(n, [check_count(s, "size") for s in data["sizes"]]) if "sizes" in data else None,
        "scale": check_count(data.get("scale", 1), "scale", least=1),
    }
