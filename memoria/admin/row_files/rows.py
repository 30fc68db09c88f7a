"""Rows of one table in a CSV, XLSX or JSON file: how a value is written there, and read again."""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Field, JSONField, Model
from import_export import fields, resources, widgets
from import_export.results import RowResult

from memoria.snapshot.schema.facts import Column, Kind
from memoria.snapshot.schema.registry import table_of

FORMULA = tuple("=+-@\t\r")
"""What a spreadsheet takes for the beginning of a formula."""
CELL = 32_767
"""Characters that a cell of a spreadsheet holds."""
_NUMBERED = re.compile(r"_x[0-9A-Fa-f]{4}_")
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\ufffe\uffff]")
PREVIEWED = 100
MOST_ROWS = 10_000
"""As many rows go out, or come in, at once."""
SNAPSHOTS = "Larger amounts go as a snapshot: export-data and import-data, or an upload of one."
MOVED = (
    "A file does not change it in a row that is there: leave the column out, or export the rows as a snapshot and"
    " import that."
)


class NotReadable(ValueError):
    """A file that cannot be imported; its text is for the user."""


def escaped(text: str) -> str:
    """The text behind an apostrophe, where a spreadsheet would calculate it; `unescaped` takes that away again."""
    return f"'{text}" if text.startswith((*FORMULA, "'")) else text


def unescaped(text: str) -> str:
    return text[1:] if text.startswith("'") and text[1:].startswith((*FORMULA, "'")) else text


def for_cell(text: str) -> str:
    """A text as an XLSX file holds it, which is XML: control characters by their number.

    Raises ValueError for one that is longer than a cell: it would be cut without a word.
    """
    text = _NUMBERED.sub(r"_x005F\g<0>", text)
    text = _CONTROL.sub(lambda found: f"_x{ord(found[0]):04X}_", text)
    if len(text) > CELL:
        raise ValueError(f"A text of {len(text):,} characters does not fit into a cell: choose CSV or JSON.")
    return text


def from_cell(text: str) -> str:
    return _NUMBERED.sub(lambda found: chr(int(found[0][2:6], 16)), text)


class ColumnWidget(widgets.Widget):
    """A column's values as text: times in UTC with microseconds, floats to the last digit, JSON, nothing for NULL."""

    def __init__(self, column: Column) -> None:
        super().__init__()
        self.column = column

    def render(self, value: Any, obj: Any = None, **options: Any) -> Any:
        if value is None:
            return ""
        match self.column.kind:
            case Kind.BOOLEAN:
                return "true" if value else "false"
            case Kind.TIME if isinstance(value, datetime):
                return value.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
            case Kind.FLOAT if isinstance(value, float):
                return repr(value)
            case Kind.JSON:
                return json.dumps(value, ensure_ascii=False)
        return str(value)

    def clean(self, value: Any, row: Any = None, **options: Any) -> Any:
        """Raises ValueError with a sentence for what the column cannot hold."""
        kind = self.column.kind
        if value is None or (value == "" and kind is not Kind.TEXT):
            return None
        try:
            return _READERS[kind](value)
        except (ValueError, TypeError, OverflowError, RecursionError):
            raise ValueError(f"{str(value)[:80]!r} is no {kind.value}.") from None


def _boolean(value: Any) -> bool:
    return {"true": True, "1": True, "false": False, "0": False}[str(value).lower()]


def _time(value: Any) -> datetime:
    moment = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _float(value: Any) -> float:
    number = float(value)
    if not math.isfinite(number):
        raise ValueError
    return number


def _integer(value: Any) -> int:
    if isinstance(value, float) and not value.is_integer():
        raise ValueError
    return int(value)


def _refused(constant: str) -> Any:
    raise ValueError(constant)


def _json(value: Any) -> Any:
    return json.loads(value, parse_constant=_refused) if isinstance(value, str) else value


_READERS: dict[Kind, Any] = {
    Kind.TEXT: str,
    Kind.BOOLEAN: lambda value: _boolean(value) if str(value).lower() in ("true", "false", "1", "0") else int("no"),
    Kind.TIME: _time,
    Kind.FLOAT: _float,
    Kind.INTEGER: _integer,
    Kind.JSON: _json,
}


class TableColumn(fields.Field):
    """A column of the table, under its own name."""

    def __init__(self, field: Field[Any, Any], column: Column) -> None:
        super().__init__(attribute=field.attname, column_name=column.name, widget=ColumnWidget(column))
        self.column = column

    def save(self, instance: Any, row: Any, is_m2m: bool = False, **options: Any) -> None:
        value = self.clean(row, **options)
        if value == "" and self.column.null:
            # A file of text cannot tell NULL from an empty text: what is there stays.
            value = "" if getattr(instance, self.attribute, None) == "" else None
        setattr(instance, self.attribute, value)


