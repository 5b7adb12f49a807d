"""The demo, on the files of the running Python."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Run the demo once, and give all it says."""
    done = subprocess.run(
        [sys.executable, "-m", "adapters.demo"],
        cwd=tmp_path_factory.mktemp("demo"),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=True,
        env={"PATH": "", "PYTHONPATH": str(Path(__file__).parents[1])},
    )
    return done.stdout


def test_the_demo_runs_on_the_real_standard_library(told: str) -> None:
    items = int(told.split(": ")[1].split(" items", maxsplit=1)[0])
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
        assert expected in told


def test_the_demo_shows_an_overlap_its_agreement_and_a_review_with_its_interval(told: str) -> None:
    """Numbers depend on the Python that runs; that they are of one piece does not."""
    items, copies = map(int, found(r"rate unittest \(rate\): (\d+) items, (\d+) copies", told))
    (overlapped,) = map(
        int, found(r"overlap: (\d+) items by 2 people each; every two share \d+ to \d+\n", told)
    )
    assert copies == items + overlapped
    assert found(rf"{items} items, (\d+) with two or more answers; 3 assignees", told) == [str(overlapped)]
    for coefficient in ("percent agreement", "Gwet's AC1", "Krippendorff's alpha, nominal"):
        assert f"│ {coefficient} " in told
    drawn, zoe, ann = map(int, found(r"\(review\): (\d+) items to review: zoe (\d+), ann (\d+)", told))
    assert (drawn, abs(zoe - ann) <= 1) == (zoe + ann, True)
    wrong, reviewed = map(
        int, found(r"% wrong \((\d+) of (\d+) reviewed\), [\d.]+ % to [\d.]+ % \(Wilson", told)
    )
    assert (wrong, reviewed) == (1, drawn)
    assert f"{copies} items finished, {drawn} drawn; about " in told
    assert found(r"1 item sent back to (\w+) 1", told)[0] in {"ann", "bob", "eve"}


def found(pattern: str, text: str) -> list[str]:
    """Give what stands in the only place where the pattern does."""
    (match,) = re.finditer(pattern, text)
    return list(match.groups())
