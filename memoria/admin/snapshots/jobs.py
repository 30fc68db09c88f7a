"""The way of an upload, from one state to the next.

    checking ─> previewed ─> applying ─> applied ─> done
        │  └──> refused        │ └─────> failed        (the database or the file refused; nothing changed)
        │                      └───────> stale         (the data changed since the preview; nothing changed)
        └──────> interrupted <─┘                       (the worker ended; nothing changed)

Every step is one conditional UPDATE: of several that try, one succeeds. `applied` is set in the transaction of the
import itself, so it is true exactly when the rows are there. Each run has a number, and can only move an upload whose
number it knows: "try again" gives a new number, and a worker that comes back late finds itself replaced.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any

from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import DatabaseError, transaction
from django_tasks import task

from memoria import conf
from memoria.admin.snapshots import preview_apply as engine
from memoria.admin.snapshots import storage
from memoria.admin.snapshots.access import may_apply
from memoria.admin.snapshots.choices import Choices
from memoria.admin.snapshots.findings import Findings, held
from memoria.admin.snapshots.progress import NotedProgress
from memoria.admin.snapshots.upload_file import TooLarge, UploadedFile
from memoria.background import ends_with_its_process, enqueue
from memoria.fields import utc_now
from memoria.models import Finding, Import, Upload
from memoria.snapshot import Origin
from memoria.snapshot.database import Sink
from memoria.snapshot.errors import EditedSnapshot, InvalidSnapshot, SnapshotError
from memoria.text import visible

State = Upload.State
log = logging.getLogger(__name__)

STARTABLE = (State.PREVIEWED, State.REFUSED, State.STALE, State.FAILED, State.INTERRUPTED)
"""From here a new preview can be made."""
_NOT_STARTED = timedelta(seconds=60)
"""A thread that has not begun by now never will; a worker's queue may be long."""
_DEFECT = "an error of this program, which its log tells more about; nothing was changed"


def begin(upload: Upload, state: str, from_states: tuple[str, ...], **changes: Any) -> bool:
    """Hand an upload to a worker, in `state`; False where it is not in one of `from_states` any more."""
    changes |= {"state": state, "attempt": upload.attempt + 1, "waiting_since": utc_now(), "started_at": None}
    chosen = Upload.objects.filter(pk=upload.pk, attempt=upload.attempt, state__in=from_states).exclude(stored="")
    if not chosen.update(message="", **changes):
        return False
    enqueue(run, upload.pk, upload.attempt + 1)
    return True


def submit(upload: Upload) -> None:
    """Check an upload that has just come."""
    enqueue(run, upload.pk, upload.attempt)


@task()
def run(upload_id: str, attempt: int) -> None:
    """What a worker does: check the file, or apply it, as the upload's state says."""
    upload = Upload.objects.select_related("asked_by").filter(pk=upload_id, attempt=attempt).first()
    if upload is None or upload.state not in (State.CHECKING, State.APPLYING):
        return
    try:
        with storage.held(upload.stored) as descriptor:
            if descriptor is None:  # another run of this upload is still at it
                _move(upload, State.FAILED, message="another run of this upload has not ended yet; try again")
            elif _move(upload, upload.state, started_at=utc_now()):
                _work(upload, descriptor)
    except SnapshotError as error:
        _move(upload, State.FAILED, message=held(error.without_rows))


def _work(upload: Upload, descriptor: int) -> None:
    step = _check if upload.state == State.CHECKING else _apply
    ended = State.REFUSED if upload.state == State.CHECKING else State.FAILED
    try:
        with UploadedFile(descriptor, upload.name, conf.upload_max_bytes()) as file:
            step(upload, file, NotedProgress(upload.stored))
    except engine.Stale as error:
        _end(upload, State.STALE, str(error))
    except SnapshotError as error:
        # What no choice makes a snapshot of is of no further use.
        useless = isinstance(error, (InvalidSnapshot, TooLarge)) and not isinstance(error, EditedSnapshot)
        _end(upload, ended, error.without_rows, remove=useless and ended == State.REFUSED)
    except (MemoryError, OSError) as error:
        log.exception("upload %s", upload.pk)
        _end(upload, State.FAILED, f"the machine could not go on ({type(error).__name__}); nothing was changed")
    except Exception:
        log.exception("upload %s", upload.pk)
        _end(upload, State.FAILED, _DEFECT)


def _check(upload: Upload, file: UploadedFile, progress: NotedProgress) -> None:
    findings = Findings(upload)
    preview = engine.preview(file, Choices.of(upload.choices), progress, findings)
    report = preview.report.as_dict()
    if report["file"]["sha256"] != upload.sha256:
        raise SnapshotError("the uploaded file is not the one that was sent; upload it again")
    with transaction.atomic():
        moved = _move(
            upload,
            State.REFUSED if preview.refused else State.PREVIEWED,
            preview=report,
            namespaces=preview.namespaces or upload.namespaces,
            fingerprint=preview.fingerprint,
            message=held(preview.refused),
            finished_at=utc_now(),
        )
        if moved:
            findings.save(preview.report)


