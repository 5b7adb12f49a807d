"""Ways to split n items among people: ours, and what people would pick instead.

Holds: the methods, each a function of a setting and a seed.
Does not hold: how they are timed (see rounds, split), how memory is measured (see memory).

Peers are treated well: they get exact counts and encoded ids for nothing, and may use
the fastest form we found. Ours has to find its counts itself, and gets only the workload.
"""

from __future__ import annotations

import hashlib
import random
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate, pairwise
from typing import Any, TypeAlias
from zlib import crc32

import numpy as np
import numpy.typing as npt
import polars as pl
from sklearn.model_selection import train_test_split

from distribution import Plan, Workload, distribute
from distribution.apportion import apportion

Labels: TypeAlias = npt.NDArray[np.uint8] | npt.NDArray[np.uint16]


class Setting:
    """What is to be split, and what methods may have ready."""

    def __init__(self, n: int, assignees: int) -> None:
        self.n = n
        # One seed for all: whoever runs this again splits among the same people.
        self.weights = random.Random(1905).choices(range(1, 101), k=assignees)
        self.workload = Workload.weights(
            [(f"person-{i:04}@example.org", w) for i, w in enumerate(self.weights)]
        )
        self.counts = apportion(self.weights, n)
        self.type: Any = np.uint8 if assignees <= 1 << 8 else np.uint16

    @property
    def cuts(self) -> list[tuple[int, int]]:
        """Where each part begins and ends on a line of n."""
        return list(pairwise(accumulate(self.counts, initial=0)))

    @cached_property
    def ids(self) -> list[bytes]:
        """Ids as a hash wants them."""
        return [b"item-%08d" % i for i in range(self.n)]

    @cached_property
    def thresholds(self) -> list[int]:
        """Where each person but the last ends on a line of 2^32."""
        total = sum(self.weights)
        return [bound * 2**32 // total for bound in accumulate(self.weights)][:-1]

    @cached_property
    def plan(self) -> Plan:
        """A plan that is there already."""
        return distribute(self.n, self.workload, seed=1)

    @cached_property
    def source(self) -> Labels:
        """Labels to copy; written, because pages of zeros are all the same page until then."""
        return np.full(self.n, 7, self.type)

    @cached_property
    def target(self) -> Labels:
        """A buffer that has been written before, so that its pages are there."""
        return np.ones(self.n, self.type)

    def error(self, counts: Sequence[int]) -> float:
        """Give the largest distance of a count from its exact quota, in items."""
        total = sum(self.weights)
        return max(abs(c * total - w * self.n) for c, w in zip(counts, self.weights, strict=True)) / total


@dataclass(frozen=True, kw_only=True, slots=True)
class Method:
    """One way to split."""

    name: str
    run: Callable[[Setting, int], Any]
    """From the setting and a seed to labels, or to a list of parts."""
    count: Callable[[Any, Setting], list[int]]
    """How many each person got."""
    peer: bool = True
    """Whether ours is compared with it."""
    exact: bool = True
    """Whether it keeps to the quotas by design, and not by luck."""
    most_items: int = 10**8
    most_assignees: int = 1000
    ready: Callable[[Setting], object] = lambda _: None
    """Prepares what is not timed."""

    def takes(self, n: int, assignees: int) -> bool:
        """Tell whether it ends in reasonable time."""
        return n <= self.most_items and assignees <= self.most_assignees


def ours(setting: Setting, seed: int) -> Any:
    """Plan, and labels into an array of the standard library."""
    return distribute(setting.n, setting.workload, seed=seed).labels()


def ours_numpy(setting: Setting, seed: int) -> Labels:
    """Plan, and labels into a new NumPy array."""
    out: Labels = np.empty(setting.n, setting.type)
    distribute(setting.n, setting.workload, seed=seed).write_labels(out)
    return out


def ours_random(setting: Setting, seed: int) -> Any:
    """Like for like with a shuffle: a uniform permutation."""
    return distribute(setting.n, setting.workload, seed=seed, order="random").labels()


def ours_warm(setting: Setting, _: int) -> Labels:
    """Labels of a plan that is there, into memory that is there."""
    setting.plan.write_labels(setting.target)
    return setting.target


def memcpy(setting: Setting, _: int) -> Labels:
    """As fast as memory goes."""
    np.copyto(setting.target, setting.source)
    return setting.target


def list_shuffle(setting: Setting, seed: int) -> list[list[int]]:
    """Shuffle a list, and slice it."""
    items = list(range(setting.n))
    random.Random(seed).shuffle(items)
    return [items[low:high] for low, high in setting.cuts]


def numpy_permutation(setting: Setting, seed: int) -> list[npt.NDArray[np.int64]]:
    """Permute indices, and split them."""
    order = np.random.default_rng(seed).permutation(setting.n)
    return np.split(order, [high for _, high in setting.cuts][:-1])


def repeated(setting: Setting) -> Labels:
    """As many labels of each person as she is due, in a row."""
    return np.repeat(np.arange(len(setting.counts), dtype=setting.type), setting.counts)


def numpy_shuffle(setting: Setting, seed: int) -> Labels:
    """Shuffle labels in place."""
    labels = repeated(setting)
    np.random.default_rng(seed).shuffle(labels)
    return labels


def polars_sample(setting: Setting, seed: int) -> pl.Series:
    """Shuffle labels with all cores."""
    return pl.Series(repeated(setting)).sample(fraction=1.0, shuffle=True, seed=seed)


def sklearn_chain(setting: Setting, seed: int) -> list[Any]:
    """Split off one person after the other."""
    parts: list[Any] = []
    rest: Any = np.arange(setting.n)
    for count in setting.counts[:-1]:
        part, rest = train_test_split(rest, train_size=count, random_state=seed)
        parts.append(part)
    return [*parts, rest]


def route_crc32(setting: Setting, _: int) -> list[int]:
    """Route by a fast checksum; nobody's count is what she is due."""
    cuts = setting.thresholds
    return [bisect_right(cuts, crc32(item)) for item in setting.ids]


def route_md5(setting: Setting, _: int) -> list[int]:
    """Route by a good hash; nobody's count is what she is due."""
    cuts, md5 = setting.thresholds, hashlib.md5
    return [bisect_right(cuts, int.from_bytes(md5(item).digest()[:4], "big")) for item in setting.ids]


def by_bincount(labels: Any, setting: Setting) -> list[int]:
    """Count labels, piece by piece so that counting is not what needs the memory."""
    found = np.zeros(len(setting.counts), np.int64)
    array = np.asarray(labels)
    for at in range(0, len(array), 1 << 22):
        found += np.bincount(array[at : at + (1 << 22)], minlength=len(found))
    return [int(count) for count in found]


def by_counter(labels: Iterable[int], setting: Setting) -> list[int]:
    """Count a list of labels."""
    found = Counter(labels)
    return [found[owner] for owner in range(len(setting.counts))]


def by_length(parts: Iterable[Any], _: Setting) -> list[int]:
    """Measure the parts."""
    return [len(part) for part in parts]


METHODS: dict[str, Method] = {
    "ours": Method(name="ours, pure Python", run=ours, count=by_bincount, peer=False),
    "ours_numpy": Method(name="ours, into a NumPy array", run=ours_numpy, count=by_bincount, peer=False),
    "ours_random": Method(
        name="ours, order `random`", run=ours_random, count=by_bincount, peer=False, most_items=10**6
    ),
    "numpy_permutation": Method(name="NumPy permutation and split", run=numpy_permutation, count=by_length),
    "numpy_shuffle": Method(name="NumPy shuffle of labels", run=numpy_shuffle, count=by_bincount),
    "polars_sample": Method(name="Polars sample of labels", run=polars_sample, count=by_bincount),
    "list_shuffle": Method(
        name="list shuffle and slice", run=list_shuffle, count=by_length, most_items=10**7
    ),
    "sklearn_chain": Method(
        name="scikit-learn train_test_split chain",
        run=sklearn_chain,
        count=by_length,
        most_items=10**6,
        most_assignees=10,
    ),
    "route_crc32": Method(
        name="hash routing, crc32",
        run=route_crc32,
        count=by_counter,
        exact=False,
        most_items=10**6,
        ready=lambda s: (s.ids, s.thresholds),
    ),
    "route_md5": Method(
        name="hash routing, md5",
        run=route_md5,
        count=by_counter,
        exact=False,
        most_items=10**6,
        ready=lambda s: (s.ids, s.thresholds),
    ),
}
"""By key, ours first."""

LIMITS: dict[str, Method] = {
    "ours_warm": Method(
        name="ours, plan and buffer there",
        run=ours_warm,
        count=by_bincount,
        peer=False,
        ready=lambda s: (s.plan, s.target),
    ),
    "memcpy": Method(
        name="memcpy of labels",
        run=memcpy,
        count=by_bincount,
        peer=False,
        ready=lambda s: (s.source, s.target),
    ),
}
"""Not ways to split, but what the machine can do: timed in the same rounds."""
