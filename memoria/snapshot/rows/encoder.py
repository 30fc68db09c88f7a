"""Encodes the values of a row as one JSON object."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from memoria.json_bytes import encoder
from memoria.snapshot.rows.parser_types import JSON_NULL
from memoria.snapshot.schema.facts import Column


class RowEncoder:
    """Encodes rows of one table that hold only `columns`, in that order; JSON columns are given as `msgspec.Raw`."""

    def __init__(self, columns: Sequence[Column]) -> None:
        fields = [(column.name, object) for column in columns]
        self._plain = msgspec.defstruct("Row", fields, gc=False)
        null = (JSON_NULL.strip("$"), list[str], msgspec.field(name=JSON_NULL))
        self._with_json_null = msgspec.defstruct("RowWithJSONNull", [*fields, null], gc=False)
        self._encode = encoder()

    def encode(self, values: Sequence[Any], json_null: list[str] | None = None) -> bytes:
        row = self._with_json_null(*values, json_null) if json_null else self._plain(*values)
        return self._encode(row)
