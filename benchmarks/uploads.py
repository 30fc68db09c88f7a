"""`python -m benchmarks.uploads`: the preview of an uploaded snapshot, beside the dry run of the same file.

Goals: a preview within 1.25 times the time of `import-memories --dry-run`, a page of at most 300 KB, and at most 150 MB
in the web process of gunicorn, for one file and for two at once. On SQLite, with what is sent into an empty database.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import psutil

from benchmarks.data import Shape
from benchmarks.measure import CommandFailed, measure, run
from benchmarks.project import NO_DATABASE, ROOT, manage
from benchmarks.report import tell
from benchmarks.sqlite import Files, make_databases, url

GOAL_RATIO, GOAL_PAGE, GOAL_MEMORY = 1.25, 300_000, 150_000_000
CHUNK = 1 << 16
BOUNDARY = "benchmark-boundary"
SESSION = """
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY, get_user_model
from django.contrib.sessions.backends.db import SessionStore
user = get_user_model().objects.create_superuser("benchmark")
session = SessionStore()
session[SESSION_KEY] = str(user.pk)
session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
session[HASH_SESSION_KEY] = user.get_session_auth_hash()
session.create()
print(session.session_key)
"""


@dataclass(frozen=True)
class Preview:
    seconds: float
    """From the last byte sent until the preview is there."""
    page: int
    """Bytes of the page that shows it."""


class Browser:
    """Somebody who is signed in, over HTTP."""

    def __init__(self, address: str, session: str) -> None:
        self._address = urlsplit(address)
        self._headers = {"Cookie": f"sessionid={session}"}

    def get(self, path: str) -> bytes:
        with self._connection() as connection:
            connection.request("GET", path, headers=self._headers)
            answer = connection.getresponse()
            body = answer.read()
            if answer.status != 200:
                raise CommandFailed(f"{path} answered {answer.status}")
            return body

    def send(self, path: str, file: Path) -> str:
        """Post the file as a browser does, a piece at a time. Returns the address of the page that follows."""
        disposition = f'form-data; name="snapshot"; filename="{file.name}"'
        head = f"--{BOUNDARY}\r\nContent-Disposition: {disposition}\r\n\r\n".encode()
        tail = f"\r\n--{BOUNDARY}--\r\n".encode()
        with self._connection() as connection, file.open("rb") as source:
            connection.putrequest("POST", path)
            for name, value in self._headers.items():
                connection.putheader(name, value)
            connection.putheader("Content-Type", f"multipart/form-data; boundary={BOUNDARY}")
            connection.putheader("Content-Length", str(len(head) + file.stat().st_size + len(tail)))
            connection.endheaders(head)
            while chunk := source.read(CHUNK):
                connection.send(chunk)
            connection.send(tail)
            answer = connection.getresponse()
            answer.read()
            if answer.status != 302:
                raise CommandFailed(f"{path} answered {answer.status}")
            return answer.headers["Location"]

    @contextmanager
    def _connection(self) -> Iterator[http.client.HTTPConnection]:
        connection = http.client.HTTPConnection(self._address.hostname or "", self._address.port)
        try:
            yield connection
        finally:
            connection.close()


def main() -> int:
    """0 when it ran, whether the goals were met or not; 1 when it could not."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.uploads", description=__doc__)
    parser.add_argument("--rows", type=int, default=50_000, help="long-term memories (%(default)s)")
    parser.add_argument("--runs", type=int, default=3, help="of each, in turns (%(default)s); the median counts")
    options = parser.parse_args()
    try:
        with tempfile.TemporaryDirectory(prefix="memoria-uploads-") as folder:
            compare(Files(Path(folder), Shape(options.rows), Shape(10)), options.runs)
    except CommandFailed as error:
        print(f"The benchmark cannot run: {error}", file=sys.stderr)
        return 1
    return 0


