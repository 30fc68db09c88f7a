"""The values of a row as one JSON object."""

from __future__ import annotations

from typing import Any

import msgspec

from memoria.snapshot.rows.decoder import RowDecoder
from memoria.snapshot.rows.encoder import RowEncoder
from tests.snapshot.snapshots import BY_NAME

CLUSTERS = BY_NAME["clusters"]


def decoded(row: bytes) -> dict[str, Any]:
    values = RowDecoder(CLUSTERS).decode(row)
    return {column.name: value for column, value in zip(CLUSTERS.columns, values, strict=True) if value is not None}


def test_reads_back() -> None:
    columns = [CLUSTERS.by_name[name] for name in ("id", "summary", "centroid", "weight")]
    encoder = RowEncoder(columns)
    row = encoder.encode([1, 'é"\n\0', msgspec.Raw(b"[1.10, null]"), -0.0])
    assert row == b'{"id":1,"summary":"\xc3\xa9\\"\\n\\u0000","centroid":[1.10, null],"weight":-0.0}'
    assert decoded(row) == {
        "id": 1,
        "summary": 'é"\n\0',
        "centroid": "[1.10, null]",
        "weight": -0.0,
    }


def test_json_null() -> None:
    encoder = RowEncoder([CLUSTERS.by_name[name] for name in ("id", "summary", "centroid")])
    assert encoder.encode([1, "s", None]) == b'{"id":1,"summary":"s","centroid":null}'
    row = encoder.encode([1, "s", None], ["centroid"])
    assert row == b'{"id":1,"summary":"s","centroid":null,"$json_null":["centroid"]}'
    assert decoded(row) == {"id": 1, "summary": "s", "centroid": "null"}
