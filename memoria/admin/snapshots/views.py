"""The pages of an upload: send it, look at what it would do, do it."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Case, Count, When
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect, JsonResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.text import capfirst

from memoria import conf
from memoria.admin.sites import site_of
from memoria.admin.snapshots import access, jobs, storage
from memoria.admin.snapshots.bars import Line, by_namespace, grid
from memoria.admin.snapshots.choices import REPLACE, Choices
from memoria.admin.snapshots.findings import KEPT
from memoria.admin.snapshots.forms import ChoicesForm, boxed, first_choices
from memoria.admin.snapshots.guard import door
from memoria.admin.snapshots.preview_apply import database_name
from memoria.admin.snapshots.receive import ROOM, Receiving, Refused, too_large
from memoria.admin.snapshots.upload_token import is_valid, ticket
from memoria.admin.tables.panels import list_of
from memoria.console.question import before_and_after
from memoria.fields import utc_now
from memoria.models import Upload
from memoria.snapshot.errors import FileFailure
from memoria.snapshot.schema.registry import MODELS
from memoria.text import counted, visible

State = Upload.State
FINDINGS_SHOWN = 100
_TEMPLATES = "admin/memoria/upload/"
_RANK = Case(
    *(
        When(action=action, then=rank)
        for rank, action in enumerate(("different", "left_out", "insert", "overwrite", "duplicate", "identical"), 1)
    ),
    default=0,
)
"""The order of single rows: those that are refused first, whatever the reason is called."""


def _limit() -> int:
    return conf.upload_max_bytes() + ROOM


@door("GET", needs=access.may_import)
def upload(request: HttpRequest) -> HttpResponseBase:
    jobs.sweep()
    return _upload_page(request)


@door("POST", needs=access.may_import, takes=_limit)
def receive(request: HttpRequest, given: str) -> HttpResponseBase:
    """Takes the file. The page that sends it may be a script, which is answered with an address instead of a page."""
    if not is_valid(request, given):
        return _upload_refused(request, Refused("This form is no longer valid: open the page again.", 403))
    with Receiving(request, conf.upload_max_bytes()) as received:
        try:
            if int(request.META.get("CONTENT_LENGTH") or 0) > _limit():
                raise Refused(too_large(received.limit), 413)
            received.read()
        except Refused as error:
            return _upload_refused(request, error)
        made = Upload.objects.create(
            owner_id=request.user.pk,
            asked_by_id=request.user.pk,
            owner_name=request.user.get_username(),
            name=received.name or "snapshot",
            size=received.size,
            sha256=received.sha256,
            stored=received.stored,
            expires_at=utc_now() + timedelta(hours=conf.upload_keep_hours()),
            choices=first_choices(request.user).as_dict(),
        )
        received.keep()
    jobs.submit(made)
    return _go(request, _address(made))


@door("GET", needs=access.may_look)
def job(request: HttpRequest, pk: str) -> HttpResponseBase:
    """One upload: what is being done with it, what would be done, or what was done."""
    return _job_page(request, _visible(request, pk))


def _step(view: Callable[[HttpRequest, Upload], HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """A step of an upload of one's own, by POST. Who comes by GET, by the address alone, is led to its page."""

    @door("GET", "POST", needs=access.may_import)
    @functools.wraps(view)
    def enter(request: HttpRequest, pk: str) -> HttpResponseBase:
        if request.method != "POST":
            return HttpResponseRedirect(_address(_visible(request, pk)))
        return view(request, _own(request, pk))

    return enter


@_step
def preview(request: HttpRequest, found: Upload) -> HttpResponseBase:
    """Check it again, with other choices."""
    form = ChoicesForm(request.user, found.namespaces, Choices.of(found.choices), request.POST)
    if not form.is_valid():
        return _job_page(request, found, form=form, status=400)
    choices = form.chosen().as_dict()
    if not jobs.begin(found, State.CHECKING, jobs.STARTABLE, asked_by=request.user, choices=choices):
        return _job_page(request, found, problem="It is being worked on; wait until that is done.", status=409)
    return HttpResponseRedirect(_address(found))


