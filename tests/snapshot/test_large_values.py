"""Values of many megabytes: they pass, and what is too large is refused before a file is written."""

import hashlib
from pathlib import Path

import pytest

from memoria.snapshot.database.sqlite import encoder as sqlite_rows
from memoria.snapshot.errors import InvalidRows
from tests.conftest import MakeDatabase
from tests.support.samples.databases import insert, rows_of
from tests.support.samples.engine import export, import_
from tests.support.samples.rows import row

LARGE = "naïve \\ text\n" * (64 << 20 >> 4)
"""58 MiB of characters that every format must escape, 62 MiB of them as UTF-8."""


@pytest.mark.parametrize("kind", ["sqlite", "postgresql-16"])
@pytest.mark.parametrize("name", ["large.json", "large.ndjson.zst"])
def test_a_large_text_moves_whole(kind: str, name: str, make_database: MakeDatabase, tmp_path: Path) -> None:
    source, target = make_database(kind, migrated=True), make_database(kind, migrated=True)
    insert(source, "clusters", [row("clusters", summary=LARGE)])
    export(source, tmp_path / name)
    assert import_(target, tmp_path / name).tables["clusters"].inserted == 1
    (found,) = rows_of(target, "clusters")
    assert hashlib.sha256(found["summary"].encode()).digest() == hashlib.sha256(LARGE.encode()).digest()


def test_a_row_that_no_reader_takes_back_is_refused(
    make_database: MakeDatabase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite_rows, "MAX_ROW", 1 << 20)
    source = make_database("sqlite", migrated=True)
    insert(source, "clusters", [row("clusters", summary="a" * (1 << 20)), row("clusters", id=2)])
    with pytest.raises(InvalidRows, match=r"clusters '1': the row is larger than 1 MiB\."):
        export(source, tmp_path / "out.json")
    assert list(tmp_path.glob("out*")) == []
