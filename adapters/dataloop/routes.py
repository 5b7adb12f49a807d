"""The table of what the server answers: method, path, and who answers it."""

from __future__ import annotations

from typing import Any

import attrs

from adapters.dataloop import (
    annotating,
    assignments,
    commands,
    datasets,
    finding,
    items,
    pipelines,
    projects,
    tasks,
)
from adapters.dataloop.calls import Answer


@attrs.frozen
class Way:
    """One kind of request."""

    method: str
    pattern: str
    answer: Answer
    body: str | None = attrs.field(default=None, kw_only=True)
    """Name of the schema of its body; None where it has none."""
    creates: bool = attrs.field(default=False, kw_only=True)
    """It makes something new, and must not make two where it is sent twice."""
    array: bool = attrs.field(default=False, kw_only=True)
    """It answers with a list."""
    bytes: bool = attrs.field(default=False, kw_only=True)
    """It answers with a file."""

    @property
    def summary(self) -> str:
        """Say what it does."""
        return (self.answer.__doc__ or "").strip().splitlines()[0]


def _way(method: str, pattern: str, answer: Any, **said: Any) -> Way:
    return Way(method, pattern, answer, **said)


ROUTES: tuple[Way, ...] = (
    _way("GET", "/users/me", projects.user),
    _way("POST", "/projects", projects.create, body="NewProject", creates=True),
    _way("GET", "/projects", projects.listed, array=True),
    _way("GET", "/projects/{name:path}/name", projects.by_name, array=True),
    _way("GET", "/projects/{project}", projects.get),
    _way("PATCH", "/projects/{project}", projects.update, body="Named"),
    _way("DELETE", "/projects/{project}", projects.delete),
    _way("GET", "/projects/{project}/members", projects.members, array=True),
    _way("POST", "/projects/{project}/members/{email}", projects.add_member, body="Role"),
    _way("PATCH", "/projects/{project}/members/{email}", projects.add_member, body="Role"),
    _way("DELETE", "/projects/{project}/members/{email}", projects.remove_member),
    _way("POST", "/datasets", datasets.create, body="NewDataset", creates=True),
    _way("POST", "/datasets/query", datasets.query, body="Query"),
    _way("GET", "/datasets/{dataset}", datasets.get),
    _way("PATCH", "/datasets/{dataset}", datasets.update, body="Named"),
    _way("DELETE", "/datasets/{dataset}", datasets.delete),
    _way("GET", "/datasets/{dataset}/directoryTree", datasets.tree),
    _way("POST", "/datasets/{dataset}/items", items.upload, body="Upload"),
    _way("POST", "/datasets/{dataset}/query", finding.query, body="Query"),
    _way("POST", "/recipes", datasets.create_recipe, body="NewRecipe"),
    _way("GET", "/recipes/{recipe}", datasets.recipe),
    _way("PATCH", "/recipes/{recipe}", datasets.update_recipe, body="Object"),
    _way("DELETE", "/recipes/{recipe}", datasets.delete_document("recipe")),
    _way("POST", "/ontologies", datasets.create_ontology, body="NewRecipe"),
    _way("GET", "/ontologies/{ontology}", datasets.ontology),
    _way("PUT", "/ontologies/{ontology}", datasets.put_ontology, body="Object"),
    _way("DELETE", "/ontologies/{ontology}", datasets.delete_document("ontology")),
    _way("PATCH", "/ontologies/{ontology}/labels", datasets.add_labels, body="Labels"),
    _way("PATCH", "/ontologies/{ontology}/attributes", datasets.add_attributes, body="Attributes"),
    _way("GET", "/items/{item}", items.get),
    _way("PATCH", "/items/{item}", items.update, body="Object"),
    _way("DELETE", "/items/{item}", items.delete),
    _way("GET", "/items/{item}/stream", items.stream, bytes=True),
    _way("GET", "/items/{item}/annotations", annotating.of_item, array=True),
    _way("POST", "/items/{item}/annotations", annotating.add, body="Annotations", array=True),
    _way("GET", "/annotations/{annotation}", annotating.get),
    _way("PUT", "/annotations/{annotation}", annotating.update, body="Object"),
    _way("DELETE", "/annotations/{annotation}", annotating.delete),
    _way("POST", "/annotationtasks", tasks.create, body="NewTask", creates=True),
    _way("POST", "/annotationtasks/query", tasks.query, body="Query"),
    _way("GET", "/annotationtasks/{task}", tasks.get),
    _way("PATCH", "/annotationtasks/{task}", tasks.update, body="Object"),
    _way("DELETE", "/annotationtasks/{task}", tasks.delete, body="Asynced"),
    _way("POST", "/annotationtasks/{task}/addToTask", tasks.add_items, body="AddToTask", creates=True),
    _way("POST", "/annotationtasks/{task}/removeFromTask", tasks.remove_items, body="TaskQuery"),
    _way("GET", "/annotationtasks/{task}/queue", tasks.queue),
    _way("POST", "/annotationtasks/{task}/contributors", tasks.contributors, body="Contributors"),
    _way("GET", "/scores/tasks/{task}", tasks.scores, array=True),
    _way("GET", "/assignments", assignments.listed),
    _way("POST", "/assignments/items/tasks/{task}/status", assignments.many_statuses, body="Statuses"),
    _way("GET", "/assignments/{assignment}", assignments.get),
    _way("PATCH", "/assignments/{assignment}", assignments.update, body="Named"),
    _way("DELETE", "/assignments/{assignment}", assignments.delete),
    _way("POST", "/assignments/{assignment}/reassign", assignments.reassign, body="Reassign"),
    _way("POST", "/assignments/{assignment}/redistribute", assignments.redistribute, body="Redistribute"),
    _way("POST", "/assignments/{assignment}/batch", assignments.batch),
    _way("POST", "/assignments/{assignment}/clear", assignments.clear),
    _way("POST", "/assignments/{assignment}/items/{item}/status", assignments.item_status, body="Status"),
    _way("GET", "/scores/assignments/{assignment}", assignments.scores, array=True),
    _way("GET", "/commands", commands.listed, array=True),
    _way("GET", "/commands/{command}", commands.get),
    _way("POST", "/commands/{command}/abort", commands.abort),
    _way("POST", "/apps/query", projects.query_apps, body="Query"),
    _way("GET", "/apps/{app}", projects.get_app),
    _way("DELETE", "/apps/{app}", projects.delete_app),
    _way("POST", "/pipelines", pipelines.create, body="NewPipeline", creates=True),
    _way("POST", "/pipelines/query", pipelines.query, body="Query"),
    _way("POST", "/pipelines/validate", pipelines.validate, body="Object"),
    _way("GET", "/pipelines/{pipeline}", pipelines.get),
    _way("PATCH", "/pipelines/{pipeline}", pipelines.update, body="Object"),
    _way("DELETE", "/pipelines/{pipeline}", pipelines.delete),
    _way("POST", "/pipelines/{pipeline}/install", pipelines.install, body="Object"),
    _way("POST", "/pipelines/{pipeline}/uninstall", pipelines.pause, body="Object"),
    _way("POST", "/pipelines/{pipeline}/reset", pipelines.pause, body="Object"),
    _way("POST", "/pipelines/{pipeline}/execute", pipelines.execute, body="Object"),
    _way("GET", "/pipelines/{pipeline}/statistics", pipelines.statistics),
    _way("PATCH", "/pipelines/{pipeline}/variables", pipelines.variables, body="Object"),
    _way("GET", "/pipelines/{pipeline}/executions/{execution}", pipelines.execution),
)
"""More special patterns first: the first that fits answers."""
