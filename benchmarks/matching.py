"""Who may take what: a million items of fifty kinds, a hundred people, three copies.

Holds: the cases, how often the least loaded do not find a way, the run.
Does not hold: the loop over rounds (see rounds).

Kinds have 5 to 40 eligible people. Time is that of finding amounts, and of the whole way
from items with attributes to a plan in which everybody meets everybody. Nobody else known to us takes kinds as a whole, so the peer is what
people write by hand: item by item to the least loaded who may take it. It is not exact:
of cases that can be done it fails the more, the tighter limits are.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any

from benchmarks.report import Target, markdown, power, significant, verdicts
from benchmarks.rounds import interleave, spread
from distribution import Item, Overlap, Plan, Workload, distribute
from distribution.eligibility import Kind, NotEnoughRoom
from distribution.matching import match
from distribution.rules import Rules

N, KINDS, PEOPLE, COPIES = 10**6, 50, 100, 3
ROUNDS = 7
SLACKS = ("1.00", "1.05", "1.10", "1.50")
"""Limits of all people together, over what is needed."""
CASES = 200
MOST_SECONDS = 5.0
PLAN = "from items to a plan"


def kinds_of(n: int, kinds: int, people: Sequence[str]) -> list[Kind]:
    """Cut *n* items into kinds of all sizes, with some of the people each."""
    drawn = random.Random(1905)
    cuts = sorted(drawn.sample(range(1, n), kinds - 1))
    least, most = min(5, len(people)), min(40, len(people))
    return [
        Kind(
            f"kind-{at}",
            size=end - begin,
            copies=COPIES,
            eligible=tuple(drawn.sample(people, drawn.randint(least, most))),
        )
        for at, (begin, end) in enumerate(zip([0, *cuts], [*cuts, n], strict=True))
    ]


def items_of(kinds: Sequence[Kind]) -> list[Item]:
    """Make the items, in an order of chance, each with the name of its kind as the skill it needs."""
    names = [kind.name for kind in kinds for _ in range(kind.size)]
    random.Random(7).shuffle(names)
    return [Item(f"i{at}", attributes={"skill": name}) for at, name in enumerate(names)]


def planned(items: Sequence[Item], kinds: Sequence[Kind], people: Sequence[str]) -> Plan:
    """Share them out by rules."""
    skills = {name: [kind.name for kind in kinds if name in kind.eligible] for name in people}
    rules = Rules(needs="skill", skills=skills)
    return distribute(
        items, Workload.even(people), overlap=Overlap(percent=100, assignees=COPIES), rules=rules
    )


def least_loaded(kinds: Sequence[Kind], room: Mapping[str, int]) -> bool:
    """Give item after item, in an order of chance, to the least loaded who may take it; tell whether all went."""
    load: Counter[str] = Counter()
    items = [kind for kind in kinds for _ in range(kind.size)]
    random.Random(7).shuffle(items)
    for kind in items:
        able = [name for name in kind.eligible if load[name] < room[name]]
        if len(able) < kind.copies:
            return False
        load.update(sorted(able, key=load.__getitem__)[: kind.copies])
    return True


def tight(drawn: random.Random, slack: float, copies: int) -> tuple[list[Kind], dict[str, int]]:
    """Make a small case: 120 items of four skills, eight people, unequal limits."""
    people = [f"p{i}" for i in range(8)]
    kinds = [
        Kind(f"skill-{i}", size=30, copies=copies, eligible=tuple(p for p in people if drawn.random() < 0.5))
        for i in range(4)
    ]
    shares = [drawn.uniform(0.5, 1.5) for _ in people]
    room = {p: round(slack * 120 * copies * s / sum(shares)) for p, s in zip(people, shares, strict=True)}
    return kinds, room


def failures(cases: int) -> list[dict[str, Any]]:
    """Count cases that can be done, and of these the ones in which the least loaded fail."""
    rows = []
    for slack in SLACKS:
        for copies in (1, 2, 3):
            drawn = random.Random(f"{slack} {copies}")
            feasible = failed = 0
            for _ in range(cases):
                kinds, room = tight(drawn, float(slack), copies)
                try:
                    match(kinds, room)
                except NotEnoughRoom:
                    if least_loaded(kinds, room):
                        raise ArithmeticError("what cannot be done must not be done") from None
                    continue
                feasible += 1
                failed += not least_loaded(kinds, room)
            rows.append({"slack": slack, "copies": copies, "feasible": feasible, "failed": failed})
    return rows


def run(*, n: int = N, rounds: int = ROUNDS, cases: int = CASES) -> dict[str, Any]:
    """Time finding amounts, and whole plans; count failures of the least loaded.

    Raises:
        ArithmeticError: copies are missing, or something impossible was done.
    """
    people = [f"person-{i:03}@example.org" for i in range(PEOPLE)]
    kinds, room = kinds_of(n, KINDS, people), dict.fromkeys(people)
    weights = {name: 1 + at % 9 for at, name in enumerate(people)}
    items = items_of(kinds)
    pairs: dict[str, float] = {}

    def look(name: str, result: Any) -> None:
        if name == PLAN:
            if sum(result.counts().values()) != COPIES * n:
                raise ArithmeticError(f"all {n} items must have {COPIES} people, got {result.counts()}")
            found = result.overlap
            pairs.update(met=found.met, of=len(found.pairs), islands=found.islands)
            pairs.update(efficiency=round(found.efficiency, 3))

    timed = {
        "match": lambda _: match(kinds, room),
        "match by weights": lambda _: match(kinds, room, weights=weights),
        PLAN: lambda _: planned(items, kinds, people),
    }
    return {
        "n": n,
        "kinds": KINDS,
        "people": PEOPLE,
        "copies": COPIES,
        "seconds": interleave(timed, rounds, look=look),
        "pairs": pairs,
        "cases": cases,
        "failures": failures(cases),
    }


def report(found: Mapping[str, Any]) -> str:
    """Show times, and how often a greedy way fails."""
    rows = []
    for name, seconds in found["seconds"].items():
        low, high = spread([s * 1000 for s in seconds])
        rows.append((name, significant(median(seconds) * 1000), f"{significant(low)}-{significant(high)}"))
    failed = [
        (
            row["slack"],
            row["copies"],
            f"{row['feasible']} of {found['cases']}",
            f"{round(100 * row['failed'] / row['feasible'])} %" if row["feasible"] else "-",
        )
        for row in found["failures"]
    ]
    pairs = found["pairs"]
    return "\n\n".join(
        [
            f"{power(found['n'])} items, {found['kinds']} kinds, {found['people']} people, {found['copies']} copies",
            markdown(("what", "ms", "quarters"), rows),
            f"the plan: {pairs['met']} of {pairs['of']} pairs share items, islands {pairs['islands']}, efficiency {pairs['efficiency']}",
            markdown(("limits / needed", "copies", "can be done", "least loaded fails"), failed),
            verdicts([Target(f"seconds {PLAN}", median(found["seconds"][PLAN]), most=MOST_SECONDS)]),
        ]
    )
