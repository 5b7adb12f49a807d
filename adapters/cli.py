"""The command line, `distribution`: what a task can do, from the shell.

Tables and sentences for people, `--json` for programs. Bad input ends with exit code 2
and one line that says what to do. The commands are in the modules `cli_*`, by panel of
the help.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from importlib.metadata import version
from typing import Annotated, Any

import typer
from typer import Option

from adapters import (
    cli_agreeing,
    cli_changing,
    cli_create,
    cli_dataloop,
    cli_items,
    cli_judging,
    cli_known,
    cli_looking,
    cli_piping,
    cli_reviewing,
    cli_serving,
    cli_tasks,
    cli_team,
    cli_watch,
    cli_working,
)
from adapters.cli_options import CLOCK
from adapters.cli_output import out
from adapters.deciding import now
from adapters.wording import visible
from distribution.errors import DistributionError, InvalidInput

STOPPED = 130
"""Exit code after Ctrl-C, as shells have it."""

app = typer.Typer(
    help="Decide who works on what: exact, reproducible, explainable.\n\n"
    "Exit codes: 0 done, 1 something was refused, 2 bad input, 3 no work to hand out.",
    epilog="Example: distribution create --name review --folder photos --load ann=50 --load bob=30 --load eve=20",
    add_completion=True,
    pretty_exceptions_enable=False,
)
for module in (cli_create, cli_tasks, cli_working, cli_changing):
    app.add_typer(module.PANEL.typer)
app.add_typer(
    cli_team.PANEL.typer,
    name="assignee",
    rich_help_panel=cli_changing.PANEL.title,
    help="Change the people of a task: let them join, pause, resume, leave; limit what they may have.",
)
app.add_typer(
    cli_piping.PANEL.typer,
    name="pipeline",
    rich_help_panel=cli_piping.PANEL.title,
    help="Tasks in a row: what is finished in one goes on to another by its status.",
)
for module in (
    cli_reviewing,
    cli_judging,
    cli_agreeing,
    cli_known,
    cli_looking,
    cli_items,
    cli_watch,
    cli_serving,
):
    app.add_typer(module.PANEL.typer)
app.add_typer(
    cli_dataloop.PANEL.typer,
    name="dataloop",
    rich_help_panel=cli_serving.PANEL.title,
    help="Bring plans to a Dataloop project: list its items, apply a plan, verify it, follow what people say there.",
)


def _tell_version(wanted: bool) -> None:  # noqa: FBT001  Typer calls it so
    if wanted:
        out(version("work-distribution"))
        raise typer.Exit


@app.callback()
def common(
    *,
    version: Annotated[
        bool, Option("--version", help="Tell the version.", callback=_tell_version, is_eager=True)
    ] = False,
) -> None:
    """Take the options of no command."""


def _run(arguments: list[str]) -> int | None:
    """Run a command and write all it says; Typer makes an exit code of Ctrl-C."""
    if sys.stdout is None:
        raise InvalidInput(subject="standard output", must="be open", got=None)
    done: int | None = app(arguments, standalone_mode=False, prog_name="distribution")
    sys.stdout.flush()
    return done


def main(arguments: list[str] | None = None, *, clock: Callable[[], datetime] = now) -> None:
    """Run a command; errors become one line on standard error and exit code 2, Ctrl-C 130."""
    CLOCK.set(clock)
    given = sys.argv[1:] if arguments is None else arguments
    status = 2
    try:
        done = _run(given or ["--help"])
        if done != STOPPED:
            sys.exit(done)
        problem, status = "stopped", STOPPED
    except DistributionError as error:
        problem = str(error)
    except (KeyboardInterrupt, typer.Abort):
        problem, status = "stopped", STOPPED
    except BrokenPipeError:
        # Nobody reads on, which is no error worth a line.
        _drop_output()
        sys.exit(1)
    except RecursionError:
        problem = "something given is nested too deep"
    except (OSError, UnicodeError) as error:
        problem = str(error)
    except Exception as error:
        # Typer's own errors know how to say it; anything else is a bug of ours and shows its traceback.
        if not hasattr(error, "format_message"):
            raise
        problem = f"{str(error.format_message()).rstrip('.')}; see {_command(error)} --help"
    sys.stderr.write("error: " + visible(" ".join(problem.splitlines())) + "\n")
    _drop_output()
    sys.exit(status)


def _command(error: Any) -> str:
    """Name the command an error of Typer's is about."""
    context = getattr(error, "ctx", None)
    return "distribution" if context is None else str(context.command_path)


def _drop_output() -> None:
    """Write what can still be written, and spare the interpreter the rest at its exit."""
    if sys.stdout is None:
        return
    try:
        sys.stdout.flush()
    except (OSError, UnicodeError):
        with suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    main()