def _apply(upload: Upload, file: UploadedFile, progress: NotedProgress) -> None:
    choices = Choices.of(upload.choices)
    user = upload.asked_by
    if user is None or not may_apply(user, choices):
        name = user.get_username() if user else "who asked for this"
        raise SnapshotError(f"{name} may not do this any more; nothing was changed")
    assert upload.preview is not None
    shown = engine.Shown(upload.preview, upload.fingerprint)
    origin = Origin(Import.Kind.UPLOAD, user.get_username(), {"upload": upload.pk, **upload.choices})
    report = engine.apply(file, choices, progress, shown, origin, _settling(upload))
    Upload.objects.filter(pk=upload.pk, attempt=upload.attempt).update(result=report.as_dict())
    finish(upload)


def _settling(upload: Upload) -> Callable[[Sink], None]:
    """Marks the upload as applied in the import's own transaction: both are there afterwards, or neither."""

    of_this = f"SELECT max(i.id) FROM memoria_imports i WHERE CAST(i.options AS text) LIKE '%{upload.pk}%'"
    taken = f"id = '{upload.pk}' AND attempt = {upload.attempt:d} AND state = '{State.APPLYING}'"

    def settle(sink: Sink) -> None:
        moved = sink.query(
            f"UPDATE memoria_uploads SET state = '{State.APPLIED}', import_id = ({of_this}) WHERE {taken} RETURNING 1"
        )
        if len(moved) != 1:
            raise engine.Stale("another run of this upload has taken over; nothing was changed")

    return settle


def finish(upload: Upload) -> None:
    """Record an upload that is applied, and remove its file. Whoever comes first does it."""
    with transaction.atomic():
        if _move(upload, State.DONE, from_state=State.APPLIED, stored="", finished_at=utc_now()):
            _record(upload, "applied")
            transaction.on_commit(lambda: storage.remove(upload.stored))


def _end(upload: Upload, state: str, message: str, *, remove: bool = False) -> None:
    with transaction.atomic():
        changes = {"stored": ""} if remove else {}
        if _move(upload, state, message=held(message), finished_at=utc_now(), **changes):
            if remove:
                transaction.on_commit(lambda: storage.remove(upload.stored))
            if state == State.REFUSED:
                Upload.objects.filter(pk=upload.pk).update(preview=None)
            _record(upload, f"{State(state).label}: {message}")


def _move(upload: Upload, state: str, *, from_state: str | None = None, **changes: Any) -> bool:
    chosen = Upload.objects.filter(pk=upload.pk, attempt=upload.attempt, state=from_state or upload.state)
    return bool(chosen.update(state=state, **changes))


def _record(upload: Upload, what: str) -> None:
    """One line in the admin's own log, which tells also who was refused and why."""
    if upload.asked_by_id is None:
        return
    fresh = Upload.objects.get(pk=upload.pk)
    report = fresh.result or fresh.preview or {}
    rows = "; ".join(filter(None, (_told(name, counts) for name, counts in report.get("tables", {}).items())))
    LogEntry.objects.create(
        user_id=upload.asked_by_id,
        content_type=ContentType.objects.get_for_model(Upload),
        object_id=upload.pk,
        object_repr=visible(upload.name)[:200],
        action_flag=CHANGE,
        change_message=visible(f"Snapshot {what}. SHA-256 {upload.sha256}. {rows}"),
    )


def _told(table: str, counts: dict[str, int]) -> str:
    done = [f"{counts[what]:,} {what}" for what in ("inserted", "overwritten", "deleted", "skipped") if counts[what]]
    return f"{table}: {', '.join(done)}" if done else ""


def look(upload: Upload) -> Upload:
    """The upload as it is now. What a worker that ended left behind is settled: done, or interrupted."""
    if upload.state not in Upload.BUSY or not _is_left(upload):
        return upload
    with suppress(DatabaseError):  # a page is shown also while nothing can be written
        if upload.state == State.APPLIED:
            finish(upload)
        else:
            # Where the worker's COMMIT is still under way, this waits for it, and then finds another state.
            _end(upload, State.INTERRUPTED, "the worker ended before it was done; nothing was changed")
    return Upload.objects.get(pk=upload.pk)


def _is_left(upload: Upload) -> bool:
    if upload.started_at is None:
        return ends_with_its_process(run) and utc_now() - upload.waiting_since > _NOT_STARTED
    return not storage.in_use(upload.stored)


def discard(upload: Upload) -> bool:
    """Remove an upload's file before its time; False where a worker has it."""
    if upload.state not in STARTABLE and (upload.state not in Upload.BUSY or upload.started_at):
        return False
    chosen = Upload.objects.filter(
        pk=upload.pk, attempt=upload.attempt, state=upload.state, started_at=upload.started_at
    )
    if not chosen.update(state=State.REMOVED, stored="", finished_at=utc_now()):
        return False
    Finding.objects.filter(upload=upload).delete()
    storage.remove(upload.stored)
    return True


def sweep() -> None:
    """Remove the files whose time has come, but none that is in use."""
    late = Upload.objects.filter(expires_at__lt=utc_now()).exclude(stored="")
    with suppress(DatabaseError):
        for upload in late[:100]:
            discard(look(upload))
        storage.remove_abandoned(set(Upload.objects.exclude(stored="").values_list("stored", flat=True)))
