"""The time and the database's name in the name of a file."""

import re
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

from memoria.file_names import filled
from tests.conftest import RunMemoria

MOMENT = datetime(2026, 11, 27, 5, 4, 3, tzinfo=timezone(timedelta(hours=2)))


def test_filled() -> None:
    assert filled("{database}-{timestamp}.json", MOMENT, "memories") == "memories-20261127T030403Z.json"
    assert filled("x{y}.json", MOMENT.astimezone(UTC), "m") == "x{y}.json"
    assert filled("{database}", MOMENT, "a/../b c") == "a_.._b_c"
    assert filled("{database}", MOMENT, "...") == "database"


def test_an_export(migrated_url: str, tmp_path: Path, run_memoria: RunMemoria) -> None:
    pattern = str(tmp_path / "{database}-{timestamp}.ndjson")
    assert run_memoria("export-data", pattern, "--database-url", migrated_url).returncode == 0
    pattern = str(tmp_path / "{timestamp}.json")
    assert run_memoria("export-memories", "--output", pattern, "--database-url", migrated_url).returncode == 0
    one, other = sorted((path.name for path in tmp_path.iterdir() if path.is_file() and "json" in path.name), key=len)
    assert re.fullmatch(r"\d{8}T\d{6}Z\.json", one)
    assert re.fullmatch(r"(memoria|test_[0-9a-f]+)-\d{8}T\d{6}Z\.ndjson", other)
