"""Holds what every run that writes has in common: what it reads, where it writes, whom it asks and tells."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from time import monotonic

from django.db.backends.base.base import BaseDatabaseWrapper

from memoria.snapshot.database import Sink
from memoria.snapshot.database import sink as open_sink
from memoria.snapshot.errors import Declined
from memoria.snapshot.files import InputFile
from memoria.snapshot.history.history import History, Origin
from memoria.snapshot.progress import NoProgress, Progress
from memoria.snapshot.reading import Reading
from memoria.snapshot.rehearsal import asks_more
from memoria.snapshot.report import Report
from memoria.snapshot.schema.facts import Table, TableFacts
from memoria.snapshot.schema.registry import require_in_sight, require_tables
from memoria.snapshot.watch import Watch


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadOptions:
    """What every way into a database may be asked for."""

    format: str | None = None
    """The file's; its content decides where there is none."""
    allow_edited: bool = False
    """Whether a file is read that is whole, but not as it was exported."""
    ignore_unknown: bool = False
    """Whether tables and columns that nobody knows are left out, and counted."""
    skip_invalid: bool = False
    """Whether rows that do not fit are left out, and counted."""
    validate: bool = True
    """Whether rows are looked at before the first is written."""


@dataclass(slots=True)
class Run:
    """One run of a file into a database."""

    file: InputFile
    connection: BaseDatabaseWrapper
    database: str
    """What messages and the report call the target."""
    dry_run: bool = False
    confirm: Callable[[Report], bool] = lambda report: True
    """Asked once, with the whole plan, before anything is kept; False stops the run."""
    origin: Origin | None = None
    """What the history of imports says of this one, if it writes; without it nothing is kept to undo it."""
    target: Callable[..., AbstractContextManager[Sink]] = open_sink
    """Opens the database to write to."""
    watch: Watch = field(default_factory=Watch)
    progress: Progress = field(default_factory=NoProgress)

    @contextmanager
    def opened(self, tables: Sequence[Table]) -> Iterator[tuple[Sink, dict[str, TableFacts]]]:
        """The database and what its tables can hold; it has some of Memoria's, and all of them are in sight."""
        with self.target(self.connection, self.database, read_only=self.dry_run) as sink:
            facts = sink.facts()
            if self.dry_run and asks_more(tables, facts):
                sink.allow_writing()
            require_in_sight(facts, sink.elsewhere(), self.database)
            require_tables(facts, self.database)
            self.history(sink).require(facts)
            yield sink, facts

    def history(self, sink: Sink) -> History:
        return History(sink, self.connection, self.origin)

    def reading(self, options: LoadOptions) -> Reading:
        return Reading(self.file, options.format, options.allow_edited, self.progress)

    def ask(self, report: Report) -> float:
        """Raises Declined. Returns the seconds that the answer took, which are not the run's."""
        asked = monotonic()
        if not self.confirm(report):
            raise Declined("not confirmed; nothing was changed")
        return monotonic() - asked
