"""Options of the commands that work on a Dataloop project, and what is made of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import attrs
from typer import Option

from adapters.cli_options import Chosen
from adapters.cli_values import instant
from adapters.reviewing import REVIEWED
from distribution.errors import InvalidInput
from distribution.task import ACTIONS, Task

if TYPE_CHECKING:
    from adapters.dataloop.client import Dataset
    from adapters.dataloop.platform import Terms

WHERE_TO = "Which dataset"


@attrs.frozen(kw_only=True)
class Remote:
    """Which dataset, and how fast."""

    project: Annotated[
        str | None,
        Option(help="Name or id of the project.", show_default=False, rich_help_panel=WHERE_TO),
    ] = None
    dataset: Annotated[
        str | None,
        Option(help="Name or id of the dataset.", show_default=False, rich_help_panel=WHERE_TO),
    ] = None
    rate: Annotated[
        float, Option(help="Requests a second at most.", min=0.01, max=1000, rich_help_panel=WHERE_TO)
    ] = 5

    @contextmanager
    def opened(self, noted: Mapping[str, Any] | None = None) -> Iterator[Dataset]:
        """Reach it; a task of ours has *noted* where it was brought.

        Raises:
            InvalidInput: nobody says which.
        """
        from adapters.dataloop.client import connected

        project = self.project or (noted or {}).get("project")
        dataset = self.dataset or (noted or {}).get("dataset")
        if not project or not dataset:
            remedy = "e.g. --project animals --dataset photos"
            must = "be given as --project and --dataset"
            raise InvalidInput(subject="the dataset", must=must, got="not both", remedy=remedy)
        with connected(project, dataset, per_second=self.rate, quiet=True) as found:
            yield found


@attrs.frozen(kw_only=True)
class FromDataset(Chosen):
    """Which items of a dataset."""

    effort: Annotated[
        str | None,
        Option(
            help="Path to a number that every item has: metadata.user.effort, annotationsCount,"
            " metadata.system.size.",
            metavar="PATH",
            show_default=False,
        ),
    ] = None


@attrs.frozen(kw_only=True)
class Named:
    """What the tasks are told."""

    name: Annotated[str, Option(help="Name of the task, here and there.")]
    due: Annotated[
        str | None,
        Option(
            help="Until when, e.g. 2027-12-24T18:00+01:00; a week from now if absent.", show_default=False
        ),
    ] = None
    priority: Annotated[int, Option(help="1 low, 2 medium, 3 high.", min=1, max=3)] = 2
    recipe: Annotated[
        str | None, Option(help="Id of the recipe; the dataset's first if absent.", show_default=False)
    ] = None

    def until(self) -> datetime | None:
        """Read the due date."""
        return None if self.due is None else instant(self.due, "--due")

    def terms(self, task: Task | None) -> Terms:
        """Give what the tasks of the platform are told; of a task of ours its statuses and due date."""
        from adapters.dataloop.platform import Terms

        due = self.until()
        usual = task is None or task.actions == (ACTIONS if task.qa is None else REVIEWED)
        return Terms(
            due=due if task is None or due is not None else task.due,
            priority=self.priority,
            recipe=self.recipe,
            actions=() if task is None or usual else task.actions,
        )
