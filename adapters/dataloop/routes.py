"""The table of what the server answers: method, path, who answers it, and who may ask."""

from __future__ import annotations

from typing import Any

import attrs

from adapters.dataloop import (
    annotating,
    assignments,
    commands,
    datasets,
    executions,
    finding,
    items,
    pipelines,
    projects,
    recipes,
    tasks,
)
from adapters.dataloop.calls import Answer

WORKS, LEADS, BUILDS, OWNS = "annotator", "annotationManager", "engineer", "owner"
"""The least role in a project that a call needs there."""


@attrs.frozen
class Way:
    """One kind of request."""

    method: str
    pattern: str
    answer: Answer
    needs: str = WORKS
    body: str | None = attrs.field(default=None, kw_only=True)
    """Name of the schema of its body; None where it has none."""
    gives: str = attrs.field(default="Done", kw_only=True)
    """Name of the schema of its answer."""
    once: bool = attrs.field(default=False, kw_only=True)
    """It must not be done twice where it is sent twice."""
    array: bool = attrs.field(default=False, kw_only=True)
    """It answers with a list."""

    @property
    def bytes(self) -> bool:
        """Tell whether it answers with a file."""
        return self.gives == "File"

    @property
    def summary(self) -> str:
        """Say what it does."""
        return (self.answer.__doc__ or "").strip().splitlines()[0]


def _way(method: str, pattern: str, answer: Any, needs: str = WORKS, **said: Any) -> Way:
    return Way(method, pattern, answer, needs, **said)