def compare(files: Files, runs: int) -> None:
    make_databases(files)
    snapshot = files.snapshot("ndjson")
    run(manage("export-data", str(snapshot), "--database-url", url(files.source())), environment=NO_DATABASE)
    shutil.copyfile(files.empty, files.target)
    dry_run = manage("import-memories", str(snapshot), "--dry-run", "--database-url", url(files.target))
    previews, seconds = [], []
    with site(files) as (process, browser):
        before = peak(process)
        for _ in range(runs):
            seconds.append(measure(dry_run, environment=NO_DATABASE, directory=ROOT).seconds)
            previews.append(preview(browser, snapshot))
        memory = peak(process)
        with ThreadPoolExecutor(2) as pool:
            both = list(pool.map(lambda _: preview(browser, snapshot), range(2)))
        of_two = peak(process)
    preview_seconds, command = statistics.median(p.seconds for p in previews), statistics.median(seconds)
    page = max(p.page for p in previews)
    print(f"snapshot of {snapshot.stat().st_size / 1e6:,.0f} MB; medians of {runs}")
    tell("preview / dry run", preview_seconds / command, GOAL_RATIO, f"{preview_seconds:.2f} s / {command:.2f} s")
    tell("page, KB", page / 1e3, GOAL_PAGE / 1e3)
    tell("memory of the web process, MB", memory / 1e6, GOAL_MEMORY / 1e6, f"{before / 1e6:.0f} MB at first")
    slowest = max(one.seconds for one in both)
    tell("the same, two at once, MB", of_two / 1e6, GOAL_MEMORY / 1e6, f"the later preview after {slowest:.1f} s")


def preview(browser: Browser, snapshot: Path) -> Preview:
    form = browser.get("/admin/memoria/upload/add/").decode()
    found = re.search(r'action="([^"]+/receive/[^"]+)"', form)
    if not found:
        raise CommandFailed("the upload page has no form")
    page = browser.send(found[1], snapshot)
    sent = time.monotonic()
    while (state := json.loads(browser.get(f"{page}status/"))["state"]) == "checking":
        time.sleep(0.05)
    seconds = time.monotonic() - sent
    if state != "previewed":
        raise CommandFailed(f"the upload is {state}")
    return Preview(seconds, len(browser.get(page)))


@contextmanager
def site(files: Files) -> Iterator[tuple[psutil.Process, Browser]]:
    """The admin on a port of this machine, in front of the target."""
    environment = {
        **os.environ,
        "DATABASE_URL": url(files.target),
        "SECRET_KEY": "only for the benchmark, and of more than fifty characters",
        "ALLOWED_HOSTS": "127.0.0.1",
        "MEMORIA_INSECURE_HTTP": "1",
        "MEMORIA_UPLOAD_DIR": str(files.folder / "uploads"),
        "PYTHONUNBUFFERED": "1",
    }
    session = run(manage("shell", "--no-imports", "-c", SESSION), environment=environment, directory=ROOT).split()[-1]
    with served(environment) as (process, address):
        yield process, Browser(address, session)


@contextmanager
def served(environment: Mapping[str, str]) -> Iterator[tuple[psutil.Process, str]]:
    """The process of gunicorn that answers, and its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        place = "{}:{}".format(*free.getsockname())
    command = [sys.executable, "-m", "gunicorn", "-c", "python:memoria_site.gunicorn"]
    variables = {**environment, "MEMORIA_BIND": place, "MEMORIA_WEB_WORKERS": "1"}
    process = subprocess.Popen(command, cwd=ROOT, env=variables, stderr=subprocess.DEVNULL)
    try:
        yield answering(process, f"http://{place}"), f"http://{place}"
    finally:
        process.terminate()
        process.wait(90)


def answering(process: subprocess.Popen[bytes], address: str) -> psutil.Process:
    parts = urlsplit(address)
    for _ in range(600):
        try:
            socket.create_connection((parts.hostname or "", parts.port or 0), 1).close()
            (worker,) = psutil.Process(process.pid).children()
            return worker
        except (OSError, ValueError):
            time.sleep(0.1)
    raise CommandFailed("the site did not start")


def peak(process: psutil.Process) -> int:
    """The largest resident memory of the process so far, in bytes."""
    status = Path(f"/proc/{process.pid}/status").read_text()
    return int(re.findall(r"VmHWM:\s+(\d+) kB", status)[0]) * 1024


if __name__ == "__main__":
    sys.exit(main())
