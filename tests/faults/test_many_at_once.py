"""Imports, a merge and an export at once, while others write: what succeeds does so as if one came after the other.

The history of imports says in which order. Each row of a snapshot says which one it is of, so that a mixture shows.
"""

from __future__ import annotations

import json
import os
import time
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.backup.backups import equal
from tests.conftest import KINDS
from tests.faults.faults import LARGE_ROWS, Ended, Make, execute, run
from tests.faults.writer import AMOUNT, Writer, moves
from tests.models.every import TABLES as EXPECTED
from tests.support.samples.databases import EVERY, contents, insert
from tests.support.samples.rows import row

pytest_plugins = ["tests.faults.fault_databases"]
SECONDS = float(os.environ.get("MEMORIA_TEST_SECONDS", "5"))
"""For each kind of database; 30 and more where there is time."""
MARKS = {
    "teams": "description",
    "workspaces": "description",
    "workspace_members": "role",
    "agents": "role",
    "chat_history": "model",
    "long_term_memory": "summary",
    "short_term_memory": "summary",
    "clusters": "summary",
    "cluster_members": "summary",
    "memory_relationships": "reasoning",
    "memory_entities": "entity_context",
    "spatial_metadata": "namespace",
    "memory_access_events": "source",
    "thread_events": "ritual_name",
    "thread_message_links": "anchor",
    "link_memory_threads": "relation",
    "rules_memory": "rule_text",
    "policy_artifacts": "created_by",
    "retention_policy_audits": "policy_name",
    "service_metadata": "value",
}
"""Table -> the column in which each row says which snapshot it is of."""
REFERENCES = [
    ("workspaces", "team_id", "teams"),
    ("workspace_members", "workspace_id", "workspaces"),
    ("long_term_memory", "original_chat_id", "chat_history"),
    ("long_term_memory", "workspace_id", "workspaces"),
    ("short_term_memory", "chat_id", "chat_history"),
    ("cluster_members", "cluster_id", "clusters"),
    ("cluster_members", "memory_id", "long_term_memory"),
    ("thread_message_links", "thread_id", "thread_events"),
]
FAMILY = ("clusters", "cluster_members")
"""Where one of the writers adds rows."""
ADDED, MERGED = 100_000, 1_000_000
"""The numbers of the first such row of that writer, and of the snapshot that is merged."""
LAST = f"big-{LARGE_ROWS:05}"
MOVED = ("big-00001", LAST, "big-00002", "big-00003")
"""Memories between which one writer moves an amount, and those of the other."""

Rows = dict[tuple[str, Any], dict[str, Any]]
"""(table, key) -> a row."""


def rows(url: str) -> Rows:
    return {(table, one[EXPECTED[table].key]): one for table, found in contents(url, EVERY).items() for one in found}


def taken(found: Rows) -> dict[Any, Any]:
    """What the writers change in the long-term memories, by key; it is no longer in the rows then."""
    return {key: one.pop("access_count") for (table, key), one in found.items() if table == "long_term_memory"}


@dataclass(frozen=True)
class Moment:
    """What a database holds: rows of snapshots, and the numbers of those that a writer added."""

    rows: Rows
    added: list[int]


def moment(url: str) -> Moment:
    """Fails where rows are of different moments."""
    for table, column, target in REFERENCES:
        dangling = f"{column} IS NOT NULL AND {column} NOT IN (SELECT {EXPECTED[target].key} FROM {target})"
        assert execute(url, f"SELECT count(*) FROM {table} WHERE {dangling}") == [(0,)], (table, column)
    found = rows(url)
    parents, children = (
        sorted(key for table, key in found if table == name and ADDED <= key < MERGED) for name in FAMILY
    )
    assert parents == children
    assert not parents or parents == list(range(parents[0], parents[-1] + 1))
    for number in parents:
        for name in FAMILY:
            del found[name, number]
    balance = taken(found)
    assert (balance["big-00001"], balance[LAST]) == (AMOUNT - len(parents), AMOUNT + len(parents))
    assert balance["big-00002"] + balance["big-00003"] == 2 * AMOUNT
    return Moment(found, parents)


def copied(prefix: str) -> tuple[str, ...]:
    """Every long-term memory once more, by another name and with other words."""
    return (
        "CREATE TEMP TABLE more AS SELECT * FROM long_term_memory",
        f"UPDATE more SET memory_id = '{prefix}' || memory_id, searchable_content = '{prefix}' || searchable_content,"
        " embedding = NULL",
        "INSERT INTO long_term_memory SELECT * FROM more",
        "DROP TABLE more",
    )


