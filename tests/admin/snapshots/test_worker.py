"""Workers as real processes, and what is left where one is killed."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test.utils import override_settings

from memoria.admin.snapshots import jobs, storage
from memoria.models import Import, LongTermMemory, Upload
from tests.admin.snapshots.conftest import Sign, act, ended, memories, send, uploaded
from tests.conftest import ROOT, run_manage
from tests.support.samples.databases import query

State = Upload.State
KILLS = int(os.environ.get("MEMORIA_TEST_KILLS", "3"))
DUMMY = {"default": {"BACKEND": "django_tasks.backends.dummy.DummyBackend"}}
RUN = """
import sys
from memoria.admin.snapshots import jobs
jobs.run.call(sys.argv[1], int(sys.argv[2]))
"""
RUN_IT = "import sys, django; django.setup(); exec(sys.stdin.read())"


@pytest.fixture
def environment(everywhere: str, folder: Path) -> dict[str, str]:
    own = {
        "DATABASE_URL": everywhere,
        "MEMORIA_UPLOAD_DIR": str(folder),
        "MEMORIA_INSECURE_HTTP": "1",
        "DJANGO_SETTINGS_MODULE": "memoria_site.settings",
        "SECRET_KEY": "for these tests only, and of more than fifty characters, to be sure",
    }
    return {**os.environ, **own}


@pytest.fixture
def start(environment: dict[str, str]) -> Iterator[Callable[[Upload], subprocess.Popen[bytes]]]:
    """Starts a worker for an upload as it is."""
    processes = []

    def start(upload: Upload) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-c", RUN_IT, upload.pk, str(upload.attempt)]
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdin=subprocess.PIPE)
        processes.append(process)
        assert process.stdin is not None
        process.stdin.write(RUN.encode())
        process.stdin.close()
        return process

    yield start
    for process in processes:
        process.kill()
        process.wait()


def waited_for(condition: Callable[[], Any]) -> None:
    end = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.005)


@pytest.mark.parametrize("during", ["the check", "the import"])
def test_a_killed_worker_changes_nothing(everywhere: str, sign_in: Sign, start: Any, during: str) -> None:
    client = sign_in(administrator=True)
    content = memories(*(f"m-{n}" for n in range(1500)))
    if during == "the check":
        with override_settings(TASKS=DUMMY):
            response = send(client, content)
        upload = Upload.objects.get(pk=response.headers["Location"].split("/")[-2])
    else:
        upload = uploaded(client, content)
        with override_settings(TASKS=DUMMY):
            act(client, upload, "apply", preview=upload.attempt)
        upload = Upload.objects.get()
        assert upload.state == State.APPLYING
    worker = start(upload)
    stage = "Checking" if during == "the check" else "Importing"
    waited_for(lambda: storage.in_use(upload.stored) and storage.progress_of(upload.stored).get("stage") == stage)
    worker.send_signal(signal.SIGKILL)
    worker.wait()
    text = client.get(f"/admin/memoria/upload/{upload.pk}/").content.decode()
    found = Upload.objects.get()
    if found.state == State.INTERRUPTED:
        assert "Try again" in text
        assert (LongTermMemory.objects.count(), Import.objects.count()) == (0, 0)
        again = client.post(f"/admin/memoria/upload/{upload.pk}/preview/", {"mode": "merge"})
        assert again.status_code == 302
        assert ended(upload.pk).state == State.PREVIEWED
    else:  # it was faster than the signal
        assert (found.state, LongTermMemory.objects.count()) in ((State.PREVIEWED, 0), (State.DONE, 1500))


def test_a_worker_that_is_killed_while_it_applies(everywhere: str, sign_in: Sign, start: Any) -> None:
    """At any moment: the rows are there exactly when the upload says so."""
    client, rng = sign_in(administrator=True), random.Random(64)
    content = memories(*(f"m-{n}" for n in range(1500)))
    whole = 1.0
    for number in range(KILLS + 1):
        upload = uploaded(client, content)
        with override_settings(TASKS=DUMMY):
            act(client, upload, "apply", preview=upload.attempt)
        began = time.monotonic()
        worker = start(upload)
        if number:
            time.sleep(rng.uniform(0.2, 1.1) * whole)
            worker.send_signal(signal.SIGKILL)
        worker.wait()
        whole = whole if number else time.monotonic() - began
        assert client.get(f"/admin/memoria/upload/{upload.pk}/").status_code == 200
        found = Upload.objects.get(pk=upload.pk)
        if found.started_at is None and found.state == State.APPLYING:  # it had not begun: a page waits a minute
            Upload.objects.filter(pk=upload.pk).update(waiting_since="2020-01-01T00:00:00+00:00")
            found = jobs.look(Upload.objects.get(pk=upload.pk))
        there = LongTermMemory.objects.count(), Import.objects.filter(state="done").count()
        assert (found.state, there) in ((State.INTERRUPTED, (0, 0)), (State.DONE, (1500, 1)))
        LongTermMemory.objects.all().delete()
        Import.objects.all().delete()


def test_the_database_holds_the_tasks_where_that_is_configured(
    everywhere: str, sign_in: Sign, environment: dict[str, str]
) -> None:
    """The web process only asks; `manage.py db_worker` does."""
    env = {**environment, "MEMORIA_WORKER": "1"}
    migrated = run_manage("migrate", "--verbosity=0", env=env)
    assert migrated.returncode == 0, migrated.stderr.decode()
    client = sign_in(administrator=True)
    with override_settings(TASKS=DUMMY):
        response = send(client, memories("m-1"))
    pk = response.headers["Location"].split("/")[-2]
    asked = run_manage(
        "shell",
        "--no-imports",
        "-c",
        f"from memoria.admin.snapshots.jobs import *;submit(Upload.objects.get(pk={pk!r}))",
        env=env,
    )
    assert asked.returncode == 0, asked.stderr.decode()
    assert query(everywhere, "SELECT count(*) FROM django_tasks_database_dbtaskresult") == [(1,)]
    assert Upload.objects.get().state == State.CHECKING
    worked = run_manage("db_worker", "--batch", "--no-startup-delay", env=env)
    assert worked.returncode == 0, worked.stderr.decode()
    assert Upload.objects.get().state == State.PREVIEWED
    assert jobs.STARTABLE
