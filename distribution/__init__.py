"""Decide who works on what: exact, reproducible, explainable; never with a side effect.

Everything here is a function of its arguments. Stores, clocks, files and the command
line live in `adapters`; the kit for testing your own is `distribution.testing`.

A name is loaded when it is first used, so that importing the package costs nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from distribution.basis import Basis, ByCount, ByEffort, Grouped, Stratified
    from distribution.coverage import Coverage
    from distribution.diff import Diff, Move, Verdict, Violation
    from distribution.errors import DistributionError, Infeasible, InvalidInput, NotFound, Refused
    from distribution.filters import Filter, field, matches
    from distribution.gates import Gate, PauseRule
    from distribution.gold import GoldFading, GoldShare
    from distribution.golden import GoldPool
    from distribution.members import Limit
    from distribution.outcomes import Batch, Changed, Outcome
    from distribution.overlap import Overlap
    from distribution.overview import Assignment, Story, TaskProgress
    from distribution.pipeline import Link, Node, Pipeline
    from distribution.plan import Plan
    from distribution.pull import Pull, recommend_batch
    from distribution.reasons import Placed
    from distribution.rules import Rules
    from distribution.samples import Aql, Risk, Sample
    from distribution.static import distribute
    from distribution.stopping import Beat, Confidence, Quorum
    from distribution.task import Task
    from distribution.turns import Turns
    from distribution.values import Item
    from distribution.workload import Workload

_HOMES = {
    "basis": ("Basis", "ByCount", "ByEffort", "Grouped", "Stratified"),
    "coverage": ("Coverage",),
    "diff": ("Diff", "Move", "Verdict", "Violation"),
    "errors": ("DistributionError", "Infeasible", "InvalidInput", "NotFound", "Refused"),
    "filters": ("Filter", "field", "matches"),
    "gates": ("Gate", "PauseRule"),
    "gold": ("GoldFading", "GoldShare"),
    "golden": ("GoldPool",),
    "members": ("Limit",),
    "outcomes": ("Batch", "Changed", "Outcome"),
    "overview": ("Assignment", "Story", "TaskProgress"),
    "overlap": ("Overlap",),
    "pipeline": ("Link", "Node", "Pipeline"),
    "plan": ("Plan",),
    "pull": ("Pull", "recommend_batch"),
    "reasons": ("Placed",),
    "rules": ("Rules",),
    "samples": ("Aql", "Risk", "Sample"),
    "static": ("distribute",),
    "stopping": ("Beat", "Confidence", "Quorum"),
    "task": ("Task",),
    "turns": ("Turns",),
    "values": ("Item",),
    "workload": ("Workload",),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [
    "Aql",
    "Assignment",
    "Basis",
    "Batch",
    "Beat",
    "ByCount",
    "ByEffort",
    "Changed",
    "Confidence",
    "Coverage",
    "Diff",
    "DistributionError",
    "Filter",
    "Gate",
    "GoldFading",
    "GoldPool",
    "GoldShare",
    "Grouped",
    "Infeasible",
    "InvalidInput",
    "Item",
    "Limit",
    "Link",
    "Move",
    "Node",
    "NotFound",
    "Outcome",
    "Overlap",
    "PauseRule",
    "Pipeline",
    "Placed",
    "Plan",
    "Pull",
    "Quorum",
    "Refused",
    "Risk",
    "Rules",
    "Sample",
    "Story",
    "Stratified",
    "Task",
    "TaskProgress",
    "Turns",
    "Verdict",
    "Violation",
    "Workload",
    "distribute",
    "field",
    "matches",
    "recommend_batch",
]


def __getattr__(name: str) -> object:
    """Load a public name from its module, once."""
    if name not in _HOME_OF:
        raise AttributeError(f"module 'distribution' has no attribute {name!r}")
    value: object = getattr(import_module(f"distribution.{_HOME_OF[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """List the public names, loaded or not."""
    return __all__
