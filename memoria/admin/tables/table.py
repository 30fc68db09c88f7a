"""Builds what the pages of all tables share: a list that stays quick with a million rows, and a page for one row."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from django.contrib import admin, messages
from django.contrib.admin.actions import delete_selected
from django.contrib.admin.widgets import ForeignKeyRawIdWidget
from django.core.exceptions import ValidationError
from django.db.models import (
    CASCADE,
    AutoField,
    CharField,
    DateTimeField,
    Field,
    FloatField,
    JSONField,
    Model,
    QuerySet,
    TextField,
)
from django.db.models.functions import Cast, Left
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.utils.safestring import SafeString
from django.utils.text import capfirst

from memoria.admin.bounded_count import COUNTED, bounded_count
from memoria.admin.row_files.files import FilesOfTable
from memoria.admin.tables.filters import value_filter
from memoria.admin.tables.indexes import indexed_fields, values
from memoria.admin.tables.lists import RowList
from memoria.admin.tables.panels import Cell, Panel, shortened
from memoria.admin.tables.readable import picture, readable_json
from memoria.admin.tables.search import found

START = 160
"""Characters of a long text that a list shows."""
DELETED_AT_ONCE = 1_000

Section = tuple[str, tuple[str | tuple[str, ...], ...], str]
"""Title, fields (those in a tuple share a line), explanation."""


class Shown:
    """A JSON column on the page of a row, which the admin calls like a field of its own."""

    def __init__(self, field: Field[Any, Any], *, as_picture: bool) -> None:
        self.__name__ = field.name
        self.short_description = str(field.verbose_name).removesuffix(" json")
        self.as_picture = as_picture

    def __call__(self, row: Model) -> SafeString | str:
        text = getattr(row, text_of(self.__name__))
        if self.as_picture:
            return picture(text)
        return render_to_string("memoria/json.html", {"text": readable_json(text)}) if text is not None else "-"


def text_of(field: str) -> str:
    """The attribute of a row that holds a JSON column's text."""
    return f"{field}_as_text"


class Rounded:
    """A number in a list: what programs measured has more digits than a list has room for."""

    def __init__(self, field: Field[Any, Any]) -> None:
        self.__name__ = field.name
        self.admin_order_field = field.name
        self.short_description = str(field.verbose_name).removesuffix(" score")

    def __call__(self, row: Model) -> str:
        number = getattr(row, self.__name__)
        return f"{number:.2f}" if isinstance(number, float) else "-" if number is None else str(number)


class Start:
    """The beginning of a long text in a list."""

    def __init__(self, field: str, title: str) -> None:
        self.__name__ = start_of(field)
        self.short_description = title

    def __call__(self, row: Model) -> str:
        text = str(getattr(row, self.__name__) or "")
        return f"{text[:START]}…" if len(text) > START else text or "(empty)"


def start_of(field: str) -> str:
    return f"{field}_start"


