"""Gold in a task: items with a known answer among the others, to see how well people answer.

Holds: the pool somebody gives, what a task remembers of it, which answers are known, and
attributes without them.
Does not hold: where gold stands (see gold), who is left with it (see company), what she
sees of it (see worklist), what comes of the answers (see gates, scoring).
Depends on: errors, filters, gold, values.

Gold is extra: it counts for how much somebody has open, not for shares, copies or progress.
Nobody gets the same twice. Ids, effort and attributes are as they are given: but for the
known answer, give gold what all others have.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence

import attrs

from distribution.errors import InvalidInput
from distribution.filters import check_path, reach
from distribution.gold import Gold, GoldFading, GoldShare
from distribution.values import Item, Json, in_order

TRUTH = "truth"
"""Path of the attribute with the known answer, unless told otherwise."""
_NOTHING: tuple[Json, ...] = ({}, [])


def known_answers(attributes: Mapping[str, Json], path: str) -> frozenset[str]:
    """Give the answers that are right by the attribute at a path, as people give them; none where nothing is known.

    A list there are several right answers. Numbers and truth values are written as JSON
    writes them; null and what has parts is no answer.

    >>> sorted(known_answers({"truth": ["cat", 5, True, None]}, "truth"))
    ['5', 'cat', 'true']
    """
    found: list[Json] = []
    for value in reach(attributes, path):
        found += value if isinstance(value, (list, tuple)) else [value]
    plain = (value for value in found if isinstance(value, (str, bool, int, float)))
    return frozenset(value if isinstance(value, str) else json.dumps(value) for value in plain)


def without_answer(attributes: Mapping[str, Json], path: str) -> dict[str, Json]:
    """Give attributes without what stands at a path, and without what is empty on the way to it.

    So nobody sees by an empty rest that there was an answer. What is beside it stays.

    >>> without_answer({"url": "a.png", "truth": "cat"}, "truth")
    {'url': 'a.png'}
    >>> without_answer({"boxes": [{"x": 1, "label": "cat"}, {"label": "dog"}]}, "boxes.label")
    {'boxes': [{'x': 1}]}
    """
    rest = _without(attributes, path.split("."))
    return dict(rest) if isinstance(rest, Mapping) else {}


def _without(value: Json, names: Sequence[str]) -> Json:
    """Take out what a path reaches, through lists on the way as `filters.reach` goes."""
    if not names:
        return {}
    if isinstance(value, Mapping):
        name, *further = names
        rest = {key: _without(part, further) if key == name else part for key, part in value.items()}
        return {key: part for key, part in rest.items() if key != name or part not in _NOTHING}
    if isinstance(value, (list, tuple)):
        return [part for part in (_without(part, names) for part in value) if part not in _NOTHING]
    return value


def _items(value: Iterable[Item]) -> tuple[Item, ...]:
    in_order(value, "items of a gold pool")
    items = tuple(value)
    for item in items:
        if not isinstance(item, Item):
            raise InvalidInput(subject="an item of a gold pool", must="be an Item with its answer", got=item)
    if not items or len({item.id for item in items}) < len(items):
        raise InvalidInput(
            subject="a gold pool", must="have items, each once", got=[item.id for item in items]
        )
    return items


def _rule(value: Gold) -> Gold:
    if not isinstance(value, (GoldShare, GoldFading)):
        raise InvalidInput(subject="rule of gold", must="be GoldShare(...) or GoldFading(...)", got=value)
    return value


def _truth(value: str) -> str:
    return check_path(value, "path of the known answer")


@attrs.frozen
class GoldPool:
    """Items with known answers, how often somebody meets one, and where the answer is.

    >>> pool = GoldPool([Item("g1", attributes={"truth": "cat"})], GoldShare(5))
    >>> len(pool.items)
    1
    """

    items: tuple[Item, ...] = attrs.field(converter=_items)
    rule: Gold = attrs.field(default=GoldShare(5), converter=_rule)
    truth: str = attrs.field(default=TRUTH, converter=_truth, kw_only=True)
    """Path of the attribute with the known answer."""


@attrs.frozen(kw_only=True)
class Golden:
    """What a task remembers of its gold: the positions it has, and when somebody meets one."""

    rule: GoldShare | GoldFading
    truth: str
    start: int
    """First position."""
    count: int

    @property
    def positions(self) -> range:
        """Give the positions it has."""
        return range(self.start, self.start + self.count)

    def __contains__(self, position: int) -> bool:
        """Tell whether the item at a position is gold."""
        return self.start <= position < self.start + self.count


def truth_of(gold: Golden | None) -> str:
    """Give the path of known answers in a task: that of its gold, or the usual one.

    >>> truth_of(None)
    'truth'
    """
    return TRUTH if gold is None else gold.truth
