"""Decide who works on what: exact, reproducible, explainable; never with a side effect.

Everything here is a function of its arguments. Stores, clocks, files and the command
line live in `adapters`; the kit for testing your own is `distribution.testing`.
"""

from distribution.basis import Basis, ByCount, ByEffort, Grouped, Stratified
from distribution.diff import Diff, Move, Verdict, Violation
from distribution.errors import DistributionError, Infeasible, InvalidInput, NotFound, Refused
from distribution.filters import Filter, field, matches
from distribution.plan import Plan
from distribution.reasons import Placed
from distribution.static import distribute
from distribution.turns import Turns
from distribution.values import Item
from distribution.workload import Workload

__all__ = [
    "Basis",
    "ByCount",
    "ByEffort",
    "Diff",
    "DistributionError",
    "Filter",
    "Grouped",
    "Infeasible",
    "InvalidInput",
    "Item",
    "Move",
    "NotFound",
    "Placed",
    "Plan",
    "Refused",
    "Stratified",
    "Turns",
    "Verdict",
    "Violation",
    "Workload",
    "distribute",
    "field",
    "matches",
]
