"""What `import distribution` costs a program that starts.

Holds: the run. Does not hold: the loop (see rounds).

Each start is a new process; what it takes beyond `python -c pass` is the import. The
package brings its parts when they are first asked for, so that the bare import says
little: whoever plans anything pays for the second line. Bytecode is there, as it is
after an installation: where the environment forbids to write it, every start would
compile the sources anew, which is not what an import costs.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from functools import partial
from statistics import median
from typing import Any

from benchmarks.report import Target, markdown, significant, verdicts
from benchmarks.rounds import interleave, spread

ROUNDS = 31
PROGRAMS = {
    "pass": "pass",
    "import": "import distribution",
    "use": "from distribution import Workload, distribute",
}


def run(*, rounds: int = ROUNDS) -> dict[str, Any]:
    """Start the programs in turn."""
    cases = {key: partial(start, program) for key, program in PROGRAMS.items()}
    return {"rounds": rounds, "seconds": interleave(cases, rounds)}


def start(program: str, _: int) -> None:
    """Run a program to its end."""
    compiled = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    subprocess.run([sys.executable, "-c", program], check=True, env=compiled)


def difference(found: Mapping[str, Any], key: str) -> float:
    """Give the median over rounds of the milliseconds a program takes beyond an empty one."""
    seconds: dict[str, list[float]] = found["seconds"]
    return median((b - a) * 1000 for a, b in zip(seconds["pass"], seconds[key], strict=True))


def targets(found: Mapping[str, Any]) -> list[Target]:
    """Set the differences beside what is wanted."""
    return [
        Target(f"{program}, milliseconds beyond an empty program", difference(found, key), most=60)
        for key, program in PROGRAMS.items()
        if key != "pass"
    ]


def report(found: Mapping[str, Any]) -> str:
    """Show the times and the differences."""
    rows = []
    for key, program in PROGRAMS.items():
        milliseconds = [s * 1000 for s in found["seconds"][key]]
        low, high = spread(milliseconds)
        rows.append((f"python -c '{program}'", significant(median(milliseconds)), f"{low:.1f}-{high:.1f}"))
    return "\n\n".join([markdown(("program", "ms", "quarters"), rows), verdicts(targets(found))])
