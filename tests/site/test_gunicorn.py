"""gunicorn alone gives a whole site, and ends cleanly."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import psutil

from tests.conftest import ROOT, MakeDatabase
from tests.site.servers import environment, get, gunicorn


def _style_sheet(port: int) -> str:
    status, _, page = get(port, "/admin/login/")
    assert status == 200
    found = re.search(rb'href="(/static/admin/css/base[^"]*\.css)"', page)
    assert found is not None
    return found[1].decode()


def test_a_site_that_has_collected_nothing(make_database: MakeDatabase, tmp_path: Path) -> None:
    with gunicorn(tmp_path, make_database("sqlite", migrated=True)) as (_, port):
        assert _style_sheet(port) == "/static/admin/css/base.css"
        status, headers, _ = get(port, "/static/admin/css/base.css")
        assert (status, headers["cache-control"]) == (200, "max-age=60, public")
    assert "Warning" not in (tmp_path / "gunicorn.log").read_text()


def test_collected_files_are_hashed_compressed_and_kept(make_database: MakeDatabase, tmp_path: Path) -> None:
    url = make_database("sqlite", migrated=True)
    collect = [sys.executable, "manage.py", "collectstatic", "--noinput", "-v0"]
    subprocess.run(collect, cwd=ROOT, env=environment(tmp_path, url), check=True)
    with gunicorn(tmp_path, url) as (_, port):
        path = _style_sheet(port)
        assert re.fullmatch(r"/static/admin/css/base\.[0-9a-f]{12}\.css", path)
        status, headers, _ = get(port, path, Accept_Encoding="gzip")
        assert (status, headers["content-encoding"]) == (200, "gzip")
        assert headers["cache-control"] == "max-age=315360000, public, immutable"


def test_a_web_process_is_small(make_database: MakeDatabase, tmp_path: Path) -> None:
    with gunicorn(tmp_path, make_database("sqlite", migrated=True)) as (process, port):
        for _ in range(20):
            assert get(port, "/admin/login/")[0] == 200
        for one in (psutil.Process(process.pid), *psutil.Process(process.pid).children()):
            assert one.memory_info().rss < 150_000_000


def test_it_ends_in_the_middle_of_a_request(make_database: MakeDatabase, tmp_path: Path) -> None:
    with (
        gunicorn(tmp_path, make_database("sqlite", migrated=True)) as (process, port),
        socket.create_connection(("127.0.0.1", port)) as slow,
    ):
        slow.sendall(b"POST /admin/login/ HTTP/1.1\r\nHost: memoria.test\r\nContent-Length: 1000000\r\n\r\nhalf")
        process.send_signal(signal.SIGQUIT)
        assert process.wait(20) == 0
    assert list(tmp_path.glob("uploads/*")) == []
