"""Where items come from: options, what is made of them, and the bars that show how far it is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any, Self, cast

import attrs
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
)
from typer import Option

from adapters import files
from adapters.cli_values import WHERE, conditions
from adapters.wording import together
from distribution.errors import InvalidInput
from distribution.filters import Filter, matches
from distribution.values import Item, ItemId

SOURCE = "Where the items come from (one of the first five)"


class Source:
    """Items on their way in, those that the filter leaves out counted and gone."""

    def __init__(self, where: Filter | None) -> None:
        self.where = where
        self.items: Iterable[Item] = ()
        self.left_out = 0

    def leave_out(self, _name: str) -> None:
        """Count one more that the filter leaves out."""
        self.left_out += 1

    def __iter__(self) -> Iterator[Item]:
        """Yield the items that pass."""
        for item in self.items:
            if self.where is None or matches(self.where, item.attributes):
                yield item
            else:
                self.left_out += 1


@attrs.frozen(kw_only=True)
class Sources:
    """Where items come from."""

    folder: Annotated[
        Path | None,
        Option(
            help="Every file below a folder, with the attributes dir, filename, name, size and modified.",
            show_default=False,
            rich_help_panel=SOURCE,
        ),
    ] = None
    csv: Annotated[
        str | None, Option(help="Rows of a CSV file, - for standard input.", rich_help_panel=SOURCE)
    ] = None
    jsonl: Annotated[
        str | None, Option(help="Lines of JSON, - for standard input.", rich_help_panel=SOURCE)
    ] = None
    parquet: Annotated[str | None, Option(help="Rows of a Parquet file.", rich_help_panel=SOURCE)] = None
    ids: Annotated[
        str | None, Option(help="One id a line, - for standard input.", rich_help_panel=SOURCE)
    ] = None
    id_column: Annotated[str, Option(help="Column that holds the id.", rich_help_panel=SOURCE)] = "id"
    effort: Annotated[
        str | None,
        Option(help="Column with the effort of an item; for a folder size or lines.", rich_help_panel=SOURCE),
    ] = None
    priority_column: Annotated[
        str | None,
        Option(
            help="Column with the priority of an item: larger is worked on first, none is 0.",
            rich_help_panel=SOURCE,
        ),
    ] = None
    where: Annotated[
        list[str],
        Option(
            help=WHERE,
            metavar="CONDITION",
            show_default=False,
            rich_help_panel=SOURCE,
        ),
    ] = attrs.field(factory=list)

    def filter(self) -> Filter | None:
        """Read the conditions, all of which must hold."""
        return conditions(self.where)

    def items(self, named: Sequence[ItemId] | None = None) -> Source:
        """Open the source; where items may be *named* instead, these.

        Raises:
            InvalidInput: they come from nowhere, or in two ways.
        """
        where = self.filter()
        source = Source(where)
        items = self._opened(where, source.leave_out, named)
        source.items = items if self.priority_column is None else prioritized(items, self.priority_column)
        return source

    def _opened(
        self, where: Filter | None, left_out: Callable[[str], None], named: Sequence[ItemId] | None
    ) -> Iterable[Item]:
        """Open the one source that was given."""
        sources = {"--folder": self.folder, "--csv": self.csv, "--jsonl": self.jsonl}
        sources |= {"--parquet": self.parquet, "--ids": self.ids}
        given = [name for name, value in sources.items() if value is not None]
        ways = f"come from one of {', '.join(sources)}"
        if len(given) + bool(named) != 1:
            must = ways if named is None else f"be named, or {ways}"
            raise InvalidInput(subject="items", must=must, got=together(["ITEM"] * bool(named) + given))
        if named:
            return map(Item, named)
        if self.folder is not None:
            if self.effort not in {None, "size", "lines"}:
                raise InvalidInput(subject="--effort of a folder", must="be size or lines", got=self.effort)
            effort = cast("files.FolderEffort | None", self.effort)
            return files.folder(self.folder, effort=effort, where=where, left_out=left_out)
        if self.ids is not None:
            return files.ids(self.ids)
        if self.csv is not None:
            return files.csv_rows(self.csv, id_column=self.id_column, effort=self.effort)
        if self.jsonl is not None:
            return files.json_lines(self.jsonl, id_column=self.id_column, effort=self.effort)
        return files.parquet(str(self.parquet), id_column=self.id_column, effort=self.effort)


def prioritized(items: Iterable[Item], column: str) -> Iterator[Item]:
    """Give items the priority that one of their attributes names; those without it have 0.

    Raises:
        InvalidInput: a value is no priority, or no item has one.
    """
    found = False
    for item in items:
        value = item.attributes.get(column)
        if value is None:
            yield item
            continue
        found = True
        try:
            ranked = attrs.evolve(item, priority=cast("int", value))
        except InvalidInput as error:
            raise attrs.evolve(error, subject=f"{column} of item {item.id!r}") from error
        yield ranked
    if not found:
        must = "name a column with a value in at least one item"
        raise InvalidInput(subject="--priority-column", must=must, got=column)


class Bars:
    """Progress on standard error, where somebody watches."""

    def __init__(self) -> None:
        self._progress = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=Console(stderr=True),
            transient=True,
            disable=not Console(stderr=True).is_terminal,
        )
        self._rows: dict[str, Any] = {}

    def __call__(self, doing: str, done: int, total: int | None) -> None:
        """Show how far it is."""
        if doing not in self._rows:
            self._rows[doing] = self._progress.add_task(f"{doing} items", total=total)
        self._progress.update(self._rows[doing], completed=done, total=total)

    def __enter__(self) -> Self:
        """Begin to show."""
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Wipe the bars away."""
        self._progress.stop()
