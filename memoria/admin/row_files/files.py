"""Rows of one table out of the admin and into it, as CSV, XLSX or JSON. For whole databases there are snapshots."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core import signing
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.views.decorators.http import require_POST
from import_export.admin import ImportExportMixin
from import_export.forms import ConfirmImportForm, ExportForm, ImportForm

from memoria.admin.bounded_count import bounded_count
from memoria.admin.middleware import body_limit
from memoria.admin.row_files.formats import Csv, Json, Xlsx, file_limit
from memoria.admin.row_files.rows import MOST_ROWS, SNAPSHOTS, NotReadable, TableRows, rows_of
from memoria.admin.row_files.storage import KEPT_SECONDS, PrivateStorage
from memoria.text import sizes

FORM_BYTES = 64 * 1024
CHANGED = "The data changed since this preview, or it is too old. Nothing was imported: choose the file again."
SALT = "memoria.admin.table_files"


class AFormat(forms.Form):
    """A form that begins with the first format, not with none."""

    def _init_formats(self, formats: Any) -> None:
        super()._init_formats(formats)  # type: ignore[misc]
        self.fields["format"].choices = [choice for choice in self.fields["format"].choices if choice[0]]  # type: ignore[attr-defined]


class DownloadForm(AFormat, ExportForm):
    pass


class FileForm(AFormat, ImportForm):
    def clean_import_file(self) -> Any:
        file = self.cleaned_data["import_file"]
        if file.size > file_limit():
            raise forms.ValidationError(
                "The file has {}, and {} are read at most. ".format(*sizes(file.size, file_limit())) + SNAPSHOTS
            )
        return file


class ConfirmForm(ConfirmImportForm):
    """Carries a token instead of a file's name: what was previewed, by whom, and what was found."""

    def __init__(self, *args: Any, owner: str, **options: Any) -> None:
        super().__init__(*args, **options)
        self.owner = owner
        self.previewed: dict[str, str] = {}

    def clean_import_file_name(self) -> str:
        try:
            token = signing.loads(self.cleaned_data["import_file_name"], salt=SALT, max_age=KEPT_SECONDS)
        except signing.BadSignature:
            raise forms.ValidationError("This preview is too old. Choose the file again.") from None
        if token["owner"] != self.owner:
            raise forms.ValidationError("This is not a preview of yours. Choose the file again.")
        self.previewed = token
        return str(token["name"])


class ChangedSincePreview(Exception):
    """The rows would not do what was shown."""


