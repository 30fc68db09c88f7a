"""`verify-backup`: what is cut, damaged, exchanged or edited never passes."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import random
import shutil
from pathlib import Path
from typing import Any

import msgspec
import pytest

from memoria.backup.errors import InvalidBackup
from memoria.backup.store import catalogue
from memoria.backup.store import sidecar as sidecars
from memoria.backup.store.file import BackupFile
from memoria.snapshot.errors import SnapshotError
from tests.backup.backups import POSTGRESQL, backed_up, files, listing, memoria, refused, scratch_databases
from tests.conftest import KINDS
from tests.faults.faults import Make, execute

pytest_plugins = ["tests.faults.fault_databases"]
NAMES = ["x.sql", "x.sql.gz", "x.sql.zst", "x.dump"]


def resealed(path: Path, **changes: Any) -> None:
    """The sidecar with other values, and the digest that goes with them: a careful forger's."""
    found = msgspec.structs.replace(sidecars.read(sidecars.path_of(path)), **changes)
    sidecars.write(found, sidecars.path_of(path))


def check(path: Path) -> None:
    """What every use of a backup does before anything is executed."""
    found = catalogue.sidecar_of(path)
    with BackupFile(path) as file:
        file.require(found.size, found.sha256)


@pytest.mark.parametrize(("kind", "name"), [("sqlite", "x.sql"), (POSTGRESQL, "x.sql"), (POSTGRESQL, "x.dump")])
@pytest.mark.parametrize("share", ["0", "50 %", "90 %", "99 %", "100 % - 1"])
def test_cut(make: Make, tmp_path: Path, kind: str, name: str, share: str) -> None:
    url = make(kind, "migrated")
    path = backed_up(kind, url, tmp_path / name, "--no-verify")
    size = path.stat().st_size
    length = size - 1 if share == "100 % - 1" else size * int(share.removesuffix(" %")) // 100
    os.truncate(path, length)
    what = f"has {length:,} bytes instead of {size:,}" if length else "is empty"
    said = refused(kind, "verify-backup", path, "--database-url", url)
    assert said == f"{path} {what}: it is cut, or not the file that its sidecar tells of"
    assert refused(kind, "restore-database", path, "--database-url", url) == said
    assert [entry["state"] for entry in listing(tmp_path)] == ["wrong size"]


@pytest.mark.parametrize(("kind", "name"), [("sqlite", "x.sql.gz"), (POSTGRESQL, "x.dump")])
def test_one_flipped_byte(make: Make, tmp_path: Path, kind: str, name: str) -> None:
    url = make(kind, "migrated")
    path = backed_up(kind, url, tmp_path / name, "--no-verify")
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    said = refused(kind, "verify-backup", path, "--database-url", url)
    assert said == f"{path} is damaged, or not the file that its sidecar tells of: its sha256 differs"
    assert refused(kind, "restore-database", path, "--database-url", url) == said