def marked(name: str) -> Iterable[str]:
    return (f"UPDATE {table} SET {column} = '{name}'" for table, column in MARKS.items())


def replacing(name: str, shift: int) -> list[str]:
    """Makes of the sample data what an import replaces everything with: other keys, as many rows."""
    a_copy = "(SELECT min(memory_id) FROM long_term_memory WHERE memory_id LIKE 'copy-%')"
    return [
        *copied("copy-"),
        *(f"UPDATE long_term_memory SET memory_id = '{key}' WHERE memory_id = {a_copy}" for key in MOVED),
        *copied(f"{name}-"),
        f"UPDATE memory_relationships SET relationship_id = '{name}-' || relationship_id",
        f"UPDATE cluster_members SET id = id + {shift}, cluster_id = cluster_id + {shift}",
        f"UPDATE clusters SET id = id + {shift}",
        f"UPDATE long_term_memory SET access_count = {AMOUNT}, original_chat_id = 'c-1', workspace_id = 'w-1'",
        *marked(name),
    ]


def merging() -> list[str]:
    """Makes of the sample data what is merged: rows of its own, one that both others have, one that only `one` has."""
    known = "SELECT min(memory_id) FROM long_term_memory"
    return [
        *(f"DELETE FROM {table}" for table in reversed(EVERY) if table not in ("long_term_memory", *FAMILY)),
        "UPDATE long_term_memory SET original_chat_id = NULL, team_id = NULL, workspace_id = NULL",
        *copied("merged-"),
        f"UPDATE cluster_members SET id = id + {MERGED}, cluster_id = cluster_id + {MERGED},"
        " memory_id = 'merged-' || memory_id",
        f"UPDATE clusters SET id = id + {MERGED}",
        f"DELETE FROM long_term_memory WHERE memory_id NOT LIKE 'merged-%' AND memory_id <> ({known})",
        *copied("one-"),
        "DELETE FROM long_term_memory WHERE memory_id LIKE 'one-merged-%'",
        *marked("merged"),
    ]


@dataclass(frozen=True)
class Files:
    """The snapshots, and the rows that each makes alone, by name."""

    paths: dict[str, Path]
    rows: dict[str, Rows]


@pytest.fixture
def files(make: Make, kind: str, tmp_path: Path) -> Files:
    made = Files({}, {})
    for name, changes in (
        ("one", replacing("one", 10_000)),
        ("other", replacing("other", 20_000)),
        ("merged", merging()),
    ):
        source, alone, path = make("sqlite"), make(vendor(kind), "migrated"), tmp_path / f"{name}.ndjson"
        for table in EVERY:
            if execute(source, f"SELECT count(*) FROM {table}") == [(0,)]:
                insert(source, table, [row(table)])
        execute(source, *changes)
        succeeds("export-data", path, "--database-url", source)
        succeeds("import-data", path, "--database-url", alone, "--no-input")
        made.paths[name] = path
        made.rows[name] = rows(alone)
        taken(made.rows[name])
    assert len(made.rows["one"]) == len(made.rows["other"])
    assert MARKS.keys() == set(EVERY) == {table for table, _ in made.rows["one"]}
    return made


def vendor(kind: str) -> str:
    return kind.partition("-")[0] if kind.startswith("sqlite") else kind


def succeeds(*command: str | Path) -> None:
    ended = run(*command)
    assert ended.returncode == 0, ended.stderr


def alternately(number: int) -> list[str]:
    """There and back, so that no amount runs out."""
    pair = ("big-00002", "big-00003")
    return moves(*(pair if number % 2 else reversed(pair)))


