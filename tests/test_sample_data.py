from __future__ import annotations

import hashlib
import io
import itertools
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import models

from memoria.models import Cluster, ClusterMember, LongTermMemory, MemoryRelationship, ShortTermMemory
from memoria.sample_data import Dataset, build
from memoria.sample_data.numbers import DIMENSIONS, cosine
from memoria.sample_data.rows import NOW
from tests.conftest import ROOT, RunMemoria
from tests.faults.faults import CREATE

MODELS: list[type[models.Model]] = [
    LongTermMemory,
    ShortTermMemory,
    Cluster,
    ClusterMember,
    MemoryRelationship,
]
COUNTS = (
    "510 rows: 160 in long_term_memory, 37 in short_term_memory, 17 in clusters, 158 in cluster_members, "
    "138 in memory_relationships"
)

# sha256 of what PRINT prints. A change of the texts changes it; another machine or another Python must not.
DIGEST = "54d472602caedc891ddd6926e2f7a8d53825553e1aed89a2de83bdd6832ec7dc"
PRINT = """
import json
from memoria.sample_data import build
print(json.dumps(build().tables(), default=str))
"""


@pytest.fixture(scope="module")
def sample() -> Dataset:
    return build()


@pytest.fixture(scope="module")
def memory_ids(sample: Dataset) -> set[str]:
    """Long-term and short-term."""
    return {row["memory_id"] for row in sample.long_term_memory + sample.short_term_memory}


