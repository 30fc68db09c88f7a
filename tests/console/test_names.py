"""Names that are not UTF-8, or not those of the locale: of files, databases, roles and namespaces."""

from __future__ import annotations

import json
import os
from pathlib import Path
from urllib.parse import quote, urlsplit

import pytest

from tests.backup.backups import environment
from tests.conftest import KINDS, MakeDatabase, RunMemoria
from tests.snapshot.test_existing_databases import make_database_again
from tests.support.samples.databases import insert, query
from tests.support.samples.engine import export, import_
from tests.support.samples.rows import row

POSTGRESQL = [kind for kind in KINDS if kind != "sqlite"]
C = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
BYTES = os.fsdecode(b"caf\xe9")


@pytest.fixture
def url(make_database: MakeDatabase) -> str:
    url = make_database("sqlite", migrated=True)
    insert(url, "long_term_memory", [row("long_term_memory", namespace="né")])
    return url


def test_a_file_of_bytes(url: str, run_memoria: RunMemoria, tmp_path: Path) -> None:
    """It is read and written, and each text about it is UTF-8."""
    path, report = tmp_path / f"{BYTES}.json", tmp_path / f"report-{BYTES}.json"
    assert run_memoria("export-data", path, "--database-url", url).returncode == 0
    imported = run_memoria("import-data", path, "--no-input", "--report", report, "--database-url", url)
    assert imported.returncode == 0, imported.stderr.decode()
    assert json.loads(report.read_bytes().decode())["file"]["name"] == str(path)
    assert query(url, "SELECT file_name FROM memoria_imports") == [(rf"{tmp_path}/caf\xe9.json",)]
    listed = run_memoria("list-imports", "--json", "--database-url", url)
    assert json.loads(listed.stdout.decode())[0]["file_name"] == rf"{tmp_path}/caf\xe9.json"
    undone = run_memoria("undo-import", "1", "--no-input", "--database-url", url)
    assert (undone.returncode, b"Traceback" in undone.stderr) == (0, False)


def test_no_name_at_all(url: str, run_memoria: RunMemoria) -> None:
    for command, why in {
        "verify-backup": "there is no backup in .",
        "restore-database": "cannot read .: it is a directory",
    }.items():
        ended = run_memoria(command, ".", "--database-url", url)
        assert (ended.returncode, ended.stderr) == (1, f"CommandError: {why}\n".encode())


def test_a_namespace_of_bytes(url: str, run_memoria: RunMemoria, tmp_path: Path) -> None:
    path = tmp_path / "in.json"
    export(url, path)
    for option, text in (("--namespace", BYTES), ("--namespace-map", f"né={BYTES}")):
        ended = run_memoria("import-memories", path, option, text, "--database-url", url)
        sentence = f"CommandError: {option} {text!r} is not UTF-8\n"
        assert (ended.returncode, ended.stderr.decode()) == (2, sentence)


def test_a_namespace_in_another_locale(url: str, run_memoria: RunMemoria, tmp_path: Path) -> None:
    """What is typed is UTF-8, whatever the locale says."""
    path = tmp_path / "out.ndjson"
    exported = run_memoria("export-memories", "--namespace", "né", "--output", path, "--database-url", url, env=C)
    assert exported.returncode == 0, exported.stderr.decode()
    merged = run_memoria("import-memories", path, "--namespace-map", "né=日", "--new-ids", "--database-url", url, env=C)
    assert merged.returncode == 0, merged.stderr.decode()
    assert query(url, "SELECT namespace FROM long_term_memory ORDER BY 1") == [("né",), ("日",)]


@pytest.mark.parametrize("spelled", [str, quote])
def test_a_database_in_another_locale(run_memoria: RunMemoria, url: str, spelled: type[str], tmp_path: Path) -> None:
    Path(url.removeprefix("sqlite:///")).rename(tmp_path / "né.sqlite3")
    ended = run_memoria(
        "export-data", "-", "-v", "0", "--database-url", f"sqlite:///{tmp_path}/{spelled('né')}.sqlite3", env=C
    )
    assert (ended.returncode, ended.stderr) == (0, b"")
    assert '"namespace":"né"'.encode() in ended.stdout


@pytest.mark.parametrize("kind", POSTGRESQL)
class TestPostgreSQL:
    def test_a_database_in_another_locale(
        self, kind: str, make_database: MakeDatabase, run_memoria: RunMemoria, tmp_path: Path
    ) -> None:
        """The server is asked for it by the bytes that were written, by its programs too."""
        url = make_database(kind, migrated=True)
        name = urlsplit(url).path.lstrip("/")
        maintenance = url.replace(f"/{name}", "/postgres", 1)
        query(maintenance, f'ALTER DATABASE "{name}" RENAME TO "{name}é"')
        given = environment(kind, **C)
        try:
            for spelled in ("é", quote("é")):
                there = url.replace(f"/{name}", f"/{name}{spelled}", 1)
                backup = tmp_path / f"{len(spelled)}.sql"
                ended = run_memoria(
                    "backup-database", backup, "-v", "0", "--database-url", there, env=environment(kind, **C)
                )
                assert (ended.returncode, ended.stderr) == (0, b"")
                ended = run_memoria("export-data", "-", "-v", "0", "--database-url", there, env=given)
                assert (ended.returncode, ended.stderr) == (0, b"")
        finally:
            query(maintenance, f'ALTER DATABASE "{name}é" RENAME TO "{name}"')

    def test_a_file_whose_name_the_history_cannot_hold(
        self, kind: str, make_database: MakeDatabase, tmp_path: Path
    ) -> None:
        url = make_database(kind, migrated=True)
        make_database_again(url, "ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C'")
        path = tmp_path / "é日.json"
        insert(url, "clusters", [row("clusters")])
        export(url, path)
        import_(url, path, undo=True)
        assert query(url, "SELECT file_name FROM memoria_imports") == [(rf"{tmp_path}/\xe9\u65e5.json",)]
