"""Every example of the README runs, and every name it leans on is there."""

from __future__ import annotations

import doctest
import re
import subprocess
import sys
from pathlib import Path

import pytest

from distribution.lifecycle import TABLES, diagram

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
SESSIONS = re.findall(r"```pycon\n(.*?)```", README, re.DOTALL)
PROGRAMS = re.findall(r"```python\n(.*?)```", README, re.DOTALL)


@pytest.mark.parametrize("n", range(len(SESSIONS)))
def test_a_session_of_the_readme_prints_what_it_says(n: int) -> None:
    told = "".join(SESSIONS[: n + 1])
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
    runner.run(doctest.DocTestParser().get_doctest(told, {}, f"README session {n + 1}", None, 0))

    assert runner.summarize(verbose=False).failed == 0


def test_the_first_result_stands_within_the_first_fifteen_lines() -> None:
    assert "{'ann': 5, 'bob': 3, 'eve': 2}" in README.splitlines()[:15]


def test_the_store_contract_and_the_machine_of_the_readme_run_as_they_stand(tmp_path: Path) -> None:
    """By the settings of Hypothesis itself, not by those of our tests."""
    (program,) = PROGRAMS
    (tmp_path / "test_mine.py").write_text(program)

    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert re.search(r"^\d\d passed", done.stdout, re.MULTILINE), done.stdout


def test_every_test_and_file_the_readme_names_is_there() -> None:
    tests = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "tests").glob("test_*.py"))

    for name in re.findall(r"`(test_\w+)`", README):
        assert f"def {name}(" in tests, name
    for name in re.findall(r"`((?:distribution|adapters|tests|benchmarks)/[\w./]*)`", README):
        assert (ROOT / name).exists(), name


GROUPS = {"assignee", "dataloop", "pipeline"}


@pytest.mark.parametrize(
    "line", [line.strip() for line in README.splitlines() if line.startswith("    distribution ")]
)
def test_every_command_of_the_readme_is_understood(line: str, tmp_path: Path) -> None:
    # A command of a group is two words.
    words = line.split()[1:3]
    command = words if words[0] in GROUPS else words[:1]
    done = subprocess.run(
        [sys.executable, "-m", "adapters.cli", *command, "--help"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
        env={"PATH": "", "PYTHONPATH": str(ROOT)},
    )

    for option in re.findall(r"--[\w-]+", line):
        assert option in done.stdout, option


@pytest.mark.parametrize("name", TABLES)
def test_the_diagram_of_the_readme_is_drawn_from_the_table(name: str) -> None:
    assert f"<!-- lifecycle {name} -->\n\n```mermaid\n{diagram(name)}\n```\n\n<!-- end -->" in README


def test_the_table_of_the_readme_is_what_the_benchmark_prints() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", "table", "benchmarks/results/split.json"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )

    assert f"<!-- split table -->\n\n{done.stdout.strip()}\n\n<!-- end -->" in README
