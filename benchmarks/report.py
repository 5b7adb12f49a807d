"""How results are written: numbers, Markdown tables, targets met or missed, files.

Holds: the forms of text and JSON.
Does not hold: what is measured.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import log10
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Target:
    """A figure, and what it ought to be."""

    what: str
    measured: float
    least: float | None = None
    most: float | None = None

    @property
    def met(self) -> bool:
        """Tell whether it is what it ought to be."""
        low = self.least is None or self.measured >= self.least
        return low and (self.most is None or self.measured <= self.most)

    @property
    def bound(self) -> str:
        """Write what it ought to be."""
        return f">= {self.least:g}" if self.least is not None else f"<= {self.most:g}"


def significant(number: float) -> str:
    """Write three digits and no exponent.

    >>> [significant(x) for x in (0, 0.33333, 2.5, 47.77, 1234.5, 4.0)]
    ['0', '0.333', '2.5', '47.8', '1230', '4']
    """
    if number == 0:
        return "0"
    digits = max(0, 2 - int(log10(abs(number)) // 1))
    text = f"{float(f'{number:.3g}'):.{digits}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def power(n: int) -> str:
    """Write a power of ten as one."""
    digits = len(str(n)) - 1
    return f"10^{digits}" if n == 10**digits and digits > 2 else str(n)


def bytes_text(peak: int | None, n: int) -> str:
    """Write memory for each item."""
    return "-" if peak is None else f"{peak / n:.1f}"


def markdown(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Write a table, aligned for those who read it as text; numbers to the right."""
    body = [[str(cell) for cell in row] for row in rows]
    widths = [max(3, *(len(row[at]) for row in [list(header), *body])) for at in range(len(header))]
    left = [any(row[at][:1].isalpha() for row in body) for at in range(len(header))]

    def line(cells: Sequence[str]) -> str:
        padded = (
            c.ljust(w) if to_left else c.rjust(w) for c, w, to_left in zip(cells, widths, left, strict=True)
        )
        return f"| {' | '.join(padded)} |"

    rule = "|".join(
        f" {'-' * w} " if to_left else f" {'-' * (w - 1)}: " for w, to_left in zip(widths, left, strict=True)
    )
    return "\n".join([line(list(header)), f"|{rule}|", *map(line, body)])


def verdicts(targets: Iterable[Target]) -> str:
    """Show figures beside what they ought to be."""
    rows = [(t.what, significant(t.measured), t.bound, "met" if t.met else "MISSED") for t in targets]
    return markdown(("figure", "measured", "target", "verdict"), rows)


def as_file(found: Mapping[str, Any]) -> str:
    """Write results as JSON, one short list a line, so that diffs are readable."""
    return json.dumps(_folded(found), indent=1).replace('"\\u0000', "").replace('\\u0000"', "") + "\n"


def _folded(value: Any) -> Any:
    """Mark lists of numbers, so that indenting leaves them on one line."""
    if isinstance(value, Mapping):
        return {key: _folded(part) for key, part in value.items()}
    if isinstance(value, list):
        if value and all(isinstance(part, (int, float)) for part in value):
            return f"\0{json.dumps(value)}\0"
        return [_folded(part) for part in value]
    return value


def read(path: Path) -> dict[str, Any]:
    """Read what `as_file` wrote.

    Raises:
        SystemExit: there is no such file, or it holds something else.
    """
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise SystemExit(f"benchmarks: cannot read results from {str(path)!r}: {error}") from error
    if not isinstance(found, dict) or "benchmark" not in found:
        raise SystemExit(f"benchmarks: {str(path)!r} must be a file written with --json")
    return found
