"""What the commands print: sentences and tables for people, JSON for programs.

The answer goes to standard output; notes, warnings and what was refused go to standard
error, so that the answer can be piped on. Nothing printed steers the terminal.
"""

from __future__ import annotations

import json
import shlex
import sys
from datetime import datetime, timedelta

from rich.console import Console
from rich.table import Table
from rich.text import Text

from distribution.codec import encode

PIPE_WIDTH = 10_000
"""Columns of what is no terminal: wide enough that nothing is folded."""


def visible(text: str) -> str:
    r"""Write what a terminal would obey, or hide, as Python writes it.

    >>> print(visible("ann\x1b[31m, é"))
    ann\x1b[31m, é
    """
    return text if text.isprintable() else "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)


def many(count: int, what: str = "item", several: str | None = None) -> str:
    """Count things in words.

    >>> many(1), many(2), many(0, "placement"), many(2, "copy", "copies")
    ('1 item', '2 items', '0 placements', '2 copies')
    """
    return f"{count} {what if count == 1 else several or what + 's'}"


def listed(names: list[str], most: int = 8) -> str:
    """Name some of many.

    >>> listed(["ann", "bob", "eve"], most=2)
    'ann, bob and 1 more'
    """
    rest = len(names) - most
    return ", ".join(names[:most]) + (f" and {rest} more" if rest > 0 else "")


def together(names: list[str]) -> str:
    """Name all of a few.

    >>> together(["--csv", "--ids"]), together([])
    ('--csv and --ids', 'none')
    """
    return " and ".join(names) or "none"


def duration_text(span: timedelta) -> str:
    """Write a duration as it is read.

    >>> duration_text(timedelta(minutes=90)), duration_text(timedelta(0))
    ('1h30m', '0s')
    """
    text, rest = "", span
    for unit, length in (
        ("d", timedelta(days=1)),
        ("h", timedelta(hours=1)),
        ("m", timedelta(minutes=1)),
    ):
        count, rest = divmod(rest, length)
        text += f"{count}{unit}" if count else ""
    seconds = rest.total_seconds()
    return text + (f"{seconds:g}s" if seconds or not text else "")


def moment(at: datetime | None) -> str:
    """Write an instant, in UTC."""
    return "" if at is None else f"{at:%Y-%m-%d %H:%M:%S}Z"


def table(*names: str, right: tuple[str, ...] = ()) -> Table:
    """Begin a table; the columns named in *right* hold numbers."""
    made = Table()
    for name in names:
        made.add_column(name, overflow="fold", justify="right" if name in right else "left")
    return made


def row(to: Table, *cells: object) -> None:
    """Add a row of which nothing is taken for markup; None is nothing."""
    to.add_row(*(Text("" if cell is None else visible(str(cell))) for cell in cells))


def say(what: str | Table) -> None:
    """Print for people: tables as wide as the terminal, a pipe gets all of it."""
    if isinstance(what, str):
        out("\n".join(visible(line) for line in what.split("\n")))
        return
    width = None if sys.stdout.isatty() else PIPE_WIDTH
    Console(width=width, markup=False, emoji=False, highlight=False).print(what)


def out(text: str) -> None:
    """Print a line as it is."""
    sys.stdout.write(text + "\n")


def id_out(text: str) -> None:
    """Print an id: for a program as it is, for a person visibly."""
    out(visible(text) if sys.stdout.isatty() else text)


def note(text: str) -> None:
    """Print a line beside the answer, on standard error."""
    if sys.stderr is not None:
        sys.stdout.flush()
        sys.stderr.write(visible(" ".join(text.splitlines())) + "\n")


def print_json(value: object) -> None:
    """Print a value of the core, or data made of such, as one JSON document."""
    for line in json.dumps(encode(value), indent=2, ensure_ascii=False).split("\n"):
        plain = line.isprintable()
        out(line if plain else "".join(c if c.isprintable() else json.dumps(c)[1:-1] for c in line))


def typed(command: str, *arguments: str, **options: str) -> str:
    """Write a command as it is to be typed.

    >>> typed("undo", "12", task="label cats")
    "distribution undo 12 --task 'label cats'"
    """
    words = [command, *map(shlex.quote, arguments)]
    words += [f"--{name} {shlex.quote(value)}" for name, value in options.items()]
    return " ".join(["distribution", *words])