class FilesOfTable(ImportExportMixin):
    """Adds "Import" and "Export" to the list page of a table."""

    import_formats = export_formats = [Csv, Xlsx, Json]
    import_form_class = FileForm
    confirm_form_class = ConfirmForm
    export_form_class = DownloadForm
    tmp_storage_class = PrivateStorage
    import_export_change_list_template = "memoria/change_list.html"
    import_template_name = "memoria/import.html"
    export_template_name = "memoria/export.html"

    editable: ClassVar[tuple[str, ...]] = ()
    """Fields that may be changed, on the page of a row and by a file. Keys, JSON and what programs measured are not
    typed anew by hand."""

    def get_resource_classes(self, request: HttpRequest) -> list[type[TableRows]]:
        return [rows_of(self.model)]

    def get_resource_kwargs(self, request: HttpRequest, **options: Any) -> dict[str, Any]:
        form = options.get("export_form") or options.get("form")
        number = (getattr(form, "cleaned_data", None) or {}).get("format") or "0"
        return {"kind": self.import_formats[int(number)].__name__.lower(), "editable": self.editable}

    # Who may

    def has_export_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request) and request.user.has_perm("memoria.export_snapshot")

    def has_import_permission(self, request: HttpRequest) -> bool:
        may_write = self.has_add_permission(request) and self.has_change_permission(request)
        return may_write and request.user.has_perm("memoria.import_snapshot")

    # Out

    def export_action(self, request: HttpRequest) -> HttpResponse:
        if not self.has_export_permission(request):
            raise PermissionDenied
        if request.method == "POST" and bounded_count(self.get_export_queryset(request), MOST_ROWS) > MOST_ROWS:
            self.message_user(
                request, f"More than {MOST_ROWS:,} rows: filter the list first. {SNAPSHOTS}", messages.ERROR
            )
            return HttpResponseRedirect(self._list())
        return super().export_action(request)

    def get_export_queryset(self, request: HttpRequest) -> Any:
        keys = super().get_export_queryset(request).order_by().values("pk")
        # The list reads some columns only; a file has all of them.
        return self.model._default_manager.filter(pk__in=keys).order_by("pk")

    # In

    @body_limit(lambda: file_limit() + FORM_BYTES, hint=SNAPSHOTS)
    def import_action(self, request: HttpRequest, **options: Any) -> HttpResponse:
        response = super().import_action(request, **options)
        context = getattr(response, "context_data", None)
        if context is not None and not context.get("fields_list"):  # the library forgets it where a file is refused
            resource = rows_of(self.model)(**self.get_resource_kwargs(request))
            names = [field.column_name for field in resource.get_user_visible_fields()]
            context["fields_list"] = [(resource.get_display_name(), names)]
        return response

    @method_decorator(require_POST)
    def process_import(self, request: HttpRequest, **options: Any) -> HttpResponse:
        try:
            # Whatever the library has written by itself goes with the transaction.
            with transaction.atomic():
                return super().process_import(request, **options)
        except (ChangedSincePreview, FileNotFoundError):
            sentence = (
                "The data changed since this preview, or it is too old. Nothing was imported: choose the file again."
            )
            self.message_user(request, sentence, messages.ERROR)
            return HttpResponseRedirect(reverse(f"admin:memoria_{self.model._meta.model_name}_import"))

    def get_import_data_kwargs(self, **options: Any) -> dict[str, Any]:
        return super().get_import_data_kwargs(**options) | {"rollback_on_validation_errors": True}

    def add_data_read_fail_error_to_form(self, form: Any, e: Exception) -> None:
        if isinstance(e, NotReadable):
            form.add_error("import_file", str(e))
        else:
            form.add_error("import_file", "The file cannot be read in this format: choose the one it was written in.")

    def create_confirm_form(self, request: HttpRequest, import_form: Any = None) -> ConfirmForm:
        form: ConfirmForm = super().create_confirm_form(request, import_form)
        request.__dict__["memoria_confirmed"] = form
        return form

    def get_confirm_form_initial(self, request: HttpRequest, import_form: Any) -> dict[str, Any]:
        initial: dict[str, Any] = super().get_confirm_form_initial(request, import_form)
        if import_form is not None:
            token = {
                "name": initial["import_file_name"],
                "owner": self._owner(request),
                "fingerprint": request.__dict__["memoria_fingerprint"],
            }
            initial["import_file_name"] = signing.dumps(token, salt=SALT)
        return initial

    def process_result(self, result: Any, request: HttpRequest) -> HttpResponse:
        previewed = request.__dict__["memoria_confirmed"].previewed
        if result.has_errors() or result.has_validation_errors() or result.fingerprint != previewed["fingerprint"]:
            raise ChangedSincePreview
        response: HttpResponse = super().process_result(result, request)
        return response

    def generate_log_entries(self, result: Any, request: HttpRequest) -> None:
        """One entry for the import, however many rows it has."""
        form = request.__dict__["memoria_confirmed"]
        counts = ", ".join(f"{number} {kind}" for kind, number in result.totals.items() if number)
        sha256 = str(form.cleaned_data["import_file_name"]).partition("-")[2]
        LogEntry.objects.create(
            user_id=str(request.user.pk),
            content_type=ContentType.objects.get_for_model(self.model),
            object_repr=str(form.cleaned_data["original_file_name"])[:200],
            action_flag=CHANGE,
            change_message=f"Imported rows of a file: {counts or 'none'}; sha256 {sha256}.",
        )

    def get_confirm_form_kwargs(self, request: HttpRequest, import_form: Any = None) -> dict[str, Any]:
        return super().get_confirm_form_kwargs(request, import_form) | {"owner": self._owner(request)}

    def _owner(self, request: HttpRequest) -> str:
        return f"{request.user.pk} {self.model._meta.label}"

    def _list(self) -> str:
        return reverse(f"admin:memoria_{self.model._meta.model_name}_changelist")
