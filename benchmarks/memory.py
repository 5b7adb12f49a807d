"""Peak memory of one call, measured in a process of its own.

Holds: the measurement, which is also a program: `python -m benchmarks.memory KEY N V`.
Does not hold: methods (see splitting, lookups).

The peak is the most resident memory during the call, result included, above what was
resident just before it. Linux counts it for us and lets us start anew (VmHWM): the peak
of getrusage would include that of imports, and what the process that started us had.
Elsewhere it is the growth of that peak, a lower bound. Good to some 300 kB.
"""

from __future__ import annotations

import gc
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

STATUS = Path("/proc/self/status")
FORGET = Path("/proc/self/clear_refs")


def peak_of(run: Callable[[], object]) -> int:
    """Call, and give the peak in bytes above what was there before."""
    gc.collect()
    if not FORGET.exists():
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        run()
        unit = 1 if sys.platform == "darwin" else 1024
        return unit * (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
    FORGET.write_text("5", encoding="ascii")
    before = _status("VmRSS")
    result = run()
    peak = _status("VmHWM") - before
    del result
    return peak


def _status(key: str) -> int:
    """Read a number of bytes from what the system tells of this process."""
    for line in STATUS.read_text(encoding="ascii").splitlines():
        if line.startswith(key):
            return int(line.split()[1]) * 1024
    raise LookupError(key)


def in_fresh_process(key: str, n: int, assignees: int) -> int:
    """Measure a method by its key, or `stream`, in a new process."""
    command = [sys.executable, "-m", "benchmarks.memory", key, str(n), str(assignees)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return int(done.stdout)


def main(key: str, n: int, assignees: int) -> None:
    """Run once on a few items, so that what is loaded late is loaded, then measure."""
    from benchmarks.lookups import stream
    from benchmarks.splitting import METHODS, Setting

    if key == "stream":
        stream(Setting(1000, assignees))
        setting = Setting(n, assignees)
        print(peak_of(lambda: stream(setting)))
        return
    method = METHODS[key]
    method.run(Setting(1000, assignees), 0)
    setting = Setting(n, assignees)
    method.ready(setting)
    print(peak_of(lambda: method.run(setting, 1)))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
