"""Rows of every table with the values that are lost most easily."""

from __future__ import annotations

from typing import Any

from tests.models.every import TABLES
from tests.support.samples.databases import EVERY, insert
from tests.support.samples.rows import FOREIGN_KEYS, row

JSON_TEXT = '{"b": 1.10, "a": [1e400, 12345678901234567890123, "\\ud83d\\ude42", "ü", null, {"": "\\u0000"}], "b": 2}'
TEXT = "🙂 naïve 'quotes\" \\N \\. a\tb\r\nc\n\x01\x7f\x85\u2028\ufeff"
TYPES = {
    "character varying(255)": [TEXT, "", "null"],
    "character varying(50)": [TEXT[:50], "", "null"],
    "character varying(20)": [TEXT[:20], "", "null"],
    "text": [TEXT * 3, "", "NaN"],
    "json": [JSON_TEXT, "null", "[-0.0, 1E+02]"],
    "double precision": [0.1 + 0.2, 5e-324, -1.7976931348623157e308],
    "timestamp without time zone": [
        "2024-02-29 23:59:59.000001",
        "0001-01-01 00:00:00.000000",
        "9999-12-31 23:59:59.999999",
    ],
    "integer": [2**31 - 1, -(2**31), 0],
    "boolean": [True, False, False],
}
FOUR_BYTES = {("memory_relationships", "strength"), ("memory_entities", "relevance_score")}
ONE_OF_A_KIND = {"slug", "user_id", "name"}


def hostile_rows(table: str, *, existing: bool) -> list[dict[str, Any]]:
    """Three rows with the values above, and a fourth that is NULL wherever it may be."""
    expected = TABLES[table]
    rows = []
    for number in range(3):
        made = {
            name: None if null and name.startswith("x_") else TYPES[types[1]][number]
            for name, types, null in expected.columns
        }
        for name in ("y_coord", "z_coord", "y_centroid", "z_centroid", "y", "z"):
            if name in made:
                made[name] = [15.0, -15.0, 1e-320][number]
        for name in ONE_OF_A_KIND & made.keys():
            made[name] = f"{number} {TEXT}"
        for name, _, _ in expected.columns:
            if (table, name) in FOUR_BYTES and existing:
                made[name] = [0.5, -0.25, 1048576.0][number]
        if table == "spatial_metadata":
            made["namespace"] = f"{number}"
        for column, target in FOREIGN_KEYS[table].items():
            made[column] = key_of(target, number)
        rows.append(made | {expected.key: key_of(table, number)})
    fewest = row(table) | {name: None for name, _, null in expected.columns if null}
    fewest |= {name: f"3 {fewest[name]}" for name in ONE_OF_A_KIND & fewest.keys()}
    fewest |= {column: key_of(target, 0) for column, target in FOREIGN_KEYS[table].items() if fewest.get(column)}
    if table == "cluster_members":
        fewest["cluster_id"] = key_of("clusters", 1)
    return [*rows, fewest | {expected.key: key_of(table, 3)}]


def key_of(table: str, number: int) -> Any:
    if TABLES[table].key == "id":
        return [2**31 - 1, -(2**31), 0, 7][number]
    return ["🙂 key", "'; --", "", "key\n"][number]


def fill(url: str, *, existing: bool = False) -> None:
    for table in EVERY:
        insert(url, table, hostile_rows(table, existing=existing))