@_step
def apply(request: HttpRequest, found: Upload) -> HttpResponseBase:
    """Do what the preview shows. Nothing but the number of that preview comes from the form."""
    choices = Choices.of(found.choices)
    if not access.may_apply(request.user, choices):
        raise PermissionDenied
    if found.state in (State.APPLYING, State.APPLIED, State.DONE):
        return HttpResponseRedirect(_address(found))  # a second click, or the way back and on again
    if problem := _not_as_shown(request, found):
        return _job_page(request, found, problem=problem, status=409)
    typed = request.POST.get("database", "")
    if choices.mode == REPLACE and typed.strip() != database_name():
        return _job_page(request, found, wrong_name=typed, status=400)
    if not jobs.begin(found, State.APPLYING, (State.PREVIEWED,), asked_by=request.user):
        return HttpResponseRedirect(_address(found))
    return HttpResponseRedirect(_address(found))


@_step
def remove(request: HttpRequest, found: Upload) -> HttpResponseBase:
    if not jobs.discard(found):
        return _job_page(request, found, problem="It is being worked on, or is gone already.", status=409)
    messages.success(request, "The file was removed.")
    return HttpResponseRedirect(reverse("admin:memoria_upload_changelist"))


@door("GET", needs=access.may_look)
def status(request: HttpRequest, pk: str) -> HttpResponseBase:
    """The state, for the script that waits for it to change."""
    found = _visible(request, pk)
    return JsonResponse({"state": found.state, "attempt": found.attempt, **_progress(found)})


@door("GET", needs=access.may_look)
def report(request: HttpRequest, pk: str) -> HttpResponseBase:
    """The report as the commands write it, but for rows of tables that the reader may not view."""
    found = _visible(request, pk)
    kept = found.result or found.preview
    if kept is None:
        raise Http404
    tables = access.viewable_tables(request.user)
    shown = {**kept, "issues": [issue for issue in kept["issues"] if issue["table"] in tables]}
    text = json.dumps(shown, indent=1, ensure_ascii=False).encode("utf-8", "backslashreplace")
    headers = {"Content-Disposition": f'attachment; filename="report-{found.pk[:8]}.json"'}
    return HttpResponse(text, content_type="application/json", headers=headers)


def _address(found: Upload) -> str:
    return reverse("admin:memoria_upload_job", args=[found.pk])


def _visible(request: HttpRequest, pk: str) -> Upload:
    return jobs.look(get_object_or_404(access.visible_uploads(request.user), pk=pk))


def _own(request: HttpRequest, pk: str) -> Upload:
    """An upload that may be changed: one's own. Somebody else's is not there, or not to be touched."""
    found = _visible(request, pk)
    if not access.may_act_on(request.user, found):
        raise PermissionDenied
    return found


def _not_as_shown(request: HttpRequest, found: Upload) -> str:
    if found.state != State.PREVIEWED or request.POST.get("preview") != str(found.attempt):
        return "This is not the preview that you were shown; look at this one first."
    if _is_nothing(found.preview):
        return "There is nothing to apply: no row would be written."
    try:
        with storage.held(found.stored):
            return ""
    except FileFailure as error:
        return f"{error}."


def _is_nothing(report: dict[str, Any] | None) -> bool:
    """Whether applying would write nothing."""
    tables = report["tables"].values() if report else ()
    return not any(counts[what] for counts in tables for what in ("inserted", "overwritten", "deleted"))


def _message(found: Upload) -> str:
    """Why it is not applied, in the words of the page, as a sentence; a file's name stays as it is spelled."""
    told = visible(boxed(found.message))
    return told if found.message.startswith(found.name) else capfirst(told)


def _progress(found: Upload) -> dict[str, Any]:
    return storage.progress_of(found.stored) if found.state in Upload.BUSY and found.stored else {}


def _go(request: HttpRequest, address: str) -> HttpResponseBase:
    if request.headers.get("Accept") == "application/json":
        return JsonResponse({"address": address})
    return HttpResponseRedirect(address)


def _upload_refused(request: HttpRequest, error: Refused) -> HttpResponseBase:
    # What was not read must not be taken for the next request of the connection.
    if request.headers.get("Accept") == "application/json":
        response: HttpResponseBase = JsonResponse({"problem": str(error)}, status=error.status)
    else:
        response = _upload_page(request, problem=str(error), status=error.status)
    response.headers["Connection"] = "close"
    return response


def _upload_page(request: HttpRequest, *, problem: str = "", status: int = 200) -> HttpResponseBase:
    context = {
        **site_of(request).each_context(request),
        "title": "Upload a snapshot",
        "opts": Upload._meta,
        "action": reverse("admin:memoria_upload_receive", args=[ticket(request)]),
        "limit": conf.upload_max_bytes(),
        "hours": conf.upload_keep_hours(),
        "problem": problem,
    }
    return TemplateResponse(request, _TEMPLATES + "upload.html", context, status=status)


