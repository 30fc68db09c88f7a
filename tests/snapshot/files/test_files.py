from __future__ import annotations

import bz2
import contextlib
import fcntl
import gzip
import hashlib
import io
import lzma
import os
import resource
import signal
import socket
import subprocess
import sys
import tarfile
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import zstandard

from memoria.snapshot import formats
from memoria.snapshot.errors import FileFailure, InvalidSnapshot, SnapshotError
from memoria.snapshot.files import InputFile, OutputFile
from tests.conftest import ROOT, RunMemoria
from tests.snapshot.snapshots import cluster, compress, resealed, snapshot

CONTENT = snapshot("json", {"clusters": [cluster(n) for n in range(3)]})
BOM = b"\xef\xbb\xbf"


def written(path: Path | str, data: bytes = CONTENT, **options: str) -> OutputFile:
    with OutputFile(str(path), **options) as file:
        for at in range(0, len(data), 1000):
            file.write(data[at : at + 1000])
        file.commit()
    return file


def content(path: Path | str) -> bytes:
    with InputFile(str(path)) as file:
        return b"".join(file.chunks())


def refusal(path: Path | str, *, error: type[SnapshotError] = InvalidSnapshot) -> str:
    with pytest.raises(error) as caught:
        content(path)
    return str(caught.value)