PROJECTS = (
    _way("GET", "/users/me", projects.user, gives="User"),
    _way("POST", "/projects", projects.create, body="NewProject", gives="Project", once=True),
    _way("GET", "/projects", projects.listed, gives="Project", array=True),
    _way("GET", "/projects/{name:path}/name", projects.by_name, gives="Project", array=True),
    _way("GET", "/projects/{project}", projects.get, gives="Project"),
    _way("PATCH", "/projects/{project}", projects.update, OWNS, body="Renamed", gives="Project"),
    _way("DELETE", "/projects/{project}", projects.delete, OWNS, once=True),
    _way("GET", "/projects/{project}/members", projects.members, gives="Member", array=True),
    _way("POST", "/projects/{project}/members/{email}", projects.add_member, OWNS, body="Role", gives="Member"),
    _way("PATCH", "/projects/{project}/members/{email}", projects.add_member, OWNS, body="Role", gives="Member"),
    _way("DELETE", "/projects/{project}/members/{email}", projects.remove_member, OWNS, gives="Member", once=True),
    _way("POST", "/apps/query", projects.query_apps, body="Query", gives="Page"),
    _way("GET", "/apps/{app}", projects.get_app, gives="App"),
    _way("DELETE", "/apps/{app}", projects.delete_app, BUILDS, once=True),
)  # fmt: skip
DATASETS = (
    _way("POST", "/datasets", datasets.create, BUILDS, body="NewDataset", gives="Dataset", once=True),
    _way("POST", "/datasets/query", datasets.query, body="Query", gives="Page"),
    _way("GET", "/datasets/{dataset}", datasets.get, gives="Dataset"),
    _way("PATCH", "/datasets/{dataset}", datasets.update, BUILDS, body="Named", gives="Dataset"),
    _way("DELETE", "/datasets/{dataset}", datasets.delete, BUILDS, once=True),
    _way("GET", "/datasets/{dataset}/directoryTree", datasets.tree, gives="Folder"),
    _way("POST", "/datasets/{dataset}/items", items.upload, BUILDS, body="Upload", gives="Item"),
    _way("POST", "/datasets/{dataset}/query", finding.query, body="ItemQuery", gives="Page"),
    _way("POST", "/recipes", recipes.create_recipe, BUILDS, body="NewRecipe", gives="Recipe", once=True),
    _way("GET", "/recipes/{recipe}", recipes.recipe, gives="Recipe"),
    _way("PATCH", "/recipes/{recipe}", recipes.update_recipe, BUILDS, body="Object", gives="Recipe"),
    _way("DELETE", "/recipes/{recipe}", recipes.delete_recipe, BUILDS, once=True),
    _way("POST", "/ontologies", recipes.create_ontology, BUILDS, body="NewRecipe", gives="Ontology", once=True),
    _way("GET", "/ontologies/{ontology}", recipes.ontology, gives="Ontology"),
    _way("PUT", "/ontologies/{ontology}", recipes.put_ontology, BUILDS, body="Object", gives="Ontology"),
    _way("DELETE", "/ontologies/{ontology}", recipes.delete_ontology, BUILDS, once=True),
    _way("PATCH", "/ontologies/{ontology}/labels", recipes.add_labels, BUILDS, body="Labels", gives="Ontology"),
    _way("PATCH", "/ontologies/{ontology}/attributes", recipes.add_attributes, BUILDS, body="Attributes", gives="Ontology"),
    _way("DELETE", "/ontologies/{ontology}/attributes", recipes.delete_attributes, BUILDS, body="Keys", gives="Ontology"),
)  # fmt: skip
ITEMS = (
    _way("GET", "/items/{item}", items.get, gives="Item"),
    _way("PATCH", "/items/{item}", items.update, body="Object", gives="Item"),
    _way("DELETE", "/items/{item}", items.delete, BUILDS, once=True),
    _way("GET", "/items/{item}/stream", items.stream, gives="File"),
    _way("GET", "/items/{item}/annotations", annotating.of_item, gives="Annotation", array=True),
    _way("POST", "/items/{item}/annotations", annotating.add, body="Annotations", gives="Annotation", array=True, once=True),
    _way("GET", "/annotations/{annotation}", annotating.get, gives="Annotation"),
    _way("PUT", "/annotations/{annotation}", annotating.update, body="Object", gives="Annotation"),
    _way("DELETE", "/annotations/{annotation}", annotating.delete, once=True),
)  # fmt: skip
TASKS = (
    _way("POST", "/annotationtasks", tasks.create, LEADS, body="NewTask", gives="CommandOrTask", once=True),
    _way("POST", "/annotationtasks/query", tasks.query, body="Query", gives="Page"),
    _way("GET", "/annotationtasks/{task}", tasks.get, gives="Task"),
    _way("PATCH", "/annotationtasks/{task}", tasks.update, LEADS, body="TaskChange", gives="Task"),
    _way("DELETE", "/annotationtasks/{task}", tasks.delete, LEADS, body="Asynced", gives="Command", once=True),
    _way("POST", "/annotationtasks/{task}/addToTask", tasks.add_items, LEADS, body="AddToTask", gives="Command", once=True),
    _way("POST", "/annotationtasks/{task}/removeFromTask", tasks.remove_items, LEADS, body="TaskQuery", gives="Command", once=True),
    _way("GET", "/annotationtasks/{task}/queue", tasks.queue, gives="Queue"),
    _way("POST", "/annotationtasks/{task}/contributors", tasks.contributors, LEADS, body="Contributors", gives="Task"),
    _way("GET", "/scores/tasks/{task}", tasks.scores, gives="Score", array=True),
    _way("GET", "/scores/tasks/{task}/items/{item}", tasks.scores, gives="Score", array=True),
    _way("GET", "/scores/tasks/{task}/annotations/{annotation}", tasks.scores, gives="Score", array=True),
)  # fmt: skip
ASSIGNMENTS = (
    _way("GET", "/assignments", assignments.listed, gives="Page"),
    _way("POST", "/assignments/items/tasks/{task}/status", assignments.many_statuses, body="Statuses", gives="Changed"),
    _way("GET", "/assignments/{assignment}", assignments.get, gives="Assignment"),
    _way("PATCH", "/assignments/{assignment}", assignments.update, LEADS, body="Named", gives="Assignment"),
    _way("DELETE", "/assignments/{assignment}", assignments.delete, LEADS, once=True),
    _way("POST", "/assignments/{assignment}/reassign", assignments.reassign, LEADS, body="Reassign", gives="Command", once=True),
    _way("POST", "/assignments/{assignment}/redistribute", assignments.redistribute, LEADS, body="Redistribute", gives="Command", once=True),
    _way("POST", "/assignments/{assignment}/batch", assignments.batch, gives="Batch"),
    _way("POST", "/assignments/{assignment}/clear", assignments.clear, gives="Cleared"),
    _way("POST", "/assignments/{assignment}/items/{item}/status", assignments.item_status, body="Status"),
    _way("GET", "/scores/assignments/{assignment}", assignments.scores, gives="Score", array=True),
    _way("GET", "/commands", commands.listed, gives="Command", array=True),
    _way("GET", "/commands/{command}", commands.get, gives="Command"),
    _way("POST", "/commands/{command}/abort", commands.abort, gives="Command"),
)  # fmt: skip
PIPELINES = (
    _way("POST", "/pipelines", pipelines.create, BUILDS, body="NewPipeline", gives="Pipeline", once=True),
    _way("POST", "/pipelines/query", pipelines.query, body="Query", gives="Page"),
    _way("POST", "/pipelines/validate", pipelines.validate, body="Flow", gives="Valid"),
    _way("GET", "/pipelines/{pipeline}", pipelines.get, gives="Pipeline"),
    _way("PATCH", "/pipelines/{pipeline}", pipelines.update, BUILDS, body="Flow", gives="Pipeline"),
    _way("DELETE", "/pipelines/{pipeline}", pipelines.delete, BUILDS, once=True),
    _way("POST", "/pipelines/{pipeline}/install", pipelines.install, BUILDS, body="Asynced", gives="Pipeline"),
    _way("POST", "/pipelines/{pipeline}/uninstall", pipelines.pause, BUILDS, body="Asynced", gives="Pipeline"),
    _way("POST", "/pipelines/{pipeline}/reset", pipelines.reset, BUILDS, body="Asynced", gives="Pipeline"),
    _way("POST", "/pipelines/{pipeline}/execute", executions.execute, BUILDS, body="Execute", gives="Entered", once=True),
    _way("GET", "/pipelines/{pipeline}/statistics", executions.statistics, gives="Statistics"),
    _way("PATCH", "/pipelines/{pipeline}/variables", pipelines.variables, BUILDS, body="Variables", gives="Pipeline"),
    _way("GET", "/pipelines/{pipeline}/executions/{execution}", executions.get, gives="Execution"),
    _way("GET", "/compositions/{composition}", pipelines.composition, gives="Composition"),
)  # fmt: skip
ROUTES: tuple[Way, ...] = (*PROJECTS, *DATASETS, *ITEMS, *TASKS, *ASSIGNMENTS, *PIPELINES)
"""More special patterns first: the first that fits answers."""
