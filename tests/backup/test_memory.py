"""Memory does not grow with the database."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.backup.backups import POSTGRESQL, environment
from tests.conftest import ROOT
from tests.faults.faults import Make, execute

pytest_plugins = ["tests.faults.fault_databases"]
MB = 1 << 20


# A process starts with the peak of the one that forked it: of this small one, not of the one that runs all tests.
MEASURE = (
    "import resource, subprocess, sys; subprocess.run(sys.argv[1:], check=True);"
    "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
)


def peak(kind: str, *arguments: str | Path) -> int:
    """Bytes that the command held at most."""
    done = subprocess.run(
        [sys.executable, "-c", MEASURE, sys.executable, "manage.py", *map(str, arguments)],
        cwd=ROOT,
        env={**os.environ, **environment(kind), "DATABASE_URL": "sqlite://:memory:"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        check=True,
    )
    return int(done.stdout) * 1024


@pytest.mark.parametrize(("kind", "name"), [("sqlite", "x.sql.gz"), (POSTGRESQL, "x.sql.zst"), (POSTGRESQL, "x.dump")])
def test_of_a_backup_and_a_restore(make: Make, tmp_path: Path, kind: str, name: str) -> None:
    small, large = make(kind, "large"), make(kind, "large")
    execute(small, "DELETE FROM long_term_memory WHERE memory_id > 'big-00300'")
    columns = [c for (c,) in execute(large, _COLUMNS[kind == "sqlite"]) if c != "memory_id"]
    listed = ", ".join(f'"{c}"' for c in columns)
    execute(  # twice as much: some 50 MB
        large,
        f"INSERT INTO long_term_memory(memory_id, {listed}) SELECT 'copy-' || memory_id, {listed}"
        " FROM long_term_memory WHERE memory_id LIKE 'big-%'",
    )
    peaks = {}
    for size, url in (("small", small), ("large", large)):
        path = tmp_path / size / name
        peaks[size] = max(
            peak(kind, "backup-database", path, "--database-url", url, "-v0"),
            peak(kind, "restore-database", path, "--database-url", url, "--no-safety-backup", "-v0"),
        )
    assert peaks["large"] < 120 * MB
    assert peaks["large"] - peaks["small"] < 20 * MB


_COLUMNS = {
    True: "SELECT name FROM pragma_table_info('long_term_memory')",
    False: "SELECT column_name FROM information_schema.columns WHERE table_name = 'long_term_memory'",
}
