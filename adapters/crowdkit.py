"""Aggregation by crowd-kit: models that the core does not have. Needs the extra `crowdkit`.

Crowd-kit brings pandas, scikit-learn and more along, so it is loaded at the first call.
"""

from __future__ import annotations

import warnings
from importlib import import_module
from typing import Any

from distribution.errors import InvalidInput
from distribution.ratings import Answer, Ratings
from distribution.values import ItemId

METHODS = ("GLAD", "MACE", "MMSR", "Wawa", "ZeroBasedSkill")
"""Crowd-kit's names of its models that take nothing but ratings and are not in the core.

GLAD: how hard each item is; MACE: who spams; MMSR: skills from how often pairs agree;
Wawa: votes weighted by agreement with the majority; ZeroBasedSkill: such weights, by gradient steps.
KOS is left out: as crowd-kit has it, it is near chance where people answer unequally many items.
"""


def aggregate(ratings: Ratings, method: str, **settings: Any) -> dict[ItemId, Answer]:
    """Give one answer for each item, as a model of crowd-kit sees it.

    *settings* go to the model under crowd-kit's names: `n_iter`, `random_state` and so on.
    Models that draw random numbers start from crowd-kit's own seed, 0, unless `random_state`
    says otherwise. Takes from seconds to minutes for 100,000 ratings.

    Raises:
        InvalidInput: crowd-kit is not installed, has no such model or setting, there are no
            ratings, or somebody answered an item more than once.
    """
    if method not in METHODS:
        raise InvalidInput(subject="method", must=f"be one of {', '.join(METHODS)}", got=method)
    if not ratings.once().items:
        raise InvalidInput(subject="ratings", must="hold at least one", got=0)
    try:
        models, pandas = import_module("crowdkit.aggregation"), import_module("pandas")
    except ImportError as error:
        remedy = "pip install 'work-distribution[crowdkit]'"
        raise InvalidInput(subject=method, must="have crowd-kit", got="none", remedy=remedy) from error
    try:
        model = getattr(models, method)(**settings)
    except TypeError as error:
        raise InvalidInput(
            subject=f"settings of {method}", must="be known to crowd-kit", got=settings, detail=str(error)
        ) from error
    # Places instead of names: whatever names look like, pandas sorts and joins small integers.
    table = pandas.DataFrame(
        [(at, who, said) for at, row in enumerate(ratings.rows) for who, said in row],
        columns=["task", "worker", "label"],
    )
    with warnings.catch_warnings():
        # Its own use of pandas and NumPy warns of what is deprecated; the caller cannot mend that.
        warnings.simplefilter("ignore")
        said = model.fit_predict(table)
    return {item: ratings.answers[int(said[at])] for at, item in enumerate(ratings.items)}
