"""Rows for the tests: literal ones to begin with, and hostile but valid ones that hypothesis makes."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from hypothesis import strategies as st

from memoria.snapshot.schema.facts import Column, Kind, Table
from memoria.snapshot.schema.registry import TABLES
from tests.models.every import TABLES as EXPECTED

Rows = dict[str, list[dict[str, Any]]]

MOMENT = "2025-01-02 03:04:05.123456"
BASE: dict[str, dict[str, Any]] = {
    "teams": {"team_id": "t-1", "name": "Team", "slug": "team", "created_at": MOMENT, "updated_at": MOMENT},
    "workspaces": {
        "workspace_id": "w-1",
        "name": "Workspace",
        "slug": "workspace",
        "created_at": MOMENT,
        "updated_at": MOMENT,
    },
    "workspace_members": {
        "id": 1,
        "workspace_id": "w-1",
        "user_id": "u-1",
        "role": "member",
        "is_admin": False,
        "is_agent": False,
        "joined_at": MOMENT,
        "updated_at": MOMENT,
    },
    "agents": {"agent_id": "a-1", "name": "Agent", "is_agent": True, "created_at": MOMENT, "updated_at": MOMENT},
    "chat_history": {
        "chat_id": "c-1",
        "user_input": "question",
        "ai_output": "answer",
        "model": "model",
        "timestamp": MOMENT,
        "session_id": "session",
        "namespace": "default",
    },
    "memory_entities": {
        "entity_id": "e-1",
        "memory_id": "m-1",
        "memory_type": "long_term",
        "entity_type": "person",
        "entity_value": "Ada",
        "relevance_score": 0.5,
        "namespace": "default",
        "created_at": MOMENT,
    },
    "spatial_metadata": {"memory_id": "m-1", "namespace": "default", "timestamp": MOMENT},
    "memory_access_events": {
        "id": 1,
        "memory_id": "m-1",
        "namespace": "default",
        "accessed_at": MOMENT,
        "access_type": "retrieval",
    },
    "thread_events": {"thread_id": "th-1", "namespace": "default", "created_at": MOMENT, "updated_at": MOMENT},
    "thread_message_links": {
        "id": 1,
        "thread_id": "th-1",
        "memory_id": "m-1",
        "namespace": "default",
        "sequence_index": 0,
    },
    "link_memory_threads": {
        "id": 1,
        "source_memory_id": "m-1",
        "target_memory_id": "m-2",
        "relation": "related",
        "created_at": MOMENT,
    },
    "rules_memory": {
        "rule_id": "ru-1",
        "rule_text": "rule",
        "rule_type": "style",
        "namespace": "default",
        "created_at": MOMENT,
        "updated_at": MOMENT,
    },
    "policy_artifacts": {
        "id": 1,
        "name": "policy",
        "artifact_type": "retention",
        "namespace": "*",
        "payload": "{}",
        "schema_version": "1.0",
        "created_at": MOMENT,
        "updated_at": MOMENT,
    },
    "retention_policy_audits": {
        "id": 1,
        "namespace": "default",
        "policy_name": "policy",
        "action": "block",
        "created_at": MOMENT,
    },
    "service_metadata": {"key": "version"},
    "long_term_memory": {
        "memory_id": "m-1",
        "processed_data": "{}",
        "importance_score": 0.5,
        "category_primary": "fact",
        "retention_type": "long_term",
        "namespace": "default",
        "timestamp": MOMENT,
        "created_at": MOMENT,
        "searchable_content": "text",
        "summary": "summary",
        "classification": "conversational",
        "memory_importance": "medium",
        "extraction_timestamp": MOMENT,
    },
    "short_term_memory": {
        "memory_id": "s-1",
        "processed_data": "{}",
        "importance_score": 0.5,
        "category_primary": "fact",
        "retention_type": "short_term",
        "namespace": "default",
        "created_at": MOMENT,
        "searchable_content": "text",
        "summary": "summary",
    },
    "clusters": {"id": 1, "summary": "cluster"},
    "cluster_members": {"id": 1, "memory_id": "m-1", "summary": "member", "cluster_id": 1},
    "memory_relationships": {
        "relationship_id": "r-1",
        "source_memory_id": "m-1",
        "target_memory_id": "m-2",
        "relationship_type": "related_to",
        "strength": 0.5,
        "namespace": "default",
        "created_at": MOMENT,
    },
}
"""A smallest row of each table, as SQLAlchemy and Django store it."""


def row(table: str, **values: Any) -> dict[str, Any]:
    return {**BASE[table], **values}


def snapshot_row(table: str, **values: Any) -> dict[str, Any]:
    """The same, as it stands in a snapshot."""
    base = {
        name: json.loads(value) if name in ("processed_data", "payload") else value
        for name, value in BASE[table].items()
    }
    return {**base, **values}


def layout_c(**tables: list[dict[str, Any]]) -> bytes:
    """A small snapshot by hand: layout C has neither a digest nor an order of its rows. Tables in the order given."""
    counts = {table: len(rows) for table, rows in tables.items()}
    return json.dumps({"metadata": {"counts": counts}, "payload": tables}, indent=1).encode()


_HOSTILE_TEXTS = (
    "",
    " ",
    "\\N",
    "\\.",
    "'\"`",
    "a\tb\r\nc\n",
    "🙂 naïve",
    "\x01\x02\x7f\x85\u2028\ufeff",
    "null",
    "\\u0000",
    "NaN",
)
_NUMBERS = ("0", "-0", "1.10", "1e6", "1E+02", "-0.0", "1e400", "1e-400", "9007199254740993", "1" * 40)
_STRINGS = (
    r'"\ud83d\ude42"',
    r'"\ud800"',
    r'"\udc00\ud83d"',
    r'"\u0000"',
    r'"\/\b"',
    '"🙂\u2028 , {] "',
    r'"\\"',
    '""',
)
_JSON_KEYS = st.sampled_from([*_STRINGS, '"a"', '"a"', '"b"'])
_SCALARS = st.one_of(
    st.sampled_from([*_NUMBERS, *_STRINGS, "null", "true", "false"]),
    st.integers().map(str),
    st.floats(allow_nan=False, allow_infinity=False).map(repr),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=8).map(json.dumps),
)
_FLOATS = (0.1 + 0.2, 1e-320, 5e-324, 1.7976931348623157e308, -1e-7, 3.0)
_TIMES = (datetime.min, datetime.max, datetime(2024, 2, 29, 23, 59, 59, 1))


def json_texts(line_ends: bool) -> st.SearchStrategy[str]:
    """Any JSON value in any spelling; without white space around it, which no reader can tell from a layout's."""
    spaces = st.sampled_from(["", "", " ", "\t  ", *(["\n", "\r\n "] if line_ends else [])])

    def nested(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
        spaced = st.tuples(spaces, inner, spaces).map("".join)
        member = st.tuples(spaces, _JSON_KEYS, spaces, st.just(":"), spaced).map("".join)
        array = st.lists(spaced, max_size=3).map(lambda items: f"[{','.join(items)}]")
        return array | st.lists(member, max_size=3).map(lambda items: f"{{{','.join(items)}}}")

    return st.recursive(_SCALARS, nested, max_leaves=5)


def _values(column: Column, *, vendor: str, line_ends: bool, nan: bool, integer_bits: int) -> st.SearchStrategy[Any]:
    sqlite = vendor == "sqlite"
    values: st.SearchStrategy[Any]
    match column.kind:
        case Kind.TEXT:
            characters = st.characters(exclude_categories=["Cs"], exclude_characters="" if sqlite else "\0")
            values = st.sampled_from(_HOSTILE_TEXTS) | st.text(characters, max_size=min(20, column.max_length or 20))
        case Kind.INTEGER:
            limit = 1 << (integer_bits - 1)
            values = st.sampled_from([0, -limit, limit - 1]) | st.integers(-limit, limit - 1)
        case Kind.FLOAT if column.minimum is not None:
            values = st.sampled_from([-15.0, 15.0, 1e-320]) | st.floats(column.minimum, column.maximum)
        case Kind.FLOAT:
            special = (float("inf"), float("-inf"), *((float("nan"),) if nan else ()))
            values = st.sampled_from([*_FLOATS, *special]) | st.floats(allow_nan=False)
        case Kind.BOOLEAN:
            values = st.booleans()
        case Kind.TIME:
            values = (st.sampled_from(_TIMES) | st.datetimes()).map(lambda t: t.isoformat(" ", "microseconds"))
        case Kind.JSON:
            values = json_texts(line_ends)
    if column.kind is Kind.FLOAT and sqlite:
        # A SQLite column of REAL affinity stores -0.0 as the integer 0, before any of our code sees it.
        values = values.map(lambda value: value + 0.0)
    return st.none() | values if column.null else values


FOREIGN_KEYS = {table: {key[0]: key[1] for key in expected.foreign_keys} for table, expected in EXPECTED.items()}
_UNIQUE = {"teams": "slug", "workspaces": "slug", "workspace_members": "user_id", "policy_artifacts": "name"}


def _rows(table: Table, most: int, **options: Any) -> st.SearchStrategy[list[dict[str, Any]]]:
    """Rows that refer to nothing yet."""
    fixed = {table.key.name, _UNIQUE.get(table.name), *FOREIGN_KEYS[table.name]}
    if table.name == "spatial_metadata":
        fixed.add("namespace")  # which a check wants not to be empty
    cells = st.one_of(
        [
            st.tuples(st.just(column.name), _values(column, **options))
            for column in table.columns
            if column.name not in fixed
        ]
    )
    one = st.tuples(_values(table.key, **options), st.lists(cells, max_size=8)).map(
        lambda drawn: row(table.name, **dict(drawn[1])) | {table.key.name: drawn[0]}
    )
    return st.lists(one, max_size=most, unique_by=lambda made: made[table.key.name])


@st.composite
def databases(
    draw: st.DrawFn, vendor: str, *, line_ends: bool = True, nan: bool = False, integer_bits: int = 32
) -> Rows:
    """Rows for all tables, whose references lead to rows that are there."""
    options = {"vendor": vendor, "line_ends": line_ends, "nan": nan, "integer_bits": integer_bits}
    found: Rows = {}
    for table in TABLES:
        found[table.name] = rows = draw(_rows(table, 3 if table.core else 2, **options))
        for number, made in enumerate(rows):
            if table.name in _UNIQUE:
                made[_UNIQUE[table.name]] = f"{number} {draw(st.sampled_from(_HOSTILE_TEXTS))}"
        for column, target in FOREIGN_KEYS[table.name].items():
            keys = [held[EXPECTED[target].key] for held in found[target]]
            if table.by_name[column].null:
                keys.append(None)
            for made in rows if keys else []:
                made[column] = draw(st.sampled_from(keys))
            if not keys:
                rows.clear()
    return found
