"""The main job on real input: the Python files of the running Python's standard library.

Runs the command line itself, and prints each command as it would be typed. First the
files are split among three people, then two people pull a part of them; then some go to
two people each, and a sample is reviewed. The clock is the demo's own, so that a lease can
end while you read.
"""

from __future__ import annotations

import shlex
import sys
import sysconfig
from datetime import UTC, datetime, timedelta
from pathlib import Path

from adapters.cli import main
from adapters.cli_options import NO_WORK
from adapters.dispatcher import Dispatcher
from adapters.sqlite import SqliteStore

STORE = "demo.db"


class Clock:
    """A clock that goes forward when told."""

    def __init__(self) -> None:
        self.at = datetime.now(UTC)

    def __call__(self) -> datetime:
        """Tell the time."""
        return self.at

    def forward(self, minutes: int) -> None:
        """Let time pass."""
        say(f"{minutes} minutes pass.")
        self.at += timedelta(minutes=minutes)


def say(text: str) -> None:
    """Tell the reader something."""
    sys.stdout.write(f"\n{text}\n")


class Shell:
    """Runs commands on the demo's store, by the demo's clock."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock

    def __call__(self, command: str, *, code: int = 0) -> None:
        """Print a command and run it; it has to end with this exit code."""
        sys.stdout.write(f"\n$ distribution {command}\n")
        sys.stdout.flush()
        try:
            main(shlex.split(command), clock=self.clock)
        except SystemExit as stop:
            if (stop.code or 0) != code:
                raise
        self.clock.at += timedelta(seconds=20)


def items(task_id: str, assignee: str, count: int) -> list[str]:
    """Give what somebody has open, in her order of work."""
    with Dispatcher(SqliteStore(STORE)) as tasks:
        return [piece.item for piece in tasks.worklist(task_id, assignee, state="open", limit=count)]


def split(run: Shell, library: str) -> None:
    """Split the standard library among three people, and change it."""
    loads = "--load ann=50 --load bob=30 --load eve=20"
    only = "--where 'name~*.py' --where 'dir!~/site-packages*' --effort lines"
    run(f"create --id stdlib --name 'read it all' --folder {library} {only} {loads} --seed 7 --store {STORE}")
    run(f"worklist --task stdlib --assignee eve --limit 5 --store {STORE}")
    say("The same files, balanced by lines instead of by number (a dry run):")
    run(f"plan --folder {library} {only} --by-effort {loads} --seed 7")
    say("Eve finishes three files. What would move if she took over half of bob's share?")
    done = " ".join(map(shlex.quote, items("stdlib", "eve", 3)))
    run(f"submit {done} --task stdlib --assignee eve --store {STORE}")
    change = "redistribute --task stdlib --load ann=50 --load bob=15 --load eve=35"
    run(f"{change} --dry-run --store {STORE}")
    moved = shlex.quote(items("stdlib", "bob", 10_000)[-1])
    run(f"{change} --actor zoe --reason 'bob has less time' --store {STORE}")
    run(f"explain {moved} --task stdlib --store {STORE}")
    say("A mistake, undone: what she finished stays hers, the rest is as it was:")
    run(f"undo 3 --task stdlib --store {STORE}")
    run(f"show --task stdlib --store {STORE}")


def pull(run: Shell, library: str) -> None:
    """Let two people pull the files of one package."""
    say("Now a task that two people pull from; what they take is reserved for half an hour.")
    folder = shlex.quote(str(Path(library) / "email"))
    team = "--pull-batch 4 --cap 6 --lease 30m --allow ann --allow bob"
    run(f"create --id email --name 'read email' --folder {folder} --where 'name~*.py' {team} --store {STORE}")
    run(f"pull --task email --assignee ann --store {STORE}")
    run(f"pull --task email --assignee bob --store {STORE}")
    hers = [shlex.quote(item) for item in items("email", "ann", 4)]
    run(f"submit {' '.join(hers[:2])} --task email --assignee ann --store {STORE}")
    run(f"skip {hers[2]} --task email --assignee ann --reason 'too long' --store {STORE}")
    run(f"pull --task email --assignee bob --store {STORE}", code=NO_WORK)
    run.clock.forward(31)
    say("Bob's lease has ended, and so has ann's on the one she kept: ann gets his files.")
    run(f"pull --task email --assignee ann --store {STORE}")
    run(f"explain {items('email', 'ann', 1)[0]} --task email --store {STORE}")
    run(f"history --task email --store {STORE}")
    run(f"watch --task email --once --store {STORE}")


def check(run: Shell, library: str) -> None:
    """Let some files go to two people, compare what they say, and review a sample of it."""
    say(
        "Quality: 40 % of the files of one package go to two of three people each, every two sharing as many."
    )
    folder = shlex.quote(str(Path(library) / "unittest"))
    only = "--where 'name~*.py' --where 'dir!~/test*'"
    team = "--assignee ann --assignee bob --assignee eve --overlap 40 --copies 2"
    run(f"create --id rate --name 'rate unittest' --folder {folder} {only} {team} --store {STORE}")
    for who, taste in (("ann", 1), ("bob", 2), ("eve", 1)):
        hers = items("rate", who, 100)
        said = " ".join(
            f"--answer {item}={'dense' if len(item) * taste % 5 < 2 else 'clear'}" for item in hers
        )
        run(f"submit {' '.join(hers)} --task rate --assignee {who} {said} --store {STORE}")
    run(f"agreement --task rate --store {STORE}")
    say("Half of what is finished is reviewed, by zoe and by whoever did not do it herself.")
    run(f"qa --task rate --id review --reviewer zoe --reviewer ann --percent 50 --store {STORE}")
    for who in ("zoe", "ann"):
        hers = items("review", who, 100)
        first, rest = shlex.quote(hers[0]), " ".join(map(shlex.quote, hers[1:]))
        verdict = "discard" if who == "zoe" else "approved"
        run(f"submit {first} --task review --assignee {who} --status {verdict} --store {STORE}")
        if rest:
            run(f"submit {rest} --task review --assignee {who} --status approved --store {STORE}")
    run(f"quality --task review --store {STORE}")
    say("What zoe rejected is open again, with its author:")
    run(f"history --task rate --store {STORE}")


def demo() -> None:
    """Show both kinds of tasks, and how well they are done."""
    for leftover in Path().glob(f"{STORE}*"):
        leftover.unlink()
    run, library = Shell(Clock()), sysconfig.get_path("stdlib")
    split(run, shlex.quote(library))
    pull(run, library)
    check(run, library)
    sys.stdout.write(
        "\nGo on with these:\n"
        f"  .venv/bin/distribution list --store {STORE}\n"
        f"  .venv/bin/distribution show --task stdlib --store {STORE} --json\n"
        f"  .venv/bin/distribution worklist --task stdlib --assignee bob --limit 20 --store {STORE}\n"
        f"  .venv/bin/distribution pull --task email --assignee bob --store {STORE}\n"
        f"  .venv/bin/distribution history --task stdlib --store {STORE}\n"
        "  .venv/bin/distribution --help\n"
    )


if __name__ == "__main__":
    demo()
