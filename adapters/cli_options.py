"""Options that many commands share, each written once.

An attrs class stands for a group of options. A command that has a parameter of such a
class takes all its fields as options (`takes`), and is registered with its example in
the help (`Panel`).
"""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable
from contextvars import ContextVar
from datetime import datetime
from functools import cache, wraps
from typing import Annotated, Any, TypeVar, get_type_hints

import attrs
import typer
from typer import Argument, Option

from adapters.cli_values import WHERE, conditions, item_list
from adapters.deciding import By, now
from adapters.dispatcher import Dispatcher
from adapters.sqlite import SqliteStore
from distribution.errors import InvalidInput, NotFound
from distribution.filters import Filter
from distribution.task import Ask, Task
from distribution.values import ItemId

C = TypeVar("C", bound=Callable[..., None])

REFUSED = 1
"""Exit code where something that was asked for was not done."""
NO_WORK = 3
"""Exit code where there is nothing to hand out."""

COMMON = "Options of every command"
WHO_ASKS = "Who asks, and why"

CLOCK: ContextVar[Callable[[], datetime]] = ContextVar("CLOCK", default=now)
"""What tells the time to the commands; a demonstration has one of its own."""

StorePath = Annotated[
    str,
    Option(
        "--store",
        help="File that keeps the tasks.",
        envvar="DISTRIBUTION_STORE",
        show_default=True,
        rich_help_panel=COMMON,
    ),
]
AsJson = Annotated[bool, Option("--json", help="Print JSON for programs.", rich_help_panel=COMMON)]
TaskName = Annotated[str, Option("--task", help="Id or name of the task.")]
Assignee = Annotated[str, Argument(help="Id of the assignee.", metavar="ASSIGNEE", show_default=False)]
Items = Annotated[list[str], Argument(help="Ids of items; - reads them from standard input.", metavar="ITEM")]


@attrs.frozen(kw_only=True)
class Common:
    """The options of every command."""

    store: StorePath = "work.db"
    as_json: AsJson = False

    def opened(self, *, create: bool = False) -> Dispatcher:
        """Open the store; only *create* makes a new file."""
        if "://" in self.store:
            raise InvalidInput(subject="--store", must="be the path of a file", got=self.store)
        if not create and not os.path.exists(self.store):  # noqa: PTH110  a string as the user typed it
            raise NotFound(
                kind="store",
                name=self.store,
                place="this folder",
                remedy="create a task first, or name another with --store",
            )
        return Dispatcher(SqliteStore(self.store), clock=CLOCK.get())


@attrs.frozen(kw_only=True)
class OnTask(Common):
    """The options of a question about one task."""

    task: TaskName


@attrs.frozen(kw_only=True)
class Asked(Common):
    """The options of everything that changes something."""

    actor: Annotated[
        str,
        Option(
            help="Who asks for it, kept in the history.",
            envvar="DISTRIBUTION_ACTOR",
            rich_help_panel=WHO_ASKS,
        ),
    ] = ""
    reason: Annotated[str, Option(help="Why, kept in the history.", rich_help_panel=WHO_ASKS)] = ""
    request: Annotated[
        str | None,
        Option(
            help="Id of this call: called again with it, nothing is done twice.",
            show_default=False,
            rich_help_panel=WHO_ASKS,
        ),
    ] = None

    def by(self) -> By:
        """Give what the dispatcher wants to know of it."""
        return By(actor=self.actor, reason=self.reason, request=self.request)


@attrs.frozen(kw_only=True)
class Chosen:
    """Conditions on items."""

    where: Annotated[
        list[str],
        Option(
            help=WHERE,
            metavar="CONDITION",
            show_default=False,
        ),
    ] = attrs.field(factory=list)

    def filter(self) -> Filter | None:
        """Read the conditions."""
        return conditions(self.where)


def chosen_items(items: list[str], where: Filter | None) -> list[ItemId] | None:
    """Give the items that were named; None where conditions choose them.

    Raises:
        InvalidInput: they are named in both ways, or in none.
    """
    if bool(items) == (where is not None):
        given = "both" if items else "neither"
        raise InvalidInput(subject="items", must="be named, or else chosen by --where", got=given)
    return item_list(items) if items else None


def known(tasks: Dispatcher, name: str) -> Task:
    """Find a task, also a deleted one by its id."""
    try:
        return tasks.find(name)
    except NotFound:
        gone = tasks.store.read(name, Ask()).task
        if gone is None:
            raise
        return gone


class Panel:
    """Commands that stand together in the help."""

    def __init__(self, title: str, prefix: str = "") -> None:
        self.title = title
        self.prefix = prefix
        self.typer = typer.Typer()

    def command(self, *examples: str, name: str | None = None) -> Callable[[C], C]:
        """Register a function as a command, with examples of how it is typed."""
        typed = [f"distribution {self.prefix}{example}" for example in examples]

        def decorated(function: C) -> C:
            register = self.typer.command(
                name, epilog="Example: " + "\n\nOr: ".join(typed), rich_help_panel=self.title
            )
            register(takes(function))
            return function

        return decorated


def takes(command: Callable[..., None]) -> Callable[..., None]:
    """Put the fields of options classes into the signature of a command, in the place of its parameters."""
    own = inspect.signature(command, eval_str=True)
    parameters: list[inspect.Parameter] = []
    groups: dict[str, tuple[type, list[str]]] = {}
    for parameter in own.parameters.values():
        group = parameter.annotation
        if isinstance(group, type) and attrs.has(group):
            fields = _parameters(group)
            groups[parameter.name] = (group, [field.name for field in fields])
            parameters += fields
        else:
            parameters.append(parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY))

    @wraps(command)
    def wrapper(**given: Any) -> None:
        for name, (group, fields) in groups.items():
            given[name] = group(**{field: given.pop(field) for field in fields})
        command(**given)

    wrapper.__signature__ = own.replace(parameters=parameters)  # type: ignore[attr-defined]
    wrapper.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    del wrapper.__wrapped__
    return wrapper


@cache
def _parameters(group: Any) -> tuple[inspect.Parameter, ...]:
    """Make a parameter of each field."""
    hints = get_type_hints(group, include_extras=True)
    return tuple(
        inspect.Parameter(
            field.name,
            inspect.Parameter.KEYWORD_ONLY,
            annotation=hints[field.name],
            default=_default(field.default),
        )
        for field in attrs.fields(group)
    )


def _default(default: Any) -> Any:
    """Say what an option is where it is not given; lists are made anew by the class."""
    if default is attrs.NOTHING:
        return inspect.Parameter.empty
    return [] if isinstance(default, attrs.Factory) else default  # type: ignore[arg-type]