class TestBuild:
    def test_is_the_same_each_time(self, sample: Dataset) -> None:
        assert build() == sample

    @pytest.mark.parametrize("seed", ["1", "2"])
    def test_is_the_same_in_every_process(self, seed: str) -> None:
        """Whatever the order in which sets are walked through."""
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        result = subprocess.run([sys.executable, "-c", PRINT], cwd=ROOT, env=environment, capture_output=True)
        assert hashlib.sha256(result.stdout).hexdigest() == DIGEST, result.stderr.decode()

    def test_namespaces(self, sample: Dataset) -> None:
        assert Counter(row["namespace"] for row in sample.long_term_memory) == {
            "research": 40,
            "support": 40,
            "team:atlas": 40,
            "team:borealis": 30,
            "default": 10,
        }

    def test_rows_have_exactly_the_columns_of_the_models(self, sample: Dataset) -> None:
        for model in MODELS:
            columns = {field.column for field in model._meta.concrete_fields}
            for row in sample.tables()[model._meta.db_table]:
                assert row.keys() == columns

    def test_every_value_is_valid(self, sample: Dataset) -> None:
        for model in MODELS:
            for row in sample.tables()[model._meta.db_table]:
                model(**row).clean_fields(exclude={"cluster"})  # which would be looked up in a database

    def test_ids_are_unique(self, sample: Dataset, memory_ids: set[str]) -> None:
        assert len(memory_ids) == 160 + 37
        assert len({row["relationship_id"] for row in sample.memory_relationships}) == 138
        assert [row["id"] for row in sample.clusters] == list(range(1, 18))
        assert [row["id"] for row in sample.cluster_members] == list(range(1, 159))

    def test_texts_are_unique(self, sample: Dataset) -> None:
        texts = {row["searchable_content"] for row in sample.long_term_memory + sample.short_term_memory}
        assert len(texts) == 160 + 37

    def test_texts_hold_what_is_hard_to_carry(self, sample: Dataset) -> None:
        text = "\0".join(row["searchable_content"] for row in sample.long_term_memory)
        for hard in ["\n", '"', "'", "☕", "日本語", "العربية", "हिन्दी", "ọkọ́", "ö", "«", "🦡"]:
            assert hard in text

    def test_both_ends_of_a_relationship_exist(self, sample: Dataset, memory_ids: set[str]) -> None:
        for row in sample.memory_relationships:
            assert {row["source_memory_id"], row["target_memory_id"]} <= memory_ids
            assert row["source_memory_id"] != row["target_memory_id"]

    def test_relationship_types(self, sample: Dataset) -> None:
        assert Counter(row["relationship_type"] for row in sample.memory_relationships) == {
            "supports": 35,
            "similar_to": 34,
            "refines": 19,
            "follows": 18,
            "contradicts": 16,
            "mentions": 16,
        }

    def test_strengths_fit_into_four_bytes(self, sample: Dataset) -> None:
        strengths = [row["strength"] for row in sample.memory_relationships]
        assert all(0 < strength <= 1 and strength * 64 % 1 == 0 for strength in strengths)

    def test_some_relationships_cross_namespaces(self, sample: Dataset) -> None:
        home = {row["memory_id"]: row["namespace"] for row in sample.long_term_memory + sample.short_term_memory}
        crossing = [
            row for row in sample.memory_relationships if home[row["source_memory_id"]] != home[row["target_memory_id"]]
        ]
        assert len(crossing) == 8
        assert all(row["namespace"] == home[row["source_memory_id"]] for row in sample.memory_relationships)

    def test_every_cluster_has_its_members(self, sample: Dataset, memory_ids: set[str]) -> None:
        members = Counter(row["cluster_id"] for row in sample.cluster_members)
        assert members == {row["id"]: row["size"] for row in sample.clusters}
        assert {row["memory_id"] for row in sample.cluster_members} <= memory_ids

    def test_the_last_cluster_spans_namespaces(self, sample: Dataset) -> None:
        home = {row["memory_id"]: row["namespace"] for row in sample.long_term_memory}
        spanned = {
            cluster: {home[row["memory_id"]] for row in rows}
            for cluster, rows in itertools.groupby(sample.cluster_members, key=lambda row: row["cluster_id"])
        }
        assert spanned.pop(17) == {"support", "team:atlas", "team:borealis"}
        assert {len(namespaces) for namespaces in spanned.values()} == {1}

    def test_references_between_memories(self, sample: Dataset) -> None:
        """Duplicates and successors point at older memories of their own topic; related ones exist."""
        by_id = {row["memory_id"]: row for row in sample.long_term_memory}
        counted: Counter[str] = Counter()
        for row in sample.long_term_memory:
            older = [*filter(None, [row["duplicate_of"]]), *(row["supersedes_json"] or [])]
            assert all(by_id[other]["created_at"] < row["created_at"] for other in older)
            assert all(by_id[other]["topic"] == row["topic"] for other in older)
            related = row["related_memories_json"] or []
            assert set(related) <= by_id.keys() - {row["memory_id"]}
            counted["duplicate_of"] += bool(row["duplicate_of"])
            counted["supersedes_json"] += bool(row["supersedes_json"])
            counted["related_memories_json"] += bool(related)
        assert counted == {"duplicate_of": 9, "supersedes_json": 9, "related_memories_json": 128}

    def test_embeddings_have_one_dimension_and_length_1(self, sample: Dataset) -> None:
        for row in sample.long_term_memory + sample.short_term_memory:
            assert len(row["embedding"]) == DIMENSIONS == 64
            assert cosine(row["embedding"], row["embedding"]) == pytest.approx(1, abs=1e-5)
        assert {len(row["centroid"]) for row in sample.clusters} == {64}

    def test_embeddings_lie_together_by_topic(self, sample: Dataset) -> None:
        for row in sample.long_term_memory:
            others = [other for other in sample.long_term_memory if other is not row]
            nearest = max(others, key=lambda other: cosine(row["embedding"], other["embedding"]))
            assert nearest["topic"] == row["topic"]

    def test_times_are_of_2026_and_in_order(self, sample: Dataset) -> None:
        for row in sample.long_term_memory:
            assert row["timestamp"] < row["created_at"] < row["extraction_timestamp"] < NOW
            assert (row["last_accessed"] is None) == (row["access_count"] == 0)
            assert row["created_at"] <= (row["last_accessed"] or NOW) <= NOW
        months = {(row["created_at"].year, row["created_at"].month) for row in sample.long_term_memory}
        assert months == {(2026, month) for month in range(1, 11)}
        assert len({row["created_at"].microsecond for row in sample.long_term_memory}) > 100

    def test_short_term_memories_expire_unless_permanent(self, sample: Dataset) -> None:
        expiry = Counter(
            (row["is_permanent_context"], row["expires_at"] and (row["expires_at"] - row["created_at"]).days)
            for row in sample.short_term_memory
        )
        assert expiry == {(False, 7): 33, (True, None): 4}