class TableRows(resources.ModelResource):
    """The rows of a table. Unchanged ones are skipped; of changed ones the changed columns are written."""

    changed: list[TableColumn]

    def __init__(self, kind: str = "csv", editable: Iterable[str] = (), **options: Any) -> None:
        """`kind` is csv, xlsx or json, which is no spreadsheet: its texts stay as they are.

        `editable`: the fields that may be changed in a row that is there.
        """
        super().__init__(**options)
        self.kind = kind
        self.editable = frozenset(editable)
        self.preview: list[tuple[str, str, list[tuple[str, str, str]]]] = []
        """The first rows that would be written: (action, key, (column, old, new) of what changes)."""
        self.differences: list[tuple[str, str, str]] = []
        self.changed = []
        self.digest = hashlib.sha256()

    def export_field(self, field: Any, instance: Any, **options: Any) -> Any:
        value = super().export_field(field, instance, **options)
        if self.kind != "json" and isinstance(value, str) and _is_free(field):
            value = escaped(value)
        return for_cell(value) if self.kind == "xlsx" and isinstance(value, str) else value

    def before_import(self, dataset: Any, **options: Any) -> None:
        names = [str(name) for name in dataset.headers or []]
        known = {field.column_name for field in self.get_import_fields()}
        if unknown := [name for name in names if name not in known]:
            raise NotReadable(f"This table has no column {', '.join(map(repr, unknown[:10]))}.")
        if len(set(names)) < len(names):
            raise NotReadable("A column stands in the file twice.")
        if len(dataset) > MOST_ROWS:
            raise NotReadable(
                f"The file has {len(dataset):,} rows, and {MOST_ROWS:,} are imported at most. {SNAPSHOTS}"
            )

    def before_import_row(self, row: Any, **options: Any) -> None:
        for name, value in row.items():
            if isinstance(value, str) and self.kind != "json":
                row[name] = unescaped(from_cell(value) if self.kind == "xlsx" else value)

    def skip_row(self, instance: Any, original: Any, row: Any, import_validation_errors: Any = None) -> bool:
        changed = [f for f in self.get_import_fields() if f.get_value(instance) != f.get_value(original)]
        self.changed = changed
        self.differences = [(f.column_name, f.export(original), f.export(instance)) for f in changed]
        return not changed and not import_validation_errors and not original._state.adding

    def validate_instance(
        self, instance: Any, import_validation_errors: Any = None, validate_unique: bool = True
    ) -> None:
        """What was not changed is not judged; NULL and empty JSON are values, which forms take for missing ones."""
        changed = {field.attribute for field in self.changed}
        kept = {} if instance._state.adding else self._not_to_change(changed)
        passed = {
            field.name
            for field in self._meta.model._meta.concrete_fields
            if (not instance._state.adding and field.attname not in changed)
            or (field.null and getattr(instance, field.attname) is None)
            or (isinstance(field, JSONField) and getattr(instance, field.attname) is not None)
        }
        errors = kept | dict(import_validation_errors or {})
        try:
            instance.full_clean(exclude={*passed, *errors}, validate_unique=validate_unique)
        except ValidationError as error:
            errors = error.update_error_dict(errors)
        if errors:
            raise ValidationError(errors)

    def _not_to_change(self, changed: set[str]) -> dict[str, list[ValidationError]]:
        """What is read-only on the page of a row is so in a file."""
        return {
            field.name: [ValidationError(MOVED)]
            for field in self._meta.model._meta.concrete_fields
            if field.attname in changed and not {field.name, field.attname} & self.editable
        }

    def do_instance_save(self, instance: Any, is_create: bool) -> None:
        if is_create:
            instance.save(force_insert=True)
        else:
            instance.save(update_fields=[field.attribute for field in self.changed])

    def after_import_row(self, row: Any, row_result: Any, **options: Any) -> None:
        kind = row_result.import_type
        differences = self.differences if kind == RowResult.IMPORT_TYPE_UPDATE else []
        self.digest.update(json.dumps([options["row_number"], kind, differences]).encode())
        if kind in (RowResult.IMPORT_TYPE_NEW, RowResult.IMPORT_TYPE_UPDATE) and len(self.preview) < PREVIEWED:
            shown = [(name, _short(old), _short(new)) for name, old, new in differences]
            self.preview.append((kind, str(row_result.object_id), shown))

    def after_import(self, dataset: Any, result: Any, **options: Any) -> None:
        super().after_import(dataset, result, **options)
        result.preview = self.preview
        result.heading = 0 if self.kind == "json" else 1  # a sheet's first row are the headings
        result.fingerprint = self.digest.hexdigest()
        options["request"].memoria_fingerprint = result.fingerprint


def _is_free(field: TableColumn) -> bool:
    """Whether a column holds what somebody wrote: a negative number is no formula."""
    return field.column.kind in (Kind.TEXT, Kind.JSON)


def _short(text: str) -> str:
    return text if len(text) <= 200 else f"{text[:199]}…"


def rows_of(model: type[Model]) -> type[TableRows]:
    """The resource of a model: all columns, found by the key."""
    table = table_of(model)
    columns = {
        field.name: TableColumn(field, column)
        for field, column in zip(model._meta.concrete_fields, table.columns, strict=True)
    }
    options = {
        "model": model,
        "fields": list(columns),
        "import_id_fields": [model._meta.pk.name],
        "skip_unchanged": True,
        "report_skipped": True,
        "skip_html_diff": True,
        "use_transactions": True,
        "clean_model_instances": True,
    }
    return type(f"{model.__name__}Rows", (TableRows,), {**columns, "Meta": type("Meta", (), options)})
