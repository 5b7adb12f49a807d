"""The command: `python -m benchmarks --help`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from benchmarks import apportioning, choosing, create, importing, machine, matching, report

Report = Callable[[Mapping[str, Any]], str]


def parser() -> argparse.ArgumentParser:
    """Describe the command line."""
    top = argparse.ArgumentParser(
        prog="python -m benchmarks", description="Time ours against what people would use."
    )
    top.add_argument(
        "--check", action="store_true", help="run everything at tiny sizes; exit 1 if anything is wrong"
    )
    commands = top.add_subparsers(
        dest="command", metavar="split|overlap|create|pull|growth|import|apportion|choose|match|table"
    )
    for name, what in (
        ("split", "the static split against NumPy, Polars, scikit-learn, lists and hashing"),
        ("overlap", "items for several people, against NumPy, random draws and a heap"),
        ("create", "creating a task of 10^6 items in SQLite against a bare executemany"),
        ("pull", "pulling ten items and finishing them, against huey, persist-queue and litequeue"),
        ("growth", "a pull from tasks of 10^4 to 10^6 items, fresh and half done"),
        ("import", "what importing the library adds to the start of a program"),
        ("apportion", "whole numbers from 10,000 weights, each method"),
        ("choose", "the next item for whoever asks, against a heap and a sorted list"),
        ("match", "who may take what: 10^6 items of 50 kinds, and how often a greedy way fails"),
    ):
        command = commands.add_parser(name, help=what)
        command.add_argument(
            "--rounds", type=_rounds, help="how often each case runs; by default enough for its size"
        )
        command.add_argument("--json", type=Path, metavar="FILE", help="also write results there")
        command.add_argument("--date", help="date to write into the results")
        if name == "split":
            command.add_argument(
                "--large", action="store_true", help="also 10^8 items, and a stream of 10^9: minutes"
            )
        if name in {"growth", "overlap"}:
            command.add_argument("--large", action="store_true", help="also 10^7 items: minutes")
        if name in {"pull", "growth"}:
            command.add_argument(
                "--folder", type=Path, help="where files are made; by default a temporary one"
            )
        if name == "pull":
            _add_pull(command)
    table = commands.add_parser("table", help="print the table for the README from a file of results")
    table.add_argument("file", type=Path)
    return top


def _add_pull(command: argparse.ArgumentParser) -> None:
    """Describe what only pulling has."""
    command.add_argument("--think", action="store_true", help="64 clients that think half a second")
    command.add_argument("--seconds", type=float, help="how long each run takes; by default 3, thinking 10")
    command.add_argument("--systems", help="only these, by commas: ours,ours-ungrouped,huey,...")
    command.add_argument("--clients", type=_counts, help="only cases of so many clients, by commas: 8,32")


def _rounds(text: str) -> int:
    """Read a number of rounds."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"rounds must be a whole number of at least 1, got {text!r}")
    return int(text)


def _counts(text: str) -> list[int]:
    """Read numbers of clients."""
    return [_rounds(part) for part in text.split(",")]


def tell(line: str) -> None:
    """Say how far we are, where it does not get into the tables."""
    print(line, file=sys.stderr, flush=True)


def measure(options: argparse.Namespace) -> tuple[dict[str, Any], Report]:
    """Run a command; give its results and what writes them."""
    given = {} if options.rounds is None else {"rounds": options.rounds}
    if options.command == "split":
        need_peers()
        from benchmarks import split

        return split.run(large=options.large, rounds=options.rounds, tell=tell), split.report
    if options.command == "overlap":
        need_peers()
        from benchmarks import overlapping

        large = (overlapping.LARGE,) if options.large else ()
        return overlapping.run(sizes=(*overlapping.SIZES, *large), **given), overlapping.report
    if options.command == "pull":
        return _measure_pull(options)
    if options.command == "growth":
        from benchmarks import growth

        sizes = (*growth.SIZES, growth.LARGE) if options.large else growth.SIZES
        return growth.run(sizes=sizes, folder=options.folder, tell=tell, **given), growth.report
    plain = {"create": create, "import": importing, "choose": choosing, "match": matching}
    module = plain.get(options.command, apportioning)
    return module.run(**given), module.report


def _measure_pull(options: argparse.Namespace) -> tuple[dict[str, Any], Report]:
    """Run the cases that are wanted, with the systems that are."""
    need_peers()
    from benchmarks import pull
    from benchmarks.queues import SYSTEMS

    systems = options.systems.split(",") if options.systems else list(SYSTEMS)
    if unknown := set(systems) - set(SYSTEMS):
        raise SystemExit(f"benchmarks: systems must be among {', '.join(SYSTEMS)}, got {sorted(unknown)}")
    every = pull.THINKING if options.think else pull.SATURATED
    cases = pull.chosen(every, systems, options.clients or {case.clients for case in every})
    if not cases:
        raise SystemExit(f"benchmarks: no case has {options.clients} clients and one of {systems}")
    found = pull.run(
        cases=cases,
        rounds=options.rounds or pull.ROUNDS,
        seconds=options.seconds or (pull.THINK_SECONDS if options.think else pull.SECONDS),
        folder=options.folder,
        tell=tell,
    )
    return found, pull.report


def need_peers() -> None:
    """End with a sentence where a peer is not installed."""
    if missing := machine.missing_peers():
        names = ", ".join(missing)
        raise SystemExit(
            f"benchmarks: not installed: {names}; pip install 'work-distribution[bench]' brings all peers"
        )


def main() -> int:
    """Do what the command line says."""
    top = parser()
    options = top.parse_args()
    if options.check:
        need_peers()
        from benchmarks.check import check

        problems = check(tell)
        print("\n".join(problems) or "all cases run")
        return 1 if problems else 0
    if options.command is None:
        top.error("name a command, or --check")
    if options.command == "table":
        from benchmarks import split

        found = report.read(options.file)
        if found["benchmark"] != "split":
            raise SystemExit(
                f"benchmarks: table must be given results of split, got those of {found['benchmark']!r}"
            )
        print(split.compact_table(found["cells"]))
        return 0
    header = {
        "benchmark": options.command,
        **({"date": options.date} if options.date else {}),
        "machine": machine.facts(),
    }
    found, write = measure(options)
    found = header | found | {"load_after": machine.load()}
    print(write(found))
    if options.json is not None:
        options.json.write_text(report.as_file(found), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