def test_every_bit_of_a_small_backup_and_its_sidecar(make: Make, tmp_path: Path) -> None:
    url = make("sqlite", "migrated")
    tables = [name for (name,) in execute(url, "SELECT name FROM sqlite_master WHERE type='table'")]
    execute(url, *(f"DROP TABLE {name}" for name in tables if name not in ("clusters", "sqlite_sequence")))
    path = backed_up("sqlite", url, tmp_path / "x.sql")
    for spoiled in (path, sidecars.path_of(path)):
        data = spoiled.read_bytes()
        assert len(data) < 4096
        for position in range(8 * len(data)):
            changed = bytearray(data)
            changed[position // 8] ^= 1 << position % 8
            spoiled.write_bytes(changed)
            with pytest.raises(SnapshotError):
                check(path)
        spoiled.write_bytes(data)
    check(path)


def test_ten_thousand_flips_of_a_large_backup(tmp_path: Path) -> None:
    """A digest over all bytes finds every one; here the flips go in pairs, triples, swaps and moves, too."""
    rng = random.Random(71)
    data = rng.randbytes(50_000)
    path = tmp_path / "x.sql"
    digest = hashlib.sha256(data).hexdigest()
    for _ in range(10_000):
        changed = bytearray(data)
        for _ in range(rng.randrange(1, 4)):
            changed[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
        if changed == data:
            continue
        path.write_bytes(changed)
        with BackupFile(path) as file, pytest.raises(InvalidBackup):
            file.require(len(data), digest)


class TestReplaced:
    """Each with a sidecar of another file beside it."""

    @pytest.fixture
    def backup(self, make: Make, tmp_path: Path) -> Path:
        return backed_up("sqlite", make("sqlite", "migrated"), tmp_path / "x.sql")

    def refused(self, backup: Path) -> str:
        with pytest.raises(SnapshotError) as error:
            check(backup)
        assert memoria("sqlite", "verify-backup", backup).returncode == 1
        return str(error.value).replace(str(backup), "FILE")

    def test_an_older_backup(self, backup: Path, make: Make, tmp_path: Path) -> None:
        other = backed_up("sqlite", make("sqlite"), tmp_path / "y.sql")
        shutil.copyfile(other, backup)
        assert "FILE has " in self.refused(backup)

    @pytest.mark.parametrize(
        "content", [b"", b"SQLite format 3\0" + bytes(84), b"age-encryption.org/v1\n" + bytes(500)]
    )
    def test_another_file(self, backup: Path, content: bytes) -> None:
        backup.write_bytes(content)
        assert self.refused(backup).endswith("it is cut, or not the file that its sidecar tells of")

    def test_a_folder(self, backup: Path) -> None:
        backup.unlink()
        backup.mkdir()
        assert (
            self.refused(backup)
            == "cannot read FILE: it is a folder; name one of its backups, which list-backups shows"
        )

    def test_a_link(self, backup: Path, tmp_path: Path) -> None:
        backup.rename(tmp_path / "elsewhere")
        backup.symlink_to(tmp_path / "elsewhere")
        assert self.refused(backup) == "cannot read FILE: it is a symbolic link; name the file itself"

    def test_a_pipe(self, backup: Path) -> None:
        backup.unlink()
        os.mkfifo(backup)
        assert self.refused(backup) == "cannot read FILE: it is no ordinary file"

    def test_nothing(self, backup: Path) -> None:
        backup.unlink()
        assert self.refused(backup) == "cannot read FILE: no such file"
        assert [entry["state"] for entry in listing(backup.parent)] == ["missing"]

    def test_no_sidecar(self, backup: Path) -> None:
        sidecars.path_of(backup).unlink()
        said = f"FILE has no sidecar {backup.name}.json beside it: bring both from where it was made"
        assert self.refused(backup) == said
        assert [entry["state"] for entry in listing(backup.parent)] == ["no sidecar"]


class TestSidecar:
    @pytest.fixture
    def backup(self, make: Make, tmp_path: Path) -> Path:
        return backed_up("sqlite", make("sqlite", "migrated"), tmp_path / "x.sql")

    def stored(self, backup: Path) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(sidecars.path_of(backup).read_bytes())
        return found

    def test_as_it_was_written(self, backup: Path) -> None:
        assert sidecars.encoded(sidecars.read(sidecars.path_of(backup))) == sidecars.path_of(backup).read_bytes()

    @pytest.mark.parametrize(
        "change",
        [
            {"size": -1},
            {"size": 10**30},
            {"size": 1.0},
            {"size": "1"},
            {"size": True},
            {"size": None},
            {"sha256": "ab"},
            {"sha256": "A" * 64},
            {"sha256": "g" * 64},
            {"sequence": -1},
            {"version": 0},
            {"kind": "mysql"},
            {"dump": "tar"},
            {"compression": "xz"},
            {"created_at": "yesterday"},
            {"created_at": "2026-11-22T10:00:00"},
            {"created_at": "2026-11-22T10:00:00+01:00"},
            {"verified": True},
            {"verified": {"at": "2026-11-22T10:00:00Z", "how": "believed"}},
            {"contents": []},
            {"contents": {"tables": {}, "objects": {}, "more": {}}},
            {"contents": {"tables": {"t": {"rows": -1}}, "objects": {}}},
            {"contents": {"tables": {"t": {"rows": 1, "sha256": "x"}}, "objects": {}}},
            {"path": "../x"},
            {"format": "memoria-snapshot"},
            {"suspicious": None},
        ],
        ids=repr,
    )
    def test_other_values(self, backup: Path, change: dict[str, Any]) -> None:
        """Also with a digest that matches."""
        stored = self.stored(backup)
        stored["backup"] |= change
        compact = json.dumps(stored["backup"], separators=(",", ":"), ensure_ascii=False)
        stored["sha256"] = hashlib.sha256(compact.encode()).hexdigest()
        for text in (json.dumps(stored, indent=1) + "\n", json.dumps(stored)):
            sidecars.path_of(backup).write_text(text)
            with pytest.raises(InvalidBackup):
                check(backup)

    @pytest.mark.parametrize(
        "text", ["", "{", "[]", "null", '{"backup": {}}', "[" * 100_000, "\ufeff{}", '{"backup": 1, "sha256": ""}']
    )
    def test_other_documents(self, backup: Path, text: str) -> None:
        sidecars.path_of(backup).write_text(text)
        with pytest.raises(InvalidBackup):
            check(backup)
        assert [entry["state"] for entry in listing(backup.parent)] == ["damaged sidecar"]

    def test_the_same_values_spelled_otherwise(self, backup: Path) -> None:
        path = sidecars.path_of(backup)
        text = path.read_text()
        twice = text.replace('"version": 1,', '"version": 1,\n  "version": 1,', 1)
        for changed in (text + " ", text.replace("\n", "\r\n"), text.replace("  ", "    "), twice, text + text):
            assert changed != text
            path.write_text(changed)
            with pytest.raises(InvalidBackup):
                check(backup)

    def test_a_newer_version(self, backup: Path) -> None:
        resealed(backup, version=2)
        assert refused("sqlite", "verify-backup", backup) == (
            f"{backup}.json has version 2, and this program knows 1: upgrade it"
        )

    def test_a_link_in_its_place(self, backup: Path, tmp_path: Path) -> None:
        path = sidecars.path_of(backup)
        path.rename(tmp_path / "elsewhere")
        path.symlink_to(tmp_path / "elsewhere")
        assert memoria("sqlite", "verify-backup", backup).returncode == 1

    def test_digests_that_do_not_match_the_rows(self, backup: Path) -> None:
        """A forger who seals his work is found out by the trial."""
        contents = sidecars.read(sidecars.path_of(backup)).contents
        more = msgspec.structs.replace(contents.tables["clusters"], rows=99)
        resealed(backup, contents=msgspec.structs.replace(contents, tables=contents.tables | {"clusters": more}))
        assert refused("sqlite", "verify-backup", backup) == (
            f"{backup} does not hold what the database held: clusters has 0 instead of 99"
        )


@pytest.mark.parametrize("kind", KINDS)
def test_a_dump_that_lacks_a_row_or_an_index(make: Make, tmp_path: Path, kind: str) -> None:
    """Files that match their sidecars' digests, and not what the sidecars say that they hold."""
    url = make(kind)
    path = backed_up(kind, url, tmp_path / "x.sql")
    whole = path.read_bytes()
    row = next(line for line in whole.splitlines(True) if b"atlas" in line and (b"\t" in line or b"VALUES(" in line))
    index = next(line for line in whole.splitlines(True) if line.startswith(b"CREATE INDEX"))
    for missing in (row, index, whole[whole.rindex(b"\n", 0, len(whole) // 2) + 1 :]):
        path.write_bytes(whole.replace(missing, b"", 1))
        resealed(path, size=path.stat().st_size, sha256=hashlib.sha256(path.read_bytes()).hexdigest())
        said = refused(kind, "verify-backup", path, "--database-url", url)
        assert "does not hold what the database held" in said or "the text ends" in said, said
        if kind != "sqlite":
            assert scratch_databases(url) == []
    assert sorted(files(tmp_path)) == ["x.sql", "x.sql.json", "x.sql.refused"]


@pytest.mark.parametrize("kind", ["sqlite", POSTGRESQL])
def test_cut_at_every_line_end(make: Make, tmp_path: Path, kind: str) -> None:
    """psql and sqlite3 take such a file for a whole one. Ours is refused before anything is executed, and even with a
    sidecar that fits the file the text itself is found to end too early."""
    url = make(kind, "migrated")
    path = backed_up(kind, url, tmp_path / "x.sql", "--no-verify")
    whole = path.read_bytes()
    ends = [position + 1 for position, byte in enumerate(whole) if byte == 10][:-1]
    for end in ends:
        path.write_bytes(whole[:end])
        with pytest.raises(InvalidBackup):
            check(path)
    for end in random.Random(76).sample(ends, 3):
        path.write_bytes(whole[:end])
        resealed(path, size=end, sha256=hashlib.sha256(whole[:end]).hexdigest())
        assert memoria(kind, "verify-backup", path, "--database-url", url).returncode == 1
    with contextlib.suppress(FileNotFoundError):
        assert scratch_databases(url) == [] if kind != "sqlite" else True


HOSTILE = {
    "a shell command of psql": b"\\! touch {marker}\n",
    "copy to a program": b"\\copy (SELECT 1) TO PROGRAM 'touch {marker}'\n",
    "COPY to a program": b"COPY (SELECT 1) TO PROGRAM 'touch {marker}';\n",
    "COPY from a program": b"copy public.clusters FROM PROGRAM 'touch {marker}; false';\n",
}


@pytest.mark.parametrize("case", HOSTILE)
def test_hostile_scripts(make: Make, tmp_path: Path, case: str) -> None:
    """Even if somebody wrote the sidecar to fit."""
    url = make(POSTGRESQL, "migrated")
    path, marker = backed_up(POSTGRESQL, url, tmp_path / "x.sql", "--no-verify"), tmp_path / "marker"
    line = HOSTILE[case].replace(b"{marker}", os.fsencode(marker))
    path.write_bytes(path.read_bytes().replace(b"-- Name: ", line + b"-- Name: ", 1))
    resealed(path, size=path.stat().st_size, sha256=hashlib.sha256(path.read_bytes()).hexdigest())
    for command in ("verify-backup", "restore-database"):
        said = refused(POSTGRESQL, command, path, "--database-url", url)
        assert "a command for psql" in said or "copies from or to" in said, said
    assert not marker.exists()


def test_a_folder_and_several_files(make: Make, tmp_path: Path) -> None:
    url = make("sqlite", "migrated")
    for name in ("a.sql", "b.sql", "c.sql.gz"):
        backed_up("sqlite", url, tmp_path / name)
    (tmp_path / "foreign.sql").write_bytes(b"")
    ended = memoria("sqlite", "verify-backup", tmp_path)
    assert (ended.returncode, ended.stderr.splitlines()[-1]) == (0, "3 backups whole.")
    os.truncate(tmp_path / "b.sql", 5)
    ended = memoria("sqlite", "verify-backup", tmp_path / "a.sql", tmp_path / "b.sql", "--json")
    told = json.loads(ended.stdout)
    assert (ended.returncode, [one["file"] for one in told["verified"]]) == (1, [f"{tmp_path}/a.sql"])
    assert list(told["refused"]) == [f"{tmp_path}/b.sql"]
    assert "it is cut" in told["refused"][f"{tmp_path}/b.sql"]
    ended = memoria("sqlite", "verify-backup", tmp_path)
    assert (ended.returncode, ended.stderr.splitlines()[-1]) == (1, "2 backups whole, 1 refused.")
    (tmp_path / "empty").mkdir()
    said = refused("sqlite", "verify-backup", tmp_path / "empty")
    assert said == f"there is no backup in {tmp_path}/empty"