class TableAdmin(FilesOfTable, admin.ModelAdmin):
    """The pages of one table. What differs between tables stands in the attributes below."""

    sections: ClassVar[tuple[Section, ...]]
    columns: ClassVar[tuple[str, ...]]
    """Fields that the list shows. Of a text field it shows the start."""
    vectors: ClassVar[tuple[str, ...]] = ()
    """JSON fields that hold a vector."""
    search_values: ClassVar[tuple[str, ...]] = ()
    """Indexed fields that the search looks at."""
    search_texts: ClassVar[tuple[str, ...]] = ()
    newest: ClassVar[str] = "created_at"
    """An indexed field in whose order rows are made."""
    filters: ClassVar[tuple[str | type[admin.ListFilter], ...]] = ()
    """Indexed fields by whose values the list is filtered, or filters."""
    filters_of_newest: ClassVar[tuple[str, ...]] = ()
    """The same for fields without an index."""

    list_link: ClassVar[tuple[str, str] | None] = None
    """Another page about the table: its title, and the name of its address."""

    list_per_page = 50
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    change_form_template = "memoria/change_form.html"

    def __init__(self, model: type[Model], admin_site: admin.AdminSite) -> None:
        fields = {field.name: field for field in model._meta.concrete_fields}
        self.json_fields = [name for name, field in fields.items() if isinstance(field, JSONField)]
        self.shown = {name: Shown(fields[name], as_picture=name in self.vectors) for name in self.json_fields}
        self.long_columns = [name for name in self.columns if _is_long(model, name)]
        self.drawn: dict[str, Any] = {
            name: Rounded(fields[name]) for name in self.columns if isinstance(fields.get(name), FloatField)
        }
        self.drawn |= {name: Start(name, str(fields[name].verbose_name)) for name in self.long_columns}
        super().__init__(model, admin_site)

    # The list

    def get_list_display(self, request: HttpRequest) -> Any:
        return [self.drawn.get(name, name) for name in self.columns]

    def get_list_filter(self, request: HttpRequest) -> Any:
        filters = (*self.filters, *self.filters_of_newest)
        return [value_filter(item) if isinstance(item, str) else item for item in filters]

    def get_search_fields(self, request: HttpRequest) -> Any:
        return (*self.search_values, *self.search_texts)

    def get_ordering(self, request: HttpRequest) -> Any:
        return [f"-{self.newest}"]

    def get_changelist(self, request: HttpRequest, **options: Any) -> type[RowList]:
        return RowList

    def get_sortable_by(self, request: HttpRequest) -> Any:
        """Numbers and times with an index: of a text many rows have the same value, and all of these are sorted."""
        quick = indexed_fields(self.model) & set(self.columns)
        key = self.model._meta.pk.name
        return [self.drawn.get(name, name) for name in quick if name == key or not self.is_text(name)]

    def is_text(self, name: str) -> bool:
        return isinstance(self.model._meta.get_field(name), CharField | TextField)

    def for_list(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Only what the list shows is read of each row: the rest may be a hundred times as much."""
        fields = self.model._meta.concrete_fields
        read = [
            field.name
            for field in fields
            if field.primary_key or ({field.name, field.attname} & set(self.columns) - set(self.long_columns))
        ]
        queryset = queryset.only(*read)
        return queryset.annotate(**{start_of(name): Left(name, START + 1) for name in self.long_columns})

    def for_page(self, request: HttpRequest, rows: list[Any]) -> None:
        """Called with the rows of a page of the list, before they are shown."""

    def filter_values(self, request: HttpRequest) -> Mapping[str, list[str]]:
        """Field -> its values, asked for once a request."""
        known: dict[type[Model], Mapping[str, list[str]]] = request.__dict__.setdefault("memoria_filter_values", {})
        if self.model not in known:
            names = [item for item in self.filters if isinstance(item, str)]
            known[self.model] = values(
                self.model, names, newest=self.filters_of_newest, by=self.newest, using=self.model._default_manager.db
            )
        return known[self.model]

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        """Filters in the address are those of the page, and whole values of indexed fields: nothing else is quick."""
        name, _, kind = lookup.partition("__")
        filtered = {*self.filters, *self.filters_of_newest}
        filtered |= {getattr(item, "parameter_name", "") for item in self.filters}
        if name == self.date_hierarchy:
            return kind in ("year", "month", "day")
        return kind in ("", "exact") and (
            name in filtered
            or name.removesuffix("_id") in indexed_fields(self.model)
            or name in indexed_fields(self.model)
        )

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        queryset, note = found(
            queryset, search_term, fields=self.search_values, texts=self.search_texts, newest=self.newest
        )
        request.__dict__["memoria_search_note"] = note
        return queryset, False

    # One row

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """The row with its JSON columns as texts, which may be broken in databases that others wrote."""
        texts: dict[str, Any] = {text_of(name): Cast(name, TextField()) for name in self.json_fields}
        queryset = self.get_queryset(request).defer(*self.json_fields).annotate(**texts)
        field = self.model._meta.get_field(from_field) if from_field else self.model._meta.pk
        try:
            return queryset.filter(**{field.name: field.to_python(object_id)}).first()
        except (ValidationError, ValueError):
            return None

    def formfield_for_foreignkey(self, db_field: Any, request: Any, **options: Any) -> Any:
        # An id to write or to look up: a list to choose from would hold every row of the other table.
        options.setdefault("widget", ForeignKeyRawIdWidget(db_field.remote_field, self.admin_site))
        return super().formfield_for_foreignkey(db_field, request, **options)

    def formfield_for_dbfield(self, db_field: Any, request: Any, **options: Any) -> Any:
        field = super().formfield_for_dbfield(db_field, request, **options)
        if isinstance(db_field, DateTimeField) and field is not None:
            # Two boxes behind one label: each says what it is for.
            for box, part in zip(field.widget.widgets, ("date", "time"), strict=True):
                box.attrs["aria-label"] = f"{capfirst(str(db_field.verbose_name))}: {part}"
        return field

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        def drawn(item: str | tuple[str, ...]) -> Any:
            if isinstance(item, tuple):
                return tuple(map(drawn, item))
            return item if obj is None else self.shown.get(item, item)

        return [
            (title, {"fields": [drawn(item) for item in items], "description": explanation})
            for title, items, explanation in self.sections
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        key = self.model._meta.pk
        if obj is None:
            return [key.name] if isinstance(key, AutoField) else []
        names = flatten(items for _, items, _ in self.sections)
        return [self.shown.get(name, name) for name in names if name not in self.editable]

    def save_model(self, request: HttpRequest, obj: Any, form: ModelForm[Any], change: bool) -> None:
        """Only what was changed is written: the other columns stay as they are stored, to the letter."""
        if change:
            obj.save(update_fields=form.changed_data)
        else:
            obj.save(force_insert=True)

    def row_links(self, request: HttpRequest, row: Any) -> list[Cell]:
        """Other pages about a row, beside its history."""
        return []

    def panels(self, request: HttpRequest, row: Any) -> list[Panel]:
        """What other tables know of a row."""
        return []

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        # What is listed; Django's own title says what to do with it, also to whoever may only look.
        title = capfirst(str(self.opts.verbose_name_plural))
        response = super().changelist_view(
            request, {"title": title, "list_link": self.list_link, **(extra_context or {})}
        )
        if isinstance(response, TemplateResponse) and response.context_data is not None:
            response.context_data["search_note"] = request.__dict__.get("memoria_search_note", "")
        return response

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **options: Any
    ) -> HttpResponse:
        row = options.get("obj")
        if row is not None:
            context["subtitle"] = shortened(getattr(row, "summary", "")) or context.get("subtitle")
            context["row_links"] = self.row_links(request, row)
            context["panels"] = self.panels(request, row)
        return super().render_change_form(request, context, *args, **options)

    # Deleting

    actions = ["delete_selected"]

    @admin.action(permissions=["delete"], description="Delete selected %(verbose_name_plural)s")
    def delete_selected(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
        if bounded_count(queryset, DELETED_AT_ONCE) > DELETED_AT_ONCE:
            sentence = f"At most {DELETED_AT_ONCE:,} rows are deleted at once here: choose fewer. Nothing was deleted."
            self.message_user(request, sentence, messages.ERROR)
            return None
        return delete_selected(self, request, queryset)

    def get_deleted_objects(self, objs: Iterable[Any], request: HttpRequest) -> Any:
        """What goes with some rows, counted: Django would load every row that hangs on them."""
        rows = list(objs)
        names = [f"{self.opts.verbose_name}: {row}" for row in rows]
        counts = {str(self.opts.verbose_name_plural): len(rows)}
        missing = set() if self.has_delete_permission(request) else {str(self.opts.verbose_name)}
        for relation in self.model._meta.related_objects:
            if relation.on_delete is not CASCADE:
                continue
            other = relation.related_model
            number = bounded_count(other._default_manager.filter(**{f"{relation.field.name}__in": rows}))
            if number:
                plural = str(other._meta.verbose_name_plural)
                more = number > COUNTED
                names.append(f"{'more than ' if more else ''}{min(number, COUNTED):,} {plural}, which belong to them")
                counts[plural] = number
                if not self.admin_site.get_model_admin(other).has_delete_permission(request):
                    missing.add(str(other._meta.verbose_name))
        return names, counts, missing, []


def _is_long(model: type[Model], name: str) -> bool:
    """Whether a column holds texts of any length; indexed ones are short."""
    field = next((field for field in model._meta.concrete_fields if field.name == name), None)
    return isinstance(field, TextField) and name not in indexed_fields(model)


def flatten(groups: Iterable[Iterable[str | tuple[str, ...]]]) -> list[str]:
    """The names of fields, in order."""
    names: list[str] = []
    for items in groups:
        for item in items:
            names.extend(item if isinstance(item, tuple) else (item,))
    return names
