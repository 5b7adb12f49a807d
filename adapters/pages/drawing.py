"""Pictures of counts, as inline SVG: bars in parts, and who shares how many items with whom.

Each says in words what it shows, and no part of it differs from the others by colour alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isqrt

import attrs

from adapters.pages.markup import Content, Html, el
from distribution.coverage import Pair
from distribution.values import AssigneeId

LEAST = 0.8
"""Percent of a bar that a part takes at least, be it one item of a million: it is there."""
CELL, TOP = 34, 20
"""Pixels of a cell of the map, and of what stands above it."""
LETTERS, LETTER = 15, 7
"""Letters of a name beside the map, and the pixels of one; all of them are in its title."""


@attrs.frozen
class Part:
    """One part of a bar."""

    kind: str
    """Which pattern: done, open, waiting or skipped."""
    count: int


def shown(number: int) -> str:
    """Write a count so that a million can be read.

    >>> shown(1000000)
    '1,000,000'
    """
    return f"{number:,}"


def percent(part: int, whole: int) -> str:
    """Write a share; only all is 100 %, and only nothing is 0 %.

    >>> percent(1, 3), percent(999, 1000), percent(1, 1000), percent(0, 0)
    ('33 %', '99 %', '<1 %', '0 %')
    """
    if not part or not whole:
        return "0 %"
    return f"{100 * part // whole} %" if 100 * part >= whole else "<1 %"


def widths(parts: Sequence[Part], whole: int) -> list[float]:
    """Give how wide each part is, in percent; what is there can be seen, at the cost of the widest.

    >>> widths([Part("done", 1), Part("waiting", 999)], 1000)
    [0.8, 99.2]
    """
    if not whole:
        return [0.0 for _ in parts]
    exact = [100 * part.count / whole for part in parts]
    wide = [max(width, LEAST) if width else 0.0 for width in exact]
    over = max(sum(wide) - 100, 0.0)
    widest = wide.index(max(wide))
    return [width - over if at == widest else width for at, width in enumerate(wide)]


def words(parts: Sequence[Part]) -> str:
    """Say what a bar shows."""
    return ", ".join(f"{shown(part.count)} {part.kind}" for part in parts)


def bar(parts: Sequence[Part], title: str, *, whole: int | None = None, tall: bool = False) -> Html:
    """Draw counts beside each other, as wide as they are of the *whole*: of all of them, unless told."""
    total = sum(part.count for part in parts) if whole is None else whole
    rects: list[Content] = []
    at = 0.0
    for part, width in zip(parts, widths(parts, total), strict=True):
        if width:
            rects.append(el("rect", x=f"{at:.4g}%", width=f"{width:.4g}%", height="100%", class_=part.kind))
        at += width
    return el(
        "svg",
        el("title", title),
        el("desc", words(parts)),
        rects,
        class_="bar tall" if tall else "bar",
        role="img",
        aria_label=f"{title}: {words(parts)}",
    )


def swatch(kind: str) -> Html:
    """Draw what stands for a part in the legend."""
    return el("svg", el("rect", width=16, height=16, class_=kind), width=16, height=16, aria_hidden="true")


PATTERNS = el(
    "svg",
    el(
        "defs",
        el(
            "pattern",
            el("rect", width=7, height=7, class_="hatch-ground"),
            el("rect", width=3.5, height=7, class_="hatch-line"),
            id="hatch",
            width=7,
            height=7,
            patternUnits="userSpaceOnUse",
            patternTransform="rotate(45)",
        ),
        el(
            "pattern",
            el("rect", width=6, height=6, class_="dots-ground"),
            el("circle", cx=3, cy=3, r=1.8, class_="dots-dot"),
            id="dots",
            width=6,
            height=6,
            patternUnits="userSpaceOnUse",
        ),
    ),
    class_="defs",
    width=0,
    height=0,
    aria_hidden="true",
)
"""What parts are filled with; once in every page."""


def heat_map(names: Sequence[AssigneeId], pairs: Mapping[Pair, int]) -> Html:
    """Draw who shares how many items with whom: numbers in cells, the more the darker, none dashed."""
    most = max((pairs.get((a, b), 0) for a in names for b in names), default=0)
    left, side = LETTER * (4 + max(len(_short_name(name)) for name in names)), CELL * len(names)
    parts: list[Content] = []
    for at, name in enumerate(names):
        middle = left + CELL * at + CELL / 2
        parts.append(_said(middle, 14, str(at + 1), "axis", "middle"))
        parts.append(_who(name, at))
        for other in range(len(names)):
            pair = (name, names[other]) if at < other else (names[other], name)
            place = (left + CELL * other, TOP + CELL * at)
            parts.append(_cell(pair, place, pairs.get(pair, 0), most))
    return el(
        "svg",
        el("title", "Who shares how many items with whom"),
        el("desc", f"A table of {len(names)} people against each other; the list below it says the same."),
        parts,
        class_="heat",
        role="img",
        width=left + side,
        height=TOP + side,
        viewBox=f"0 0 {left + side} {TOP + side}",
    )


def _who(name: AssigneeId, at: int) -> Html:
    """Write a name before its row, with the number of its column."""
    middle = TOP + CELL * at + CELL / 2 + 4
    return el("g", el("title", name), _said(0, middle, f"{at + 1}  {_short_name(name)}", "who", "start"))


def _short_name(name: AssigneeId) -> str:
    return name if len(name) <= LETTERS else name[: LETTERS - 1] + "…"


def _cell(pair: Pair, corner: tuple[int, int], count: int, most: int) -> Html:
    """Draw what two of them share."""
    place = {"x": corner[0] + 1, "y": corner[1] + 1, "width": CELL - 2, "height": CELL - 2}
    if pair[0] == pair[1]:
        return el("rect", rx=4, class_="self", **place)
    title = el("title", f"{pair[0]} and {pair[1]}: {shown(count)}")
    if not count:
        nothing = _said(place["x"] + CELL / 2 - 1, place["y"] + 20, "0", "axis", "middle")
        return el("g", title, el("rect", rx=4, class_="none", **place), nothing)
    # The square root tells the few from the fewer.
    depth = max(isqrt(10_000 * count // most), 12)
    number = _said(
        place["x"] + CELL / 2 - 1, place["y"] + 20, _short(count), "on" if depth > 62 else "off", "middle"
    )
    return el("g", title, el("rect", rx=4, class_="cell", fill_opacity=depth / 100, **place), number)


def _short(count: int) -> str:
    """Write a count in four letters.

    >>> _short(999), _short(12_345), _short(2_500_000)
    ('999', '12k', '2M')
    """
    for unit, size in (("M", 1_000_000), ("k", 1000)):
        if count >= (size if size > 1000 else 10_000):
            return f"{count // size}{unit}"
    return str(count)


def _said(x: float, y: float, text: str, kind: str, anchor: str) -> Html:
    return el("text", text, x=x, y=y, class_=kind, text_anchor=anchor)


LOGO = el(
    "svg",
    el("rect", x=1, y=3, width=20, height=4, rx=1.5, class_="done"),
    el("rect", x=1, y=9, width=13, height=4, rx=1.5, class_="done", fill_opacity=0.7),
    el("rect", x=1, y=15, width=7, height=4, rx=1.5, class_="done", fill_opacity=0.45),
    width=22,
    height=22,
    aria_hidden="true",
)
ICON = (
    "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 22 22'%3E"
    "%3Cg fill='%2314807a'%3E%3Crect x='1' y='3' width='20' height='4'/%3E"
    "%3Crect x='1' y='9' width='13' height='4'/%3E%3Crect x='1' y='15' width='7' height='4'/%3E"
    "%3C/g%3E%3C/svg%3E"
)
"""The same for the tab of a browser, in the page itself: nothing more is loaded."""