@dataclass
class Rounds:
    """Commands at once on one database, time and again."""

    url: str
    copy: str
    files: Files
    folder: Path
    moments: list[Rows]
    """Of the last round: what the database held before it, and after each of its runs that wrote."""
    added: list[int] = field(default_factory=list)
    """The numbers of the writer's rows that are there."""
    number: int = 0
    commits: Counter[str] = field(default_factory=Counter)
    codes: Counter[tuple[str, int]] = field(default_factory=Counter)

    def once(self) -> None:
        """One round, and all that must hold after it."""
        self.number += 1
        first = ADDED + self.commits["added"]
        adder = Writer(self.url, first=first, pause=0.02)
        # An import is refused where the number of rows changes while it plans: in most rounds nobody adds any.
        adds, merges = self.number % 4 == 1, self.number % 4 < 3
        with Writer(self.url, alternately, pause=0.01) as mover, adder if adds else nullcontext():
            ended = self._run({"one", "other", "merged"} if merges else {"one", "other"})
        self.commits.update(moved=mover.commits, added=adder.commits)
        for name, one in ended.items():
            self.codes[name.partition("-")[0], one.returncode] += 1
            assert one.returncode in (0, 4), (name, one)
            assert one.returncode == 0 or one.is_one_sentence(), (name, one)
        succeeded = sorted(name for name, one in ended.items() if one.returncode == 0)
        self._in_order({name: self._report(name) for name in succeeded if name in self.files.paths})
        self._as_left(list(range(first, first + adder.commits)))
        self._as_exported([self._path(name, "ndjson") for name in succeeded if name not in self.files.paths])

    def _path(self, name: str, kind: str) -> Path:
        return self.folder / f"{self.number}-{name}.{kind}"

    def _run(self, names: set[str]) -> dict[str, Ended]:
        """The commands by these names at once, and exports one after the other until those have ended."""
        paths, ended = self.files.paths, dict[str, Ended]()
        commands: dict[str, list[str | Path]] = {
            "one": ["import-data", paths["one"], "--no-input"],
            "other": ["import-data", paths["other"], "--no-input"],
            "merged": ["import-memories", paths["merged"]],
        }
        with ThreadPoolExecutor(len(names)) as pool:
            runs = {
                name: pool.submit(self._command, *commands[name], "--report", self._report_of(name)) for name in names
            }
            while not ended or not all(one.done() for one in runs.values()):
                name = f"export-{len(ended)}"
                ended[name] = self._command("export-data", self._path(name, "ndjson"))
        return ended | {name: one.result() for name, one in runs.items()}

    def _command(self, *command: str | Path) -> Ended:
        return run(*command, "--database-url", self.url)

    def _report_of(self, name: str) -> Path:
        return self._path(name, "report.json")

    def _report(self, name: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self._report_of(name).read_text())
        return found

    def _in_order(self, reports: dict[str, dict[str, Any]]) -> None:
        """What the database holds after each of the runs that wrote, in the order that its history tells."""
        ((known,),) = execute(self.url, "SELECT count(*) FROM memoria_imports")
        by_number = {report["import_id"]: name for name, report in reports.items() if report.get("import_id")}
        assert sorted(by_number) == list(range(known - len(by_number) + 1, known + 1))
        self.moments = self.moments[-1:]
        for number in sorted(by_number):
            name, before = by_number[number], self.moments[-1]
            if name == "merged":
                new = self.files.rows[name].keys() - before.keys()
                assert len(new) == sum(table["inserted"] for table in reports[name]["tables"].values()) > 0
                self.moments.append({**self.files.rows[name], **before})
            else:
                self.moments.append(self.files.rows[name])
        if "merged" in reports and "merged" not in by_number.values():  # nothing was new to it
            assert any(self.files.rows["merged"].keys() <= one.keys() for one in self.moments)

    def _as_left(self, committed: list[int]) -> None:
        """What is there: what the last run left, and what was added since."""
        found = moment(self.url)
        assert found.rows == self.moments[-1]
        everything = self.added + committed
        assert found.added == everything[len(everything) - len(found.added) :]
        is_replaced = any(one is self.files.rows[name] for one in self.moments[1:] for name in ("one", "other"))
        assert is_replaced or found.added == everything
        self.added = found.added

    def _as_exported(self, paths: list[Path]) -> None:
        """Each is whole, and of one moment."""
        for path in paths:
            succeeds("import-data", path, "--database-url", self.copy, "--no-input", "--no-undo")
            assert moment(self.copy).rows in self.moments
        assert not paths or equal(str(paths[-1]), self.copy)


@pytest.mark.parametrize("kind", ["sqlite-wal", "sqlite-delete", KINDS[-1]])
def test_one_after_the_other(make: Make, files: Files, tmp_path: Path, kind: str) -> None:
    url, copy = make(vendor(kind), "migrated"), make(vendor(kind), "migrated")
    if kind.startswith("sqlite"):
        execute(url, f"PRAGMA journal_mode = {kind.partition('-')[2]}")
    succeeds("import-data", files.paths["one"], "--database-url", url, "--no-input")
    rounds = Rounds(url, copy, files, tmp_path, [files.rows["one"]])
    end, succeeded = time.monotonic() + SECONDS, set[str]()
    while time.monotonic() < end or not {"merged", "export"} < succeeded:  # and one of the imports
        rounds.once()
        succeeded |= {name for name, code in rounds.codes if code == 0}
        assert time.monotonic() < end + 60, rounds.codes
    print(f"{kind}: {rounds.number} rounds, {sorted(rounds.codes.items())}, {dict(rounds.commits)}")
    assert rounds.commits["moved"] > 0
    assert rounds.commits["added"] > 0