@pytest.mark.django_db
class TestCommand:
    def test_fills_the_five_tables(self, sample: Dataset) -> None:
        out = io.StringIO()
        call_command("load-sample-data", stdout=out)

        assert out.getvalue() == f"Loaded {COUNTS}.\n"
        for model in MODELS:
            key = model._meta.pk.name
            expected = sorted(sample.tables()[model._meta.db_table], key=lambda row: row[key])
            assert list(model._default_manager.order_by(key).values()) == expected

    def test_refuses_a_database_that_holds_rows(self) -> None:
        call_command("load-sample-data", stdout=io.StringIO())

        with pytest.raises(CommandError) as refusal:
            call_command("load-sample-data")

        assert str(refusal.value) == (
            f"The database 'default' holds {COUNTS}; sample data goes into empty tables only. "
            "Name another one with --database-url, or empty these tables first."
        )
        assert [model._default_manager.count() for model in MODELS] == [160, 37, 17, 158, 138]

    def test_one_row_in_one_table_is_reason_enough(self) -> None:
        Cluster.objects.create(summary="mine")

        with pytest.raises(CommandError, match="holds 1 row: 1 in clusters;"):
            call_command("load-sample-data")

        assert [model._default_manager.count() for model in MODELS] == [0, 0, 1, 0, 0]

    def test_if_empty_leaves_a_database_that_holds_rows(self) -> None:
        Cluster.objects.create(summary="mine")
        out = io.StringIO()

        call_command("load-sample-data", "--if-empty", stdout=out)

        assert out.getvalue() == "Nothing was loaded: the database 'default' already holds 1 row: 1 in clusters.\n"
        assert [model._default_manager.count() for model in MODELS] == [0, 0, 1, 0, 0]

    def test_if_empty_fills_an_empty_database(self) -> None:
        out = io.StringIO()
        call_command("load-sample-data", "--if-empty", stdout=out)
        assert out.getvalue() == f"Loaded {COUNTS}.\n"


def test_new_rows_get_ids_past_the_loaded_ones(migrated_url: str, run_memoria: RunMemoria) -> None:
    environment = {"DATABASE_URL": migrated_url}
    create = "from memoria.models import Cluster; print(Cluster.objects.create(summary='next').pk)"

    loaded = run_memoria("load-sample-data", env=environment)
    created = run_memoria("shell", "--verbosity=0", "--command", create, env=environment)

    assert (loaded.returncode, loaded.stdout.decode(), loaded.stderr) == (0, f"Loaded {COUNTS}.\n", b"")
    assert (created.returncode, created.stdout, created.stderr) == (0, b"18\n", b"")


def test_a_database_without_tables(database_url: str, run_memoria: RunMemoria) -> None:
    result = run_memoria("load-sample-data", env={"DATABASE_URL": database_url})

    assert result.returncode == 1
    assert result.stderr.decode() == (
        "CommandError: The database 'default' has no table long_term_memory, short_term_memory, clusters, "
        "cluster_members, memory_relationships: create them with `memoria migrate`, DATABASE_URL naming the "
        "database, or with --migrate of an import\n"
    )


def test_a_database_out_of_reach(run_memoria: RunMemoria) -> None:
    url = "postgresql://ada:s3cret-word@127.0.0.1:1/memories"
    result = run_memoria("load-sample-data", env={"DATABASE_URL": url})

    assert result.returncode == 1
    assert result.stderr.decode().startswith("CommandError: The database 'default' cannot be filled: ")
    assert "s3cret-word" not in result.stderr.decode()
    assert "Traceback" not in result.stderr.decode()


def test_a_file_that_is_not_there(run_memoria: RunMemoria, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/new.sqlite3"
    result = run_memoria("load-sample-data", "--database-url", url)
    assert result.returncode == 1
    assert result.stderr.decode() == f"CommandError: {url} does not exist: {CREATE.format('it')}\n"
    assert list(tmp_path.iterdir()) == []