def listing(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


class TestInput:
    def test_a_file(self, tmp_path: Path) -> None:
        path = tmp_path / "a.json"
        path.write_bytes(CONTENT)
        told: list[int] = []
        with InputFile(str(path)) as file:
            assert (file.name, file.size, file.compression) == (str(path), len(CONTENT), "")
            assert b"".join(file.chunks(told.append)) == CONTENT
            assert b"".join(file.chunks()) == CONTENT
        assert sum(told) == len(CONTENT)

    @pytest.mark.parametrize("kind", ["gzip", "zstd"])
    @pytest.mark.parametrize("name", ["a.json", "a.json.gz", "a.json.zst", "a"])
    def test_compressed_by_content(self, tmp_path: Path, kind: str, name: str) -> None:
        path = tmp_path / name
        stored = compress(CONTENT, kind)
        path.write_bytes(stored)
        told: list[int] = []
        with InputFile(str(path)) as file:
            assert (file.size, file.compression) == (len(stored), kind)
            assert b"".join(file.chunks(told.append)) == CONTENT
            assert file.sha256 == hashlib.sha256(stored).hexdigest()
        assert sum(told) == len(stored)

    def test_plain_under_a_compressed_name(self, tmp_path: Path) -> None:
        path = tmp_path / "a.json.gz"
        path.write_bytes(CONTENT)
        assert content(path) == CONTENT

    def test_byte_order_mark_first(self, tmp_path: Path) -> None:
        path = tmp_path / "a.json"
        path.write_bytes(BOM + CONTENT)
        with InputFile(str(path)) as file:
            reader = formats.read(file.chunks(), None)
            assert len(list(reader)) == 3
            assert reader.edited is False
            assert file.sha256 == hashlib.sha256(BOM + CONTENT).hexdigest()

    @pytest.mark.parametrize("format", ["json", "ndjson"])
    def test_byte_order_mark_elsewhere(self, tmp_path: Path, format: str) -> None:
        whole = snapshot(format, {"clusters": [cluster(n) for n in range(3)]})
        path = tmp_path / "a"
        for at in [0, *(n + 1 for n, byte in enumerate(whole) if byte == 0x0A)]:
            start = BOM if at == 0 else b""
            path.write_bytes(start + resealed(whole[:at] + BOM + whole[at:]))
            with InputFile(str(path)) as file, pytest.raises(InvalidSnapshot):
                list(formats.read(file.chunks(), None))

    def test_byte_order_mark_in_a_text(self, tmp_path: Path) -> None:
        path = tmp_path / "a"
        path.write_bytes(snapshot("ndjson", {"clusters": [cluster(summary="\ufeffs")]}))
        with InputFile(str(path)) as file:
            (row,) = formats.read(file.chunks(), None)
        assert row.data == '{"id": 1, "summary": "\ufeffs"}'.encode()

    def test_a_pipe(self, tmp_path: Path) -> None:
        path = tmp_path / "pipe"
        os.mkfifo(path)
        for kind in ("", "gzip", "zstd"):
            stored = compress(CONTENT, kind)
            writer = threading.Thread(target=path.write_bytes, args=(stored,))
            writer.start()
            with InputFile(str(path)) as file:
                writer.join()
                assert (file.size, file.compression) == (len(stored), kind)
                assert b"".join(file.chunks()) == b"".join(file.chunks()) == CONTENT

    def test_stdin(self, run_memoria: RunMemoria) -> None:
        program = (
            "import sys, hashlib; from memoria.snapshot.files import InputFile\nwith InputFile('-') as f: "
            "print(f.name, f.size, hashlib.sha256(b''.join(f.chunks())).hexdigest())"
        )
        result = subprocess.run(
            [sys.executable, "-c", program], input=CONTENT, capture_output=True, cwd=ROOT, check=True
        )
        assert result.stdout.decode() == f"<stdin> {len(CONTENT)} {hashlib.sha256(CONTENT).hexdigest()}\n"

    def test_grows_or_shrinks(self, tmp_path: Path) -> None:
        path = tmp_path / "a.json"
        for change in (CONTENT + b" ", CONTENT[:-1]):
            path.write_bytes(CONTENT)
            with InputFile(str(path)) as file:
                path.write_bytes(change)
                with pytest.raises(FileFailure) as caught:
                    list(file.chunks())
                assert str(caught.value) == f"cannot read {path}: it changed while it was read"

    def test_replaced(self, tmp_path: Path) -> None:
        """Who reads goes on with the file that was opened."""
        path, other = tmp_path / "a.json", tmp_path / "b.json"
        path.write_bytes(CONTENT)
        with InputFile(str(path)) as file:
            other.write_bytes(b"{}")
            other.rename(path)
            assert b"".join(file.chunks()) == CONTENT


class TestNoInput:
    def test_missing(self, tmp_path: Path) -> None:
        path = tmp_path / "none.json"
        assert refusal(path, error=FileFailure) == f"cannot read {path}: no such file"
        path.symlink_to("nowhere")
        assert refusal(path, error=FileFailure) == f"cannot read {path}: no such file"

    def test_directory(self, tmp_path: Path) -> None:
        assert refusal(tmp_path, error=FileFailure) == f"cannot read {tmp_path}: it is a directory"

    @pytest.mark.parametrize(
        ("device", "reason"),
        [("null", "the file is empty"), ("zero", "the file is not a snapshot: it does not begin with '{'")],
    )
    def test_device(self, device: str, reason: str) -> None:
        assert refusal(f"/dev/{device}") == f"/dev/{device}: {reason}"

    def test_an_endless_pipe_of_something_else(self) -> None:
        with subprocess.Popen(["yes"], stdout=subprocess.PIPE) as yes:
            assert yes.stdout is not None
            path = f"/dev/fd/{yes.stdout.fileno()}"
            assert refusal(path) == f"{path}: the file is not a snapshot: it does not begin with '{{'"
            yes.kill()

    def test_socket(self, tmp_path: Path) -> None:
        path = tmp_path / "socket"
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(str(path))
            assert refusal(path, error=FileFailure).startswith(f"cannot read {path}: ")

    @pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
    def test_forbidden(self, tmp_path: Path) -> None:
        path = tmp_path / "a"
        path.touch(0o000)
        assert refusal(path, error=FileFailure) == f"cannot read {path}: permission denied"


def zipped() -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr("a.json", CONTENT)
    return data.getvalue()


def tarred(format: int) -> bytes:
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w", format=format) as archive:
        member = tarfile.TarInfo("{a.json")
        member.size = len(CONTENT)
        archive.addfile(member, io.BytesIO(CONTENT))
    return data.getvalue()


FOREIGN = {
    "empty": (b"", "the file is empty"),
    "blank": (b" \n\t\r\n", "the file is empty"),
    "bom": (BOM, "the file is empty"),
    "bom-blank": (BOM + b"\n", "the file is empty"),
    "very-blank": (b" " * 300_000 + CONTENT, "the file is not a snapshot: it does not begin with '{'"),
    "twice-bom": (BOM + BOM + CONTENT, "the file is not a snapshot: it does not begin with '{'"),
    "list": (b"[]", "the file is not a snapshot: it does not begin with '{'"),
    "text": (b"hello", "the file is not a snapshot: it does not begin with '{'"),
    "nul": (b"\0" * 100, "the file is not a snapshot: it does not begin with '{'"),
    "csv": (b"id,summary\n1,s\n", "the file is not a snapshot: it does not begin with '{'"),
    "zip": (zipped(), "the file is not a snapshot: it is a zip archive; unpack it first"),
    "7z": (b"7z\xbc\xaf\x27\x1c\0\4", "the file is not a snapshot: it is a 7z archive; unpack it first"),
    "ustar": (tarred(tarfile.USTAR_FORMAT), "the file is not a snapshot: it is a tar archive; unpack it first"),
    "gnutar": (tarred(tarfile.GNU_FORMAT), "the file is not a snapshot: it is a tar archive; unpack it first"),
    "tar.gz": (
        gzip.compress(tarred(tarfile.USTAR_FORMAT)),
        "the file is not a snapshot: it is a tar archive; unpack it first",
    ),
    "bz2": (
        bz2.compress(CONTENT),
        "the file is not a snapshot: it is compressed with bzip2; unpack it first"
        " (gzip and Zstandard are read as they are)",
    ),
    "xz": (
        lzma.compress(CONTENT),
        "the file is not a snapshot: it is compressed with xz; unpack it first"
        " (gzip and Zstandard are read as they are)",
    ),
    "sqlite": (
        b"SQLite format 3\0" + bytes(84),
        "the file is not a snapshot: it is a SQLite database; write a snapshot of it with export-data",
    ),
    "pg_dump-Fc": (
        b"PGDMP\1\x0e\0",
        "the file is not a snapshot: it is a pg_dump archive;"
        " a backup is restored by restore-database, others by pg_restore",
    ),
    "pg_dump": (
        b"--\n-- PostgreSQL database dump\n--\n",
        "the file is not a snapshot: it is SQL text;"
        " a backup is restored by restore-database, other SQL by psql or sqlite3",
    ),
    "sqlite.dump": (
        b"PRAGMA foreign_keys=OFF;\nBEGIN TRANSACTION;\n",
        "the file is not a snapshot: it is SQL text; a backup is restored by restore-database, other SQL by sqlite3",
    ),
    "png": (b"\x89PNG\r\n\x1a\n", "the file is not a snapshot: it is a PNG picture"),
    **{
        encoding: (CONTENT.decode().encode(encoding), "the file looks like UTF-16 or UTF-32; save it as UTF-8")
        for encoding in ("utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be")
    },
    "gz-in-gz": (gzip.compress(gzip.compress(CONTENT)), "the file is compressed twice; unpack it once"),
    "zst-in-gz": (compress(compress(CONTENT, "zstd"), "gzip"), "the file is compressed twice; unpack it once"),
    "gz-in-zst": (zstandard.compress(gzip.compress(CONTENT)), "the file is compressed twice; unpack it once"),
    "gz-of-nothing": (gzip.compress(b""), "the file is empty"),
    "our-gz-of-nothing": (compress(b"", "gzip"), "the file is empty"),
    "zst-of-nothing": (zstandard.compress(b""), "the file is empty"),
    "our-zst-of-nothing": (compress(b"", "zstd"), "the file is empty"),
}


@pytest.mark.parametrize(("data", "message"), FOREIGN.values(), ids=FOREIGN)
def test_foreign_files(tmp_path: Path, data: bytes, message: str) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(data)
    assert refusal(path) == message


class TestOutput:
    @pytest.mark.parametrize("name", ["a.json", "a.json.gz", "a.ndjson.zst", "a"])
    def test_written(self, tmp_path: Path, name: str) -> None:
        path = tmp_path / name
        file = written(path)
        stored = path.read_bytes()
        assert listing(tmp_path) == [name]
        assert content(path) == CONTENT
        assert (file.name, file.size, file.sha256) == (str(path), len(stored), hashlib.sha256(stored).hexdigest())
        assert file.compression == {"gz": "gzip", "st": "zstd"}.get(name[-2:], "")

    def test_compression_may_be_given(self, tmp_path: Path) -> None:
        assert written(tmp_path / "a.gz", compress="").compression == ""
        assert (tmp_path / "a.gz").read_bytes() == CONTENT

    def test_the_same_data_makes_the_same_bytes(self, tmp_path: Path) -> None:
        for name in ("1.gz", "2.gz", "1.zst", "2.zst"):
            written(tmp_path / name)
        assert (tmp_path / "1.gz").read_bytes() == (tmp_path / "2.gz").read_bytes()
        assert (tmp_path / "1.zst").read_bytes() == (tmp_path / "2.zst").read_bytes()

    @pytest.mark.parametrize("umask", [0o000, 0o022, 0o377])
    def test_is_private(self, tmp_path: Path, umask: int) -> None:
        before = os.umask(umask)
        try:
            with OutputFile(str(tmp_path / "a")) as file:
                (partial,) = tmp_path.iterdir()
                assert partial.stat().st_mode & 0o7777 == 0o600
                file.commit()
        finally:
            os.umask(before)
        assert (tmp_path / "a").stat().st_mode & 0o7777 == 0o600

    def test_replaces(self, tmp_path: Path) -> None:
        path = tmp_path / "a"
        path.write_bytes(b"before")
        path.chmod(0o644)
        with OutputFile(str(path)) as file:
            file.write(CONTENT)
            assert path.read_bytes() == b"before"
            file.commit()
        assert (path.read_bytes(), path.stat().st_mode & 0o7777) == (CONTENT, 0o600)

    def test_the_folder_is_created(self, tmp_path: Path) -> None:
        written(tmp_path / "new" / "er" / "a.json")
        assert content(tmp_path / "new" / "er" / "a.json") == CONTENT

    @pytest.mark.parametrize("name", ["a" * 250, "é" * 100, "with space\n", "-rf", "[a]*?.json", "..."])
    def test_odd_names(self, tmp_path: Path, name: str) -> None:
        written(tmp_path / name)
        written(tmp_path / name)
        assert listing(tmp_path) == [name]
        assert content(tmp_path / name) == CONTENT

    @pytest.mark.parametrize("device", ["/dev/null", "/dev/full"])
    def test_a_device_stays_a_device(self, device: str) -> None:
        if device == "/dev/null":
            assert written(device).size == len(CONTENT)
        else:
            with pytest.raises(FileFailure) as caught:
                written(device)
            message = "cannot write /dev/full: no space left on the device; free some, or name another folder"
            assert str(caught.value) == message
        assert Path(device).is_char_device()

    def test_a_pipe(self, tmp_path: Path) -> None:
        path = tmp_path / "pipe"
        os.mkfifo(path)
        received: list[bytes] = []
        reader = threading.Thread(target=lambda: received.append(path.read_bytes()))
        reader.start()
        written(path)
        reader.join()
        assert received == [CONTENT]
        assert path.is_fifo()


class TestNoOutput:
    def test_without_commit_there_is_nothing(self, tmp_path: Path) -> None:
        with OutputFile(str(tmp_path / "a")) as file:
            file.write(CONTENT)
        assert listing(tmp_path) == []

    def test_after_an_error_there_is_what_was(self, tmp_path: Path) -> None:
        def broken() -> None:
            with OutputFile(str(tmp_path / "a")) as file:
                file.write(CONTENT)
                raise ZeroDivisionError

        (tmp_path / "a").write_bytes(b"before")
        with pytest.raises(ZeroDivisionError):
            broken()
        assert listing(tmp_path) == ["a"]
        assert (tmp_path / "a").read_bytes() == b"before"

    def test_directory(self, tmp_path: Path) -> None:
        with pytest.raises(FileFailure) as caught:
            written(tmp_path)
        assert str(caught.value) == f"cannot write {tmp_path}: it is a directory"
        assert listing(tmp_path) == []

    def test_a_name_of_a_directory(self, tmp_path: Path) -> None:
        with pytest.raises(FileFailure) as caught, OutputFile(f"{tmp_path}/none/"):
            pass
        assert str(caught.value) == f"cannot write {tmp_path}/none/: it names a folder; add the name of a file"
        assert listing(tmp_path) == []

    def test_a_file_as_folder(self, tmp_path: Path) -> None:
        (tmp_path / "a").write_bytes(b"before")
        for path in (tmp_path / "a" / "b", tmp_path / "a" / "b" / "c"):
            with pytest.raises(FileFailure) as caught:
                written(path)
            assert str(caught.value) in (
                f"cannot write {path}: file exists",
                f"cannot write {path}: not a directory",
            )
        assert listing(tmp_path) == ["a"]

    def test_too_long_a_name(self, tmp_path: Path) -> None:
        path = tmp_path / ("a" * 300)
        with pytest.raises(FileFailure) as caught:
            written(path)
        assert str(caught.value) == f"cannot write {path}: file name too long"
        assert listing(tmp_path) == []

    @pytest.mark.parametrize("name", ["a.json", "a.json.gz", "a.json.zst"])
    def test_the_disk_is_full(self, tmp_path: Path, name: str) -> None:
        (tmp_path / name).write_bytes(b"before")
        with file_size_limit(4096), pytest.raises(FileFailure) as caught:
            written(tmp_path / name, os.urandom(50_000))
        assert str(caught.value).startswith(f"cannot write {tmp_path / name}: ")
        assert listing(tmp_path) == [name]
        assert (tmp_path / name).read_bytes() == b"before"

    @pytest.mark.parametrize("call", ["fsync", "replace"])
    def test_the_disk_fails_in_the_end(self, tmp_path: Path, call: str, monkeypatch: pytest.MonkeyPatch) -> None:
        def fail(*_: object) -> None:
            raise OSError(5, "Input/output error")

        (tmp_path / "a").write_bytes(b"before")
        monkeypatch.setattr(os, call, fail)
        with pytest.raises(FileFailure) as caught:
            written(tmp_path / "a")
        assert str(caught.value) == f"cannot write {tmp_path / 'a'}: input/output error"
        assert listing(tmp_path) == ["a"]
        assert (tmp_path / "a").read_bytes() == b"before"

    def test_an_unforeseen_error_of_the_writing_thread_is_raised(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fail(*_: object) -> None:
            raise MemoryError

        monkeypatch.setattr(os, "write", fail)
        with pytest.raises(MemoryError):
            written(tmp_path / "a", bytes(100_000))
        assert listing(tmp_path) == []


@contextlib.contextmanager
def file_size_limit(size: int) -> Iterator[None]:
    before, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (before, hard))
        signal.signal(signal.SIGXFSZ, handler)


WRITE_AND_WAIT = """
import sys
from memoria.snapshot.files import OutputFile
with OutputFile(sys.argv[1]) as file:
    file.write(b"half")
    print(flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def writer(tmp_path: Path) -> Iterator[Callable[[str], subprocess.Popen[bytes]]]:
    """Starts a process that is writing a file until it is told to stop, or killed."""
    with contextlib.ExitStack() as stack:

        def start(name: str) -> subprocess.Popen[bytes]:
            command = [sys.executable, "-c", WRITE_AND_WAIT, str(tmp_path / name)]
            process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT)
            stack.callback(process.__exit__, None, None, None)
            stack.callback(process.kill)
            assert process.stdout is not None
            assert process.stdout.readline() == b"\n"
            return process

        yield start


class TestSweep:
    def test_a_dead_run_leaves_one_file_that_the_next_run_removes(
        self, tmp_path: Path, writer: Callable[[str], subprocess.Popen[bytes]]
    ) -> None:
        process = writer("a.json")
        process.kill()
        process.wait()
        (left,) = listing(tmp_path)
        assert (left[:8], left[-8:], len(left)) == (".a.json.", ".partial", 24)
        written(tmp_path / "b.json")
        assert listing(tmp_path) == [left, "b.json"]
        written(tmp_path / "a.json")
        assert listing(tmp_path) == ["a.json", "b.json"]

    def test_a_living_run_is_left_alone(self, tmp_path: Path, writer: Callable[[str], subprocess.Popen[bytes]]) -> None:
        process = writer("a.json")
        (left,) = listing(tmp_path)
        written(tmp_path / "a.json")
        assert listing(tmp_path) == [left, "a.json"]
        process.communicate(b"", timeout=10)
        assert process.returncode == 0
        assert listing(tmp_path) == ["a.json"]
        assert content(tmp_path / "a.json") == CONTENT

    def test_others_are_left_alone(self, tmp_path: Path) -> None:
        names = [".a.json.12345678.partialx", ".a.json.1234567.partial", ".aXjson.12345678.partial", "a.json.partial"]
        for name in names:
            (tmp_path / name).touch()
        (tmp_path / ".a.json.12345678.partial").touch()
        (tmp_path / "victim").write_bytes(b"before")
        (tmp_path / ".a.json.abcdefgh.partial").symlink_to(tmp_path / "victim")
        written(tmp_path / "a.json")
        assert listing(tmp_path) == sorted([*names, ".a.json.abcdefgh.partial", "a.json", "victim"])
        assert (tmp_path / "victim").read_bytes() == b"before"

    def test_a_partial_file_is_held_from_its_first_moment(self, tmp_path: Path) -> None:
        with OutputFile(str(tmp_path / "a")):
            (partial,) = tmp_path.iterdir()
            descriptor = os.open(partial, os.O_RDWR)
            with pytest.raises(BlockingIOError):
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            os.close(descriptor)


def test_nothing_is_left_open(tmp_path: Path) -> None:
    """Descriptors and threads stand as before after a hundred good and bad files."""
    good, bad = tmp_path / "a.gz", tmp_path / "b.zst"
    written(good)
    bad.write_bytes(compress(CONTENT, "zstd")[:-5])
    before = len(os.listdir("/proc/self/fd")), threading.active_count()
    for _ in range(100):
        written(tmp_path / "c.zst")
        assert content(good) == CONTENT
        assert refusal(bad).startswith("the compressed file is ")
        with InputFile(str(good)) as file:
            next(file.chunks())
        with OutputFile(str(tmp_path / "d")) as output:
            output.write(b"x")
    time.sleep(0.05)
    assert (len(os.listdir("/proc/self/fd")), threading.active_count()) == before
