"""The layouts of older exports, as files found in the wild: what they hold arrives, and broken ones are refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from memoria.snapshot.errors import InvalidRows, InvalidSnapshot
from tests.conftest import RunMemoria
from tests.support.samples.databases import contents, exact, insert, query, rows_of, sample, sqlite_sample
from tests.support.samples.engine import import_
from tests.support.samples.rows import layout_c, row, snapshot_row

JSON_COLUMNS = ("processed_data", "symbolic_anchors")
IDS = [
    "14e814d2-54e0-4030-98b0-8757af39d38e",
    "a8920f76-4b38-4ffa-84a7-51b0beee01de",
    "be19b4ad-af8e-44a9-9b3e-c36e499d0599",
]
SECOND: dict[str, Any] = {
    "memory_id": "a8920f76-4b38-4ffa-84a7-51b0beee01de",
    "original_chat_id": "693a94d3-2e15-4548-b710-74e6c2553c2f",
    "processed_data": {
        "text": 'second: naïve café 🙂 "quoted"',
        "tokens": 5,
        "emotional_intensity": None,
    },
    "importance_score": 0.5,
    "category_primary": "manual",
    "retention_type": "long_term",
    "namespace": "default",
    "timestamp": "2026-11-22 18:18:55.744215",
    "created_at": "2026-11-22 18:18:55.753455",
    "access_count": 0,
    "last_accessed": None,
    "searchable_content": 'second: naïve café 🙂 "quoted"',
    "summary": 'second: naïve café 🙂 "quoted"',
    "novelty_score": 0.5,
    "relevance_score": 0.5,
    "actionability_score": 0.5,
    "x_coord": -3.472222222222222e-11,
    "y_coord": 1.5,
    "z_coord": -2.0,
    "symbolic_anchors": ["tiny"],
    "embedding": None,
    "documents_json": None,
    "team_id": None,
    "workspace_id": None,
    "last_edited_by_model": None,
    "classification": "conversational",
    "memory_importance": "medium",
    "topic": None,
    "entities_json": None,
    "keywords_json": None,
    "is_user_context": 0,
    "is_preference": 0,
    "is_skill_knowledge": 0,
    "is_current_project": 0,
    "promotion_eligible": 0,
    "duplicate_of": None,
    "supersedes_json": None,
    "related_memories_json": None,
    "confidence_score": 0.8,
    "extraction_timestamp": "2026-11-22 18:18:55.754183",
    "classification_reason": None,
    "processed_for_duplicates": 0,
    "conscious_processed": 0,
}
# The same memory was made a minute later on PostgreSQL.
ON_POSTGRESQL = {
    "timestamp": "2026-11-22 18:20:03.002009",
    "created_at": "2026-11-22 18:20:03.006165",
    "extraction_timestamp": "2026-11-22 18:20:03.006952",
}
EDGE = {
    "relationship_id": "rel-tiny-1",
    "source_memory_id": "be19b4ad-af8e-44a9-9b3e-c36e499d0599",
    "target_memory_id": "a8920f76-4b38-4ffa-84a7-51b0beee01de",
    "relationship_type": "related_to",
    "strength": (0.5).hex(),
    "reasoning": None,
    "namespace": "default",
    "created_at": "2025-01-02 03:04:05.678901",
}


def parsed(found: dict[str, Any]) -> dict[str, Any]:
    return {name: json.loads(value) if name in JSON_COLUMNS else value for name, value in found.items()}


@pytest.mark.parametrize(
    ("name", "layout"),
    [
        ("layout_a_sqlite.json", "A"),
        ("layout_a_postgresql.json", "A"),
        ("layout_b_sqlite.ndjson", "B"),
        ("layout_b_postgresql.ndjson", "B"),
        ("layout_c_sqlite.json", "C"),
        ("layout_c_postgresql.json", "C"),
    ],
)
def test_rows_arrive(migrated_url: str, name: str, layout: str) -> None:
    report = import_(migrated_url, sample(name))
    assert (report.exit_code, report.left_out) == (0, {})
    assert report.notes == [
        f"The file has the older layout {layout}: its row counts are right,"
        " but it has no end mark or digest to prove that nothing was altered."
    ]
    assert (report.file.layout, report.file.format) == (layout, name.rpartition(".")[2])
    found = contents(migrated_url)
    assert [memory["memory_id"] for memory in found["long_term_memory"]] == IDS
    expected = SECOND | (ON_POSTGRESQL if "postgresql" in name else {})
    assert parsed(found["long_term_memory"][1]) == {column: exact(value) for column, value in expected.items()}
    assert found["memory_relationships"] == ([EDGE] if layout == "C" else [])
    others = 0 if layout == "C" else 3
    assert len(rows_of(migrated_url, "chat_history")) == len(rows_of(migrated_url, "spatial_metadata")) == others
    assert found["short_term_memory"] == found["clusters"] == found["cluster_members"] == []


def test_json_keeps_its_spelling(migrated_url: str) -> None:
    import_(migrated_url, sample("layout_b_sqlite.ndjson"))
    assert query(migrated_url, "SELECT processed_data FROM long_term_memory WHERE memory_id LIKE 'be19%'")[0] == (
        '{"text": "first tiny memory", "tokens": 3, "emotional_intensity": null}',
    )


def test_initial_release(migrated_url: str, tmp_path: Path) -> None:
    """Older rows lack `last_edited_by_model`."""
    path = sample("layout_a_initial_release.json")
    with pytest.raises(InvalidRows) as caught:
        import_(migrated_url, path)
    assert [(issue.table, issue.key, issue.reason) for issue in caught.value.report.issues] == [
        (
            "short_term_memory",
            "49952399-c4aa-4ac1-b7dc-76fb0f17a300",
            "chat_id refers to chat_history '7e62aa0a-1df9-4d78-9c65-39382b0537e6', neither in the file nor in the"
            " database; ⟨null_missing_references=True⟩ empties such references",
        )
    ]
    report = import_(migrated_url, path, null_missing_references=True)
    assert report.tables["short_term_memory"].nulled == {"chat_id": 1}
    assert (report.exit_code, report.left_out) == (0, {})
    original = sqlite_sample("sqlite_initial_release", tmp_path)
    others = {"chat_history": 20, "spatial_metadata": 21, "teams": 1, "workspace_members": 1, "workspaces": 1}
    assert {table: len(rows_of(migrated_url, table)) for table in others} == others
    for table, count in (("long_term_memory", 20), ("short_term_memory", 1)):
        expected = [{**held, "last_edited_by_model": None} for held in rows_of(original, table)]
        if table == "short_term_memory":
            expected[0]["chat_id"] = None  # the file holds no such chat
        found = rows_of(migrated_url, table)
        assert len(found) == count
        for held in found + expected:
            # The older export wrote the JSON value null as it wrote SQL's.
            columns = (*JSON_COLUMNS, "embedding")
            held.update({name: held[name] and json.loads(held[name]) for name in columns})
        assert found == expected


def test_times_that_an_older_export_got_wrong(migrated_url: str) -> None:
    import_(migrated_url, sample("layout_c_odd_times.json"))
    found = rows_of(migrated_url, "long_term_memory")
    names = ("memory_id", "timestamp", "created_at", "last_accessed")
    assert [tuple(memory[name] for name in names) for memory in found] == [
        (key, "2025-06-01 12:00:00.000000", "2025-06-01 10:00:00.000000", "2025-06-01 00:00:00.000000") for key in IDS
    ]
    assert rows_of(migrated_url, "memory_relationships") == [EDGE]


def test_times_with_and_without_zones(migrated_url: str) -> None:
    import_(migrated_url, sample("bad_tz.json"))
    assert [(memory["memory_id"], memory["created_at"]) for memory in rows_of(migrated_url, "long_term_memory")] == [
        (IDS[0], "2025-06-01 12:00:00.000000"),
        (IDS[1], "2025-06-01 12:00:00.000000"),
        (IDS[2], "2025-06-01 10:00:00.000000"),
    ]


def test_a_later_row_may_lack_a_column(migrated_url: str) -> None:
    import_(migrated_url, sample("bad_hetero_later_missing.json"))
    found = rows_of(migrated_url, "long_term_memory")
    assert [(memory["memory_id"], memory["topic"]) for memory in found] == [
        (IDS[0], None),
        (IDS[1], None),
        (IDS[2], "t0"),
    ]


@pytest.mark.parametrize(
    ("name", "issues"),
    [
        ("bad_badrow.json", [(160, IDS[0], "y_coord is more than 15.0, the limit of its column")]),
        (
            "bad_strings.json",
            [
                (58, IDS[2], "access_count is text where a whole number belongs"),
                (109, IDS[1], "importance_score is text where a number belongs"),
                (160, IDS[0], "is_preference is text where true or false belongs"),
            ],
        ),
    ],
)
def test_rows_that_do_not_fit(migrated_url: str, name: str, issues: list[tuple[int, str, str]]) -> None:
    insert(migrated_url, "long_term_memory", [row("long_term_memory")])
    for dry_run in (True, False):
        with pytest.raises(InvalidRows) as caught:
            import_(migrated_url, sample(name), dry_run=dry_run)
        assert [(issue.line, issue.key, issue.reason) for issue in caught.value.report.issues] == issues
    assert [memory["memory_id"] for memory in rows_of(migrated_url, "long_term_memory")] == ["m-1"]
    report = import_(migrated_url, sample(name), skip_invalid=True)
    counts = report.tables["long_term_memory"]
    assert (counts.rows, counts.inserted, counts.deleted, counts.skipped) == (3, 3 - len(issues), 1, len(issues))
    kept = {key for key in IDS if key not in {issue[1] for issue in issues}}
    assert {memory["memory_id"] for memory in rows_of(migrated_url, "long_term_memory")} == kept


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("bad_unknown.json", "the file is not whole: it holds 1 row of memory_relationships and promises 0"),
        ("bad_wrongcount.json", "the file is not whole: it holds 3 rows of chat_history and promises 0"),
    ],
)
def test_counts_that_are_wrong(migrated_url: str, name: str, reason: str) -> None:
    with pytest.raises(InvalidSnapshot) as caught:
        import_(migrated_url, sample(name), skip_invalid=True)
    assert str(caught.value) == f"{sample(name)}: {reason}"
    assert rows_of(migrated_url, "long_term_memory") == []


def test_unknown_column_and_table(migrated_url: str, tmp_path: Path) -> None:
    """bad_unknown.json, with counts that are right."""
    document = json.loads(sample("bad_unknown.json").read_text())
    document["data"].pop("memory_relationships")
    document["metadata"]["tables"] = [{"name": name, "row_count": len(rows)} for name, rows in document["data"].items()]
    path = tmp_path / "unknown.json"
    path.write_text(json.dumps(document))
    with pytest.raises(InvalidRows) as caught:
        import_(migrated_url, path, skip_invalid=True)
    assert [(issue.table, issue.key, issue.kind) for issue in caught.value.report.issues] == [
        ("long_term_memory", IDS[2], "unknown"),
        ("nonsense_table", None, "unknown"),
    ]
    assert caught.value.report.issues[0].reason == (
        "unknown column 'brand_new_column': update this program, or leave unknown columns out with"
        " ⟨ignore_unknown=True⟩"
    )
    report = import_(migrated_url, path, ignore_unknown=True)
    assert (report.exit_code, report.tables["long_term_memory"].ignored) == (3, {"brand_new_column": 1})
    assert report.left_out == {"nonsense_table": 1}


@pytest.mark.parametrize("name", ["layout_b_sqlite.ndjson", "layout_a_sqlite.json", "layout_c_sqlite.json"])
def test_cut_at_every_line_end(tmp_path: Path, make_database: Callable[..., str], name: str) -> None:
    """Layout B has no end mark: only the counts in its first line tell."""
    url = make_database("sqlite", migrated=True)
    lines = sample(name).read_bytes().splitlines(keepends=True)
    step = max(1, len(lines) // 25)
    for end in {*range(0, len(lines), step), len(lines) - 1}:
        (tmp_path / "cut").write_bytes(b"".join(lines[:end]))
        with pytest.raises(InvalidSnapshot):
            import_(url, tmp_path / "cut", skip_invalid=True)
    assert rows_of(url, "long_term_memory") == []


def test_a_part_of_the_namespaces_does_not_replace_the_whole(migrated_url: str, tmp_path: Path) -> None:
    document = json.loads(layout_c(long_term_memories=[snapshot_row("long_term_memory", memory_id="new")]))
    document["metadata"]["namespaces_filter"] = ["research"]
    path = tmp_path / "c.json"
    path.write_text(json.dumps(document))
    insert(migrated_url, "long_term_memory", [row("long_term_memory", memory_id="old")])
    with pytest.raises(InvalidSnapshot) as caught:
        import_(migrated_url, path)
    assert str(caught.value) == (
        f"{path} holds only the namespaces research: replacing whole tables with it would delete the others;"
        " merge it with import-memories, or add its rows with ⟨truncate=False⟩"
    )
    with pytest.raises(InvalidSnapshot):
        import_(migrated_url, path, dry_run=True)
    assert import_(migrated_url, path, truncate=False).exit_code == 0
    assert [memory["memory_id"] for memory in rows_of(migrated_url, "long_term_memory")] == ["new", "old"]


def test_a_part_of_the_namespaces_fills_empty_tables(migrated_url: str, tmp_path: Path) -> None:
    document = json.loads(layout_c(long_term_memories=[snapshot_row("long_term_memory", memory_id="new")]))
    document["metadata"]["namespaces_filter"] = ["research"]
    path = tmp_path / "c.json"
    path.write_text(json.dumps(document))
    insert(migrated_url, "agents", [row("agents")])  # not in the file
    for dry_run in (True, False):
        assert import_(migrated_url, path, dry_run=dry_run).tables["long_term_memory"].inserted == 1
    assert [memory["memory_id"] for memory in rows_of(migrated_url, "long_term_memory")] == ["new"]
    with pytest.raises(InvalidSnapshot):
        import_(migrated_url, path)


def test_bare_nan(migrated_url: str, tmp_path: Path) -> None:
    """As Python's json writes it."""
    path = tmp_path / "nan.json"
    path.write_bytes(layout_c(long_term_memories=[snapshot_row("long_term_memory", x_coord=float("-inf"))]))
    report = import_(migrated_url, path)
    assert report.notes[-1] == "long_term_memory: 1 bare NaN or Infinity, read as text."
    assert rows_of(migrated_url, "long_term_memory")[0]["x_coord"] == "-inf"


def test_as_a_user_sees_it(run_memoria: RunMemoria, migrated_url: str) -> None:
    path = sample("bad_strings.json")
    result = run_memoria("import-data", path, "--database-url", migrated_url, "--no-input")
    assert result.returncode == 1
    said = result.stderr.decode().splitlines()
    assert f"  {path} line 58, long_term_memory '{IDS[2]}': access_count is text where a whole number belongs." in said
    assert said[-1] == (f"CommandError: {path}: 3 issues; nothing was changed, and --skip-invalid leaves such rows out")
