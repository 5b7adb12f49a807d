"""What the commands share: options, and what is made of them.

An attrs class stands for a group of options; `takes` puts its fields into the signature
of a command, so that each option is written once.
"""

from __future__ import annotations

import inspect
import json
import os
from collections.abc import Callable, Iterable, Iterator
from functools import wraps
from pathlib import Path
from typing import Annotated, Any, Self, cast, get_type_hints

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
from adapters.dispatcher import Dispatcher
from adapters.sqlite import SqliteStore
from distribution import ByCount, ByEffort, Grouped, InvalidInput, NotFound, Stratified, Workload
from distribution.basis import Basis
from distribution.codec import decode
from distribution.filters import AllOf, Filter, Not, field, matches
from distribution.values import Item, Json

SOURCE = "Where the items come from (one of these)"
SHARES = "Who works, and how much (one kind of these)"
HOW = "How the items are split"


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
class Split:
    """The options of `create` and `plan`."""

    folder: Annotated[
        Path | None,
        Option(
            help="Every file below a folder, with the attributes dir, filename, name, size and modified.",
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
    where: Annotated[
        list[str],
        Option(
            help="Only items with this: size>1000, dir=/a, name~*.py, name!~test*, tag!=x; several must all hold."
            " Or a filter as JSON.",
            rich_help_panel=SOURCE,
        ),
    ] = attrs.field(factory=list)
    load: Annotated[
        list[str], Option(help="ann=50: percent; all must sum to 100.", rich_help_panel=SHARES)
    ] = attrs.field(factory=list)
    weight: Annotated[list[str], Option(help="ann=2: a weight of any size.", rich_help_panel=SHARES)] = (
        attrs.field(factory=list)
    )
    assignee: Annotated[list[str], Option(help="ann: all carry the same.", rich_help_panel=SHARES)] = (
        attrs.field(factory=list)
    )
    order: Annotated[
        str, Option(help="shuffled, contiguous, interleaved, random or spread.", rich_help_panel=HOW)
    ] = "shuffled"
    seed: Annotated[int, Option(help="The same seed gives the same split.", rich_help_panel=HOW)] = 0
    effort: Annotated[
        str | None,
        Option(help="Column with the effort of an item; for a folder size or lines.", rich_help_panel=HOW),
    ] = None
    by_effort: Annotated[
        bool,
        Option(
            "--by-effort", help="Balance the sum of effort, not the number of items.", rich_help_panel=HOW
        ),
    ] = False
    stratify: Annotated[
        str | None,
        Option(help="Divide the items of every value of this attribute by the loads.", rich_help_panel=HOW),
    ] = None
    group: Annotated[
        str | None,
        Option(help="Keep items with the same value of this attribute together.", rich_help_panel=HOW),
    ] = None

    def items(self) -> Source:
        """Open the source."""
        where = self.filter()
        source = Source(where)
        source.items = self._opened(where, source.leave_out)
        return source

    def _opened(self, where: Filter | None, left_out: Callable[[str], None]) -> Iterator[Item]:
        """Open the one source that was named."""
        sources = {"--folder": self.folder, "--csv": self.csv, "--jsonl": self.jsonl}
        sources |= {"--parquet": self.parquet, "--ids": self.ids}
        given = [name for name, value in sources.items() if value is not None]
        if len(given) != 1:
            raise InvalidInput(
                subject="items", must=f"come from one of {', '.join(sources)}", got=_listed(given)
            )
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

    def workload(self) -> Workload:
        """Read the shares."""
        kinds = {"--load": self.load, "--weight": self.weight, "--assignee": self.assignee}
        given = [name for name, value in kinds.items() if value]
        if len(given) != 1:
            raise InvalidInput(
                subject="shares",
                must="be given as one of --load ann=50, --weight ann=2, --assignee ann",
                got=_listed(given),
            )
        if self.assignee:
            return Workload.even(self.assignee)
        make = Workload.of if self.load else Workload.weights
        return make([_pair(text) for text in self.load or self.weight])

    def basis(self) -> Basis:
        """Read what is shared out."""
        given = [("--by-effort", self.by_effort), ("--stratify", self.stratify), ("--group", self.group)]
        chosen = [name for name, value in given if value]
        if len(chosen) > 1:
            raise InvalidInput(
                subject="split", must="be one of --by-effort, --stratify, --group", got=_listed(chosen)
            )
        if self.by_effort:
            if self.effort is None:
                raise InvalidInput(
                    subject="--by-effort", must="know the effort", got=None, remedy="add --effort"
                )
            return ByEffort()
        if self.stratify:
            return Stratified(self.stratify)
        return Grouped(self.group) if self.group else ByCount()

    def filter(self) -> Filter | None:
        """Read the conditions, all of which must hold."""
        clauses = [condition(text) for text in self.where]
        return clauses[0] if len(clauses) == 1 else AllOf(tuple(clauses)) if clauses else None


def _listed(names: list[str]) -> str:
    return " and ".join(names) or "none"


def _pair(text: str) -> tuple[str, str]:
    """Read ann=50; the id may itself contain an equals sign."""
    name, sign, number = text.rpartition("=")
    if not sign:
        raise InvalidInput(subject="share", must="be written ann=50", got=text)
    return name, number


def condition(text: str) -> Filter:
    """Read a condition as people type it, or a filter as JSON.

    >>> condition("size>=1000")
    Compare(path='size', relation='at_least', value=1000)
    >>> condition("name~*.py")
    Glob(path='name', pattern='*.py')

    Raises:
        InvalidInput: it is neither.
    """
    if text.lstrip().startswith("{"):
        try:
            data: Json = json.loads(text)
            filter_: Filter = decode(Filter, data)
        except InvalidInput:
            raise
        except (ValueError, RecursionError) as error:
            raise InvalidInput(subject="--where", must="be JSON", got=text, detail=str(error)) from error
        return filter_
    signs = {"!=": "not_equal", ">=": "at_least", "<=": "at_most", "=": "equal", ">": "greater", "<": "less"}
    found = min(
        ((text.index(sign), -len(sign), sign) for sign in [*signs, "~", "!~"] if sign in text), default=None
    )
    if found is None:
        must = "be a field, one of = != > >= < <= ~ !~, and a value"
        raise InvalidInput(subject="--where", must=must, got=text, remedy="e.g. size>1000")
    sign = found[2]
    path, _, value = text.partition(sign)
    if sign in {"~", "!~"}:
        like = field(path.strip()).like(value.strip())
        return Not(like) if sign == "!~" else like
    made: Filter = getattr(field(path.strip()), signs[sign])(_value(value.strip()))
    return made


def _value(text: str) -> Json:
    """Read a value: JSON where it is JSON, else text."""
    try:
        value: Json = json.loads(text)
    except (ValueError, RecursionError):
        return text
    return value if not isinstance(value, (list, dict)) else text


StorePath = Annotated[
    str, Option("--store", help="File that keeps the tasks.", envvar="DISTRIBUTION_STORE", show_default=True)
]
AsJson = Annotated[bool, Option("--json", help="Print JSON for programs.")]
TaskName = Annotated[str, Option("--task", help="Id or name of the task.")]


def opened(store: str, *, create: bool = False) -> Dispatcher:
    """Open the store; only `create` makes a new file."""
    if "://" in store:
        raise InvalidInput(subject="--store", must="be the path of a file", got=store)
    if not create and not os.path.exists(store):  # noqa: PTH110  a string as the user typed it
        raise NotFound(
            kind="store",
            name=store,
            place="this folder",
            remedy="create a task first, or name another with --store",
        )
    return Dispatcher(SqliteStore(store))


def takes(group: type) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Put the fields of an options class into the signature of a command, in the place of `options`."""

    def decorated(command: Callable[..., None]) -> Callable[..., None]:
        own = inspect.signature(command, eval_str=True)
        hints = get_type_hints(group, include_extras=True)
        added = [
            inspect.Parameter(
                a.name,
                inspect.Parameter.KEYWORD_ONLY,
                annotation=hints[a.name],
                default=[] if isinstance(a.default, attrs.Factory) else a.default,  # type: ignore[arg-type]
            )
            for a in attrs.fields(group)
        ]
        kept = [
            p.replace(kind=inspect.Parameter.KEYWORD_ONLY)
            for p in own.parameters.values()
            if p.name != "options"
        ]

        @wraps(command)
        def wrapper(**given: Any) -> None:
            options = group(**{a.name: given.pop(a.name) for a in attrs.fields(group)})
            command(options=options, **given)

        wrapper.__signature__ = own.replace(parameters=[*kept, *added])  # type: ignore[attr-defined]
        wrapper.__annotations__ = {p.name: p.annotation for p in [*kept, *added]}
        del wrapper.__wrapped__
        return wrapper

    return decorated


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