def _job_page(
    request: HttpRequest,
    found: Upload,
    *,
    form: ChoicesForm | None = None,
    problem: str = "",
    wrong_name: str | None = None,
    status: int = 200,
) -> HttpResponseBase:
    """`wrong_name`: what was typed instead of the name of the database."""
    choices = Choices.of(found.choices)
    shown = found.result or found.preview
    lines = grid(shown) if shown else []
    nothing = _is_nothing(shown)
    context = {
        **site_of(request).each_context(request),
        "title": visible(found.name),
        "opts": Upload._meta,
        "upload": found,
        "problem": problem,
        "wrong_name": wrong_name,
        "message": _message(found),
        "nothing": nothing,
        "busy": found.state in Upload.BUSY,
        "progress": _progress(found),
        **_figures(shown, lines),
        "replaces": choices.mode == REPLACE,
        "form": form or ChoicesForm(request.user, found.namespaces, choices),
        "kept": KEPT,
        **_permissions(request, found, choices, nothing=nothing),
        "rows_at": _rows_at(request, shown or {}, lines),
        "database": database_name(),
        **_findings(request, found),
    }
    return TemplateResponse(request, _TEMPLATES + "job.html", context, status=status)


def _figures(shown: dict[str, Any] | None, lines: list[Line]) -> dict[str, Any]:
    """What a preview or a result says, for the page; `lines` are its tables."""
    tables = shown["tables"] if shown else {}
    return {
        "report": shown,
        "lines": lines,
        "all_there": {part.action for line in lines for part in line.parts} <= {"identical", "duplicate"},
        "deleted": counted(sum(line.deleted for line in lines), "row"),
        "inserted": counted(sum(counts["inserted"] for counts in tables.values()), "row"),
        "before_and_after": before_and_after((n, c["deleted"], c["inserted"]) for n, c in tables.items()),
        "ways": by_namespace(shown) if shown else [],
        "elsewhere": sum(part["rows"] for part in shown.get("merge", ()) if not part["source"]) if shown else 0,
    }


def _permissions(request: HttpRequest, found: Upload, choices: Choices, *, nothing: bool) -> dict[str, bool]:
    """What this user may do with the upload as it is now."""
    acting, stored = access.may_act_on(request.user, found), bool(found.stored)
    startable = found.state in jobs.STARTABLE
    waiting = found.state in Upload.BUSY and not found.started_at
    previewed = found.state == State.PREVIEWED and not nothing
    return {
        "may_change": acting and stored and startable,
        "may_remove": acting and stored and (startable or waiting),
        "may_apply": acting and previewed and access.may_apply(request.user, choices),
        "may_see_imports": access.may_see_imports(request.user),
        "may_undo": access.may_undo(request.user),
    }


def _rows_at(request: HttpRequest, report: dict[str, Any], lines: list[Line]) -> list[tuple[str, str]]:
    """(name, address) of the lists of tables that got rows; where all went to one namespace, of that."""
    tables = access.viewable_tables(request.user) & {line.name for line in lines}
    found = []
    for model in MODELS:
        if (table := model._meta.db_table) in tables:
            targets = {part["target"] for part in report.get("merge", ()) if part["table"] == table}
            namespace = next(iter(targets)) if len(targets) == 1 else ""
            allowed = namespace and site_of(request).get_model_admin(model).lookup_allowed(
                "namespace", namespace, request
            )
            address = list_of(model, namespace=namespace) if allowed else list_of(model)
            found.append((str(model._meta.verbose_name_plural), address))
    return found


def _findings(request: HttpRequest, found: Upload) -> dict[str, Any]:
    """A page of what was found about single rows, of tables that the reader may view: what needs a look comes first,
    and rows that are there already only where they are asked for."""
    tables = access.viewable_tables(request.user)
    every = found.findings.annotate(rank=_RANK)
    groups = list(every.values("table", "action", "rank").annotate(rows=Count("id")).order_by("rank", "table"))
    viewable = [group for group in groups if group["table"] in tables]
    chosen = every.filter(table__in=tables).order_by("rank", "id")
    table, action = request.GET.get("table", ""), request.GET.get("action", "")
    chosen = chosen.filter(table=table, action=action) if table or action else chosen.exclude(action="identical")
    return {
        "groups": viewable,
        "identical": any(group["action"] == "identical" for group in viewable),
        "hidden": sum(group["rows"] for group in groups if group["table"] not in tables),
        "table": table,
        "action": action,
        "findings": Paginator(chosen, FINDINGS_SHOWN).get_page(request.GET.get("page")),
    }
