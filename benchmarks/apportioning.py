"""Whole numbers from ten thousand shares, each method.

Holds: the run. Does not hold: the loop (see rounds).
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from functools import partial
from statistics import median
from typing import Any

from benchmarks.report import markdown, significant
from benchmarks.rounds import interleave, spread
from distribution.apportion import METHODS, apportion

ROUNDS = 11
WEIGHTS = 10_000
UNITS = 10**6


def run(*, weights: int = WEIGHTS, units: int = UNITS, rounds: int = ROUNDS) -> dict[str, Any]:
    """Time every method on the same weights.

    Raises:
        ArithmeticError: an answer does not sum to the units.
    """
    drawn = random.Random(1905).choices(range(1, 1001), k=weights)

    def look(method: str, counts: Any) -> None:
        if sum(counts) != units:
            raise ArithmeticError(f"{method} gave {sum(counts)} of {units} units")

    cases = {method: partial(once, drawn, units, method) for method in METHODS}
    return {
        "weights": weights,
        "units": units,
        "rounds": rounds,
        "seconds": interleave(cases, rounds, look=look),
    }


def once(weights: list[int], units: int, method: str, *_: int) -> list[int]:
    """Apportion; a round's number changes nothing."""
    return apportion(weights, units, method=method)


def report(found: Mapping[str, Any]) -> str:
    """Show the time of each method."""
    rows = []
    for method, seconds in found["seconds"].items():
        milliseconds = [s * 1000 for s in seconds]
        low, high = spread(milliseconds)
        rows.append((method, significant(median(milliseconds)), f"{significant(low)}-{significant(high)}"))
    title = f"{found['weights']} weights, {found['units']} units"
    return f"{title}\n\n{markdown(('method', 'ms', 'quarters'), rows)}"
