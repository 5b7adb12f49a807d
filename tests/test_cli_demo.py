"""The demo, on the files of the running Python."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path


def test_the_demo_runs_on_the_real_standard_library(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "adapters.demo"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=True,
        env={"PATH": "", "PYTHONPATH": str(Path(__file__).parents[1])},
    )

    items = int(done.stdout.split(": ")[1].split(" items")[0])
    assert items > 1000
    for expected in (
        "exact quota",
        "$ distribution explain",
        "nothing was stored",
        "dry run: redistributed; loads are ann 50 %, bob 15 %, eve 35 %",
        "version 3 (redistributed) was undone",
        "no work: 'bob' holds 4 items",
        "5 leases ended",
        "lease ended for 'bob': returned",
        "Go on with these",
    ):
        assert expected in done.stdout
