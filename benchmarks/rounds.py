"""Rounds: every case once a round, in rotating order, so that noise hits all alike.

Holds: the loop, medians, ratios inside a round.
Does not hold: any case, any table.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Mapping, Sequence
from statistics import median
from time import perf_counter
from typing import TypeAlias

Case: TypeAlias = Callable[[int], object]
"""Something to time; it is given the number of the round, to be used as a seed."""
Samples: TypeAlias = dict[str, list[float]]
"""Seconds of each case, one for each round."""


def interleave(
    cases: Mapping[str, Case],
    rounds: int,
    *,
    before: Callable[[str], object] = lambda _: None,
    look: Callable[[str, object], object] = lambda _, __: None,
) -> Samples:
    """Time every case once a round, after one round that is not timed.

    The untimed round loads code and caches; its results go to *look*. What a case needs
    afresh each time is done by *before*. Neither is timed, nor is letting go of a result.
    Garbage is collected before each case; what was there before the rounds is kept out of
    collections, else all cases would pay for the modules and inputs of all others.
    """
    names = list(cases)
    seconds: Samples = {name: [] for name in names}
    gc.collect()
    gc.freeze()
    try:
        for number in range(rounds + 1):
            turn = number % len(names)
            for name in names[turn:] + names[:turn]:
                before(name)
                gc.collect()
                case = cases[name]
                begin = perf_counter()
                result = case(number)
                took = perf_counter() - begin
                if number:
                    seconds[name].append(short(took))
                else:
                    look(name, result)
                del result
    finally:
        gc.unfreeze()
    return seconds


def short(number: float) -> float:
    """Keep four digits: more would be noise, and the files are committed."""
    return float(f"{number:.4g}")


def ratio(slower: Sequence[float], faster: Sequence[float]) -> float:
    """Give the median over rounds of how many times longer the one took than the other."""
    return median(a / b for a, b in zip(slower, faster, strict=True))


def spread(values: Sequence[float]) -> tuple[float, float]:
    """Give the quarter points, to show how noisy the rounds were."""
    ordered = sorted(values)
    return ordered[len(ordered) // 4], ordered[-1 - len(ordered) // 4]
