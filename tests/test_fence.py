"""The fence around the core: what it may import and call, and in which direction."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
CORE = sorted((ROOT / "distribution").glob("*.py"))
KIT = sorted((ROOT / "distribution" / "testing").glob("*.py"))
LEVEL = {
    "errors": 0, "rounds": 0, "draw": 0, "flow": 0, "designs": 0, "maxflow": 0, "evening": 0,
    "values": 1, "bars": 1, "orders": 1,
    "apportion": 2, "filters": 2, "codec": 2, "shuffled": 2, "diff": 2, "line": 2, "lifecycle": 2, "ranks": 2, "refusals": 2, "stopping": 2, "ratings": 2, "eligibility": 2, "intervals": 2, "reservoirs": 2,
    "shelf": 3, "turns": 3, "rules": 3, "teams": 3, "workload": 3, "split": 3, "members": 3, "pull": 3, "reasons": 3, "gold": 3, "voting": 3, "scales": 3, "likelihood": 3, "matching": 3, "acceptance": 3, "allocation": 3, "error_rates": 3, "inspection": 3, "picking": 3,
    "basis": 4, "events": 4, "overlap": 4, "packages": 4, "gates": 4, "golden": 4, "coefficients": 4, "mixing": 4, "exchange": 4, "coverage": 4, "samples": 4, "streams": 4,
    "pipeline": 5, "sampling": 5, "fitting": 5, "agreement": 5,
    "qa": 6, "checks": 6, "plan_fields": 6, "aggregation": 6,
    "plan": 7, "outcomes": 7,
    "static": 8, "task": 7, "decision": 8, "settings": 8,
    "ports": 9, "ledger": 9, "taking": 9, "requests": 9, "replay": 9,
    "company": 10, "creation": 10, "departing": 10, "course": 10, "overview": 10, "asking": 10, "everybody": 10, "lone_gold": 10, "spreading": 10, "worklist": 10,
    "handing": 11, "scoring": 11, "undoing": 11, "choosing": 12, "work": 12, "upkeep": 12, "levelling": 12, "moving": 13,
    "parting": 14, "sending_back": 13, "errands": 13, "team": 14, "growing": 14, "contents": 15,
    "__init__": 99,
}  # fmt: skip
"""Imports go down, never up and never sideways."""
ALLOWED = {
    "__future__", "abc", "array", "attrs", "bisect", "collections", "datetime", "decimal", "distribution", "fractions",
    "functools", "hashlib", "heapq", "itertools", "json", "math", "numbers", "operator", "re", "sortedcontainers", "statistics",
    "sys", "types", "typing", "unicodedata",
}  # fmt: skip
FORBIDDEN_CALLS = {
    "open", "print", "input", "hash", "id", "eval", "exec", "__import__", "now", "today", "utcnow", "import_module",
}  # fmt: skip
SYS = {"byteorder"}
"""Of sys the core may read facts, and touch nothing."""


def imported(tree: ast.AST) -> Iterator[str]:
    """Yield the dotted names a file imports, relative ones resolved."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = "distribution" if node.level else ""
            module = ".".join(part for part in (base, node.module) if part)
            if module == "distribution":
                yield from (f"distribution.{alias.name}" for alias in node.names)
            else:
                yield module


def faults(source: str, stem: str) -> list[str]:
    """List what a core file does that it must not."""
    tree, found = ast.parse(source), []
    for name in imported(tree):
        top, _, rest = name.partition(".")
        if top not in ALLOWED and (stem, name) != ("__init__", "importlib"):
            found.append(f"imports {name}")
        if top == "distribution" and LEVEL.get(rest.partition(".")[0], 100) >= LEVEL[stem]:
            found.append(f"looks up or sideways to {name}")
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            called = getattr(node.func, "id", getattr(node.func, "attr", ""))
            if called in FORBIDDEN_CALLS and (stem, called) != ("__init__", "import_module"):
                found.append(f"line {node.lineno} calls {called}()")
        if (
            isinstance(node, ast.Attribute)
            and getattr(node.value, "id", "") == "sys"
            and node.attr not in SYS
        ):
            found.append(f"line {node.lineno} touches sys.{node.attr}")
    return found


@pytest.mark.parametrize("path", CORE, ids=lambda path: path.stem)
def test_a_core_file_is_pure_and_looks_only_down(path: Path) -> None:
    assert faults(path.read_text(encoding="utf-8"), path.stem) == []


@pytest.mark.parametrize(
    "source",
    [
        "from .plan import Plan",
        "from . import plan",
        "from distribution import plan",
        "from distribution.codec import encode",
        "def f():\n    import distribution.static",
        "import numpy",
        "import time",
        "from datetime import datetime\ndatetime.now()",
        "open('x')",
        "hash('x')",
        "from distribution.testing import laws",
        "import distribution.unheard_of",
        "import sys\nsys.stdout.write('x')",
        "import random",
    ],
)
def test_the_fence_holds_when_it_is_attacked(source: str) -> None:
    assert faults(source, "filters")


def test_the_fence_lets_the_harmless_through() -> None:
    assert faults("from distribution.values import Item\nimport math, attrs", "filters") == []


@pytest.mark.parametrize("path", [*CORE, *KIT], ids=lambda path: f"{path.parent.stem}.{path.stem}")
def test_every_module_says_what_it_holds(path: Path) -> None:
    text = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""

    assert path.stem in {"__init__", "store_contract"} or all(
        word in text for word in ("Holds:", "Does not hold:", "Depends on:")
    )


def test_importing_the_library_loads_neither_kit_nor_adapters_nor_anything_optional() -> None:
    optional = {
        "pytest", "hypothesis", "sqlite3", "adapters", "numpy", "pyarrow", "polars", "typer", "rich",
        "distribution.testing", "asyncio", "logging", "random", "threading", "socket",
    }  # fmt: skip
    probe = f"from distribution import *; import sys; print(sorted({optional!r} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, cwd=ROOT, check=True)

    loaded = set(ast.literal_eval(done.stdout))
    # The standard library's own modules may load each other; what counts is that nobody else's comes along.
    assert loaded <= {"random", "threading"}


def test_every_public_name_is_there() -> None:
    import distribution

    assert sorted(distribution.__all__) == distribution.__all__ == dir(distribution)
    assert sorted(distribution._HOME_OF) == distribution.__all__
    assert all(hasattr(distribution, name) for name in distribution.__all__)
    assert not hasattr(distribution, "conjure")
