"""The formats of a file of rows: nothing of one is built before it is known to be no larger than what is imported."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import openpyxl
from import_export.formats import base_formats
from tablib import Dataset

from memoria import conf
from memoria.admin.row_files.rows import MOST_ROWS, SNAPSHOTS, NotReadable
from memoria.admin.row_files.xlsx_size import MOST_COLUMNS, TOO_LARGE, require_small

UNPACKED = 20
"""An XLSX file may unpack to this many times the limit of an import."""


def file_limit() -> int:
    return conf.table_import_max_bytes()


class Csv(base_formats.CSV):
    def create_dataset(self, in_stream: bytes | str, **options: Any) -> Dataset:
        # Otherwise 128 KiB, for the whole process: the file has its own limit.
        csv.field_size_limit(max(file_limit(), csv.field_size_limit()))
        lines = csv.reader(io.StringIO(_text(in_stream, self.encoding), newline=""))
        return dataset_of(next(lines, []), (line for line in lines if line), missing="")


class Json(base_formats.JSON):
    def create_dataset(self, in_stream: bytes | str, **options: Any) -> Dataset:
        rows = json.loads(_text(in_stream, self.encoding))
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise NotReadable("The file is no list of objects, one for each row.")
        names = list(rows[0]) if rows else []
        return dataset_of(names, _in_order(names, rows))


class Xlsx(base_formats.XLSX):
    def create_dataset(self, in_stream: bytes, **options: Any) -> Dataset:
        with zipfile.ZipFile(io.BytesIO(in_stream)) as archive:
            if sum(part.file_size for part in archive.infolist()) > UNPACKED * file_limit():
                raise NotReadable(TOO_LARGE)
            for part in archive.infolist():
                with archive.open(part) as content:
                    require_small(content)
        book = openpyxl.load_workbook(io.BytesIO(in_stream), read_only=True, data_only=True)
        sheet: Any = book.active
        # What a sheet says of its size is not believed: every row is as wide as its own cells.
        sheet.reset_dimensions()
        rows = map(_without_end, sheet.iter_rows(values_only=True))
        return dataset_of(next(rows, []), rows)


def dataset_of(names: Sequence[Any], rows: Iterable[Sequence[Any]], missing: Any = None) -> Dataset:
    """The rows under these names, short ones filled up with `missing`. Raises NotReadable where there are too many."""
    if not names:
        raise NotReadable("The file names no columns.")
    if len(names) > MOST_COLUMNS:
        raise NotReadable(f"The file has {len(names):,} columns, and no table has more than {MOST_COLUMNS}.")
    dataset, size = Dataset(headers=list(names)), 0
    for number, row in enumerate(rows, start=1):
        if number > MOST_ROWS:
            raise NotReadable(f"The file has more than {MOST_ROWS:,} rows, the most that are imported. {SNAPSHOTS}")
        if len(row) > len(names):
            raise NotReadable(f"Row {number} has more values than there are columns.")
        # A sheet holds a text once, however many cells refer to it.
        size += sum(len(value) for value in row if isinstance(value, str))
        if size > UNPACKED * file_limit():
            raise NotReadable(TOO_LARGE)
        dataset.append([*row, *[missing] * (len(names) - len(row))])
    return dataset


def _text(content: bytes | str, encoding: str | None) -> str:
    return content.decode(encoding or "utf-8") if isinstance(content, bytes) else content


def _in_order(names: list[str], rows: list[dict[str, Any]]) -> Iterator[list[Any]]:
    for number, row in enumerate(rows, start=1):
        if row.keys() != rows[0].keys():
            raise NotReadable(f"Row {number} has other columns than the first one.")
        yield [row[name] for name in names]


def _without_end(row: Sequence[Any]) -> list[Any]:
    """A row's values up to the last one: cells without a value follow where only their looks were changed."""
    values = list(row)
    while values and values[-1] is None:
        values.pop()
    return values
