"""How fast a task goes: what is seen of it while people work on it, and when it will be done."""

from __future__ import annotations

from collections import deque
from datetime import datetime, timedelta

import attrs

from adapters.dispatcher import Dispatcher
from adapters.sentences import finished
from adapters.wording import moment
from distribution.events import Entry
from distribution.overview import TaskProgress
from distribution.ports import Page
from distribution.values import TaskId

WINDOW = timedelta(minutes=10)
"""How far back the rate looks."""
KEPT = 500
"""Events looked at for the rate, at most."""
CHUNK = 50
"""Events read at once, on the way back."""


@attrs.define
class Watched:
    """A task under watch: what was seen of it so far."""

    tasks: Dispatcher
    task_id: TaskId
    version: int = 0
    entries: deque[Entry] = attrs.field(factory=lambda: deque(maxlen=KEPT))

    def look(self) -> list[Entry]:
        """Take in what is new; give it."""
        new = [] if self.version else self._newest()
        self.version = new[-1].version if new else self.version
        while page := self.tasks.store.history(self.task_id, Page(after=self.version)):
            new += page
            self.version = page[-1].version
        self.entries.extend(new)
        return new

    def _newest(self) -> list[Entry]:
        """Give the last events, as many as the rate looks at; a few where there are none."""
        begin, before = self.tasks.clock() - WINDOW, None
        found: list[Entry] = []
        while page := self.tasks.recent(self.task_id, before=before, limit=CHUNK):
            found += page
            before = page[-1].version
            if page[-1].stamp.at < begin or len(found) >= KEPT:
                break
        return found[::-1]

    def rate(self) -> float:
        """Give the items that became done in a minute, over the last ten."""
        at = self.tasks.clock()
        recent = [entry for entry in self.entries if at - entry.stamp.at <= WINDOW]
        done = sum(finished(entry.event) for entry in recent)
        if done <= 0:
            return 0.0
        # What was seen less than a minute ago would promise too much.
        span = max(at - recent[0].stamp.at, timedelta(minutes=1))
        return done / (span / timedelta(minutes=1))

    def end(self, progress: TaskProgress) -> datetime | None:
        """Tell when it will be done if it goes on like that; None where it does not go on, or for ages."""
        rate, rest = self.rate(), progress.open + progress.waiting
        if not rest or not rate:
            return None
        try:
            return self.tasks.clock() + timedelta(minutes=rest / rate)
        except OverflowError:
            return None

    def outlook(self, progress: TaskProgress) -> str:
        """Say how fast it goes, and when it will be done."""
        rate, end = self.rate(), self.end(progress)
        if not progress.open + progress.waiting:
            return "everything is done"
        if not rate:
            return "nothing became done in the last ten minutes"
        text = f"{rate:.3g} items a minute"
        return text if end is None else f"{text}, all done at about {moment(end)}"
