"""The main job on real input: the Python files of the running Python's standard library.

Runs the command line itself, and prints each command as it would be typed.
"""

from __future__ import annotations

import shlex
import sys
import sysconfig
from pathlib import Path

from adapters.cli import main
from adapters.dispatcher import Dispatcher
from adapters.sqlite import SqliteStore

STORE = "demo.db"


def run(command: str) -> None:
    """Print a command and run it."""
    sys.stdout.write(f"\n$ distribution {command}\n")
    sys.stdout.flush()
    try:
        main(shlex.split(command))
    except SystemExit as stop:
        if stop.code:
            raise


def demo() -> None:
    """Split the standard library among three people."""
    for leftover in Path().glob(f"{STORE}*"):
        leftover.unlink()
    library = shlex.quote(sysconfig.get_path("stdlib"))
    loads = "--load ann=50 --load bob=30 --load eve=20"
    only = "--where 'name~*.py' --where 'dir!~/site-packages*' --effort lines"
    run(f"create --name stdlib --folder {library} {only} {loads} --seed 7 --store {STORE}")
    run(f"items --task stdlib --assignee eve --limit 5 --store {STORE}")
    with Dispatcher(SqliteStore(STORE)) as tasks:
        item = tasks.placements(tasks.find("stdlib").id, assignee="eve", limit=1)[0].item
    run(f"explain {shlex.quote(item)} --task stdlib --store {STORE}")
    sys.stdout.write("\nThe same files, balanced by lines instead of by number (a dry run):\n")
    run(f"plan --folder {library} {only} --by-effort {loads} --seed 7")
    sys.stdout.write(
        "\nGo on with these:\n"
        f"  .venv/bin/distribution list --store {STORE}\n"
        f"  .venv/bin/distribution show --task stdlib --store {STORE} --json\n"
        f"  .venv/bin/distribution items --task stdlib --assignee bob --limit 20 --store {STORE}\n"
        f"  .venv/bin/distribution history --task stdlib --store {STORE}\n"
        f"  .venv/bin/distribution delete --task stdlib --yes --store {STORE}\n"
        "  .venv/bin/distribution create --help\n"
    )


if __name__ == "__main__":
    demo()
