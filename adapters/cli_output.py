"""What the commands print: sentences and tables for people, JSON for programs.

The answer goes to standard output; notes, warnings and what was refused go to standard
error, so that the answer can be piped on. Nothing printed steers the terminal.
"""

from __future__ import annotations

import json
import shlex
import sys

from rich.console import Console
from rich.table import Table
from rich.text import Text

from adapters.wording import visible
from distribution.codec import encode

PIPE_WIDTH = 10_000
"""Columns of what is no terminal: wide enough that nothing is folded."""


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


def print_json(value: object, *, line: bool = False) -> None:
    """Print a value of the core, or data made of such, as one JSON document: indented, or on one *line*."""
    for text in json.dumps(encode(value), indent=None if line else 2, ensure_ascii=False).split("\n"):
        plain = text.isprintable()
        out(text if plain else "".join(c if c.isprintable() else json.dumps(c)[1:-1] for c in text))


def typed(command: str, *arguments: str, **options: str) -> str:
    """Write a command as it is to be typed.

    >>> typed("undo", "12", task="label cats")
    "distribution undo 12 --task 'label cats'"
    """
    words = [command, *map(shlex.quote, arguments)]
    words += [f"--{name} {shlex.quote(value)}" for name, value in options.items()]
    return " ".join(["distribution", *words])
