"""Coefficients of agreement as their authors define them: slow, and in fractions. None is 0/0."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from fractions import Fraction
from itertools import permutations
from math import nan, sqrt

Records = Sequence[tuple[str, str, int]]


def by_item(records: Records) -> list[list[int]]:
    """Give the answers to each item."""
    items = dict.fromkeys(item for item, _, _ in records)
    return [[answer for at, _, answer in records if at == item] for item in items]


def mean(values: Sequence[Fraction]) -> Fraction:
    return sum(values, Fraction(0)) / len(values)


def percent_agreement(records: Records, _: Sequence[int]) -> Fraction | None:
    parts = [
        mean([Fraction(one == other) for one, other in permutations(said, 2)])
        for said in by_item(records)
        if len(said) > 1
    ]
    return mean(parts) if parts else None


def shares(records: Records, scale: Sequence[int]) -> list[Fraction]:
    return [mean([Fraction(said.count(c), len(said)) for said in by_item(records)]) for c in scale]


def beyond(records: Records, scale: Sequence[int], chance: Fraction) -> Fraction | None:
    seen = percent_agreement(records, scale)
    return None if seen is None or chance == 1 else (seen - chance) / (1 - chance)


def fleiss_kappa(records: Records, scale: Sequence[int]) -> Fraction | None:
    return (
        beyond(records, scale, sum((p**2 for p in shares(records, scale)), Fraction(0))) if records else None
    )


def gwet_ac1(records: Records, scale: Sequence[int]) -> Fraction | None:
    if not records:
        return None
    uneven = sum((p * (1 - p) for p in shares(records, scale)), Fraction(0))
    return beyond(records, scale, uneven / (len(scale) - 1))


def brennan_prediger(records: Records, scale: Sequence[int]) -> Fraction | None:
    return beyond(records, scale, Fraction(1, len(scale)))


def conger_kappa(records: Records, scale: Sequence[int]) -> Fraction | None:
    people = list(dict.fromkeys(who for _, who, _ in records))
    if len(people) < 2:
        return None
    chance = Fraction(0)
    for c in scale:
        habits = [
            mean([Fraction(answer == c) for _, who, answer in records if who == person]) for person in people
        ]
        middle = mean(habits)
        variance = sum(((habit - middle) ** 2 for habit in habits), Fraction(0)) / (len(people) - 1)
        chance += middle**2 - variance / len(people)
    return beyond(records, scale, chance)


def krippendorff_alpha(records: Records, level: str) -> Fraction | None:
    coincidences: Counter[tuple[int, int]] = Counter()
    for said in by_item(records):
        for pair in permutations(said, 2):
            coincidences[pair] += Fraction(1, len(said) - 1)  # type: ignore[assignment]  # counted in parts
    n: Counter[int] = Counter()
    for (c, _), count in coincidences.items():
        n[c] += count
    total = sum(n.values())

    def delta(c: int, k: int) -> Fraction:
        if c == k:
            return Fraction(0)
        if level == "nominal":
            return Fraction(1)
        if level == "ordinal":
            between = sum(count for g, count in n.items() if min(c, k) <= g <= max(c, k))
            return (between - Fraction(n[c] + n[k]) / 2) ** 2
        return Fraction(c - k) ** 2 if level == "interval" else Fraction(c - k, c + k) ** 2

    seen = sum((count * delta(*pair) for pair, count in coincidences.items()), Fraction(0))
    chance = sum((n[c] * n[k] * delta(c, k) for c in n for k in n), Fraction(0))
    return 1 - (total - 1) * seen / chance if chance else None


def cohen(records: Records, scale: Sequence[int], weights: str) -> tuple[Fraction | None, float]:
    """Give kappa of ann and bob, and its standard error by Fleiss, Cohen and Everitt."""
    said = {(who, item): answer for item, who, answer in records}
    both = [item for who, item in said if who == "ann" and ("bob", item) in said]
    if not both:
        return None, nan
    power = {"unweighted": 0, "linear": 1, "quadratic": 2}[weights]

    def weight(i: int, j: int) -> Fraction:
        apart = Fraction(abs(scale.index(i) - scale.index(j)), max(len(scale) - 1, 1))
        return 1 - (apart**power if i != j else Fraction(0))

    cells = Counter((said["ann", item], said["bob", item]) for item in both)
    p = {(i, j): Fraction(cells[i, j], len(both)) for i in scale for j in scale}
    row = {i: sum((p[i, j] for j in scale), Fraction(0)) for i in scale}
    column = {j: sum((p[i, j] for i in scale), Fraction(0)) for j in scale}
    seen = sum((weight(i, j) * p[i, j] for i, j in p), Fraction(0))
    chance = sum((weight(i, j) * row[i] * column[j] for i, j in p), Fraction(0))
    if chance == 1:
        return None, nan
    kappa = (seen - chance) / (1 - chance)
    of_row = {i: sum((column[j] * weight(i, j) for j in scale), Fraction(0)) for i in scale}
    of_column = {j: sum((row[i] * weight(i, j) for i in scale), Fraction(0)) for j in scale}
    spread = sum(
        (p[i, j] * (weight(i, j) - (of_row[i] + of_column[j]) * (1 - kappa)) ** 2 for i, j in p), Fraction(0)
    )
    variance = (spread - (kappa - chance * (1 - kappa)) ** 2) / (len(both) * (1 - chance) ** 2)
    return kappa, sqrt(variance)
