"""The rows that are measured: invented, the same for the same numbers, about 11 KB per long-term memory.

Every table's rows come as tuples in the order of its `COLUMNS`, one at a time, in the order in which they are
inserted. As in a database that was written to over time, that is not the order of the ids: those are random
(`sorted_ids` makes the two orders one). Values are those that SQLite stores: JSON columns as text the way
`json.dumps` writes it, times as UTC text with microseconds.
"""

import json
import random
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

GENERATOR = 1  # counts up whenever the same shape and seed give other rows

NAMESPACES = ("default", "research", "support", "projekt-übersicht")
DIMENSIONS = 384
MEMBERS_PER_CLUSTER = 10
START = datetime(2025, 1, 1, tzinfo=UTC)
Row = tuple[str | int | float | None, ...]


def names(text: str) -> tuple[str, ...]:
    return tuple(text.split())


COLUMNS = {
    "long_term_memory": names(
        """memory_id original_chat_id processed_data importance_score category_primary retention_type
        namespace timestamp created_at access_count last_accessed searchable_content summary novelty_score
        relevance_score actionability_score x_coord y_coord z_coord symbolic_anchors embedding documents_json
        team_id workspace_id last_edited_by_model classification memory_importance topic entities_json
        keywords_json is_user_context is_preference is_skill_knowledge is_current_project promotion_eligible
        duplicate_of supersedes_json related_memories_json confidence_score extraction_timestamp
        classification_reason processed_for_duplicates conscious_processed"""
    ),
    "short_term_memory": names(
        """memory_id chat_id processed_data importance_score category_primary retention_type namespace
        created_at expires_at access_count last_accessed searchable_content summary is_permanent_context
        x_coord y_coord z_coord symbolic_anchors embedding team_id workspace_id last_edited_by_model"""
    ),
    "clusters": names(
        """id summary centroid y_centroid z_centroid polarity subjectivity size avg_importance update_count
        last_updated weight total_tokens total_chars"""
    ),
    "cluster_members": names("id memory_id anchor summary tokens chars cluster_id"),
    "memory_relationships": names(
        """relationship_id source_memory_id target_memory_id relationship_type strength reasoning namespace
        created_at"""
    ),
}
TABLES = tuple(COLUMNS)

CATEGORIES = ("fact", "preference", "skill", "context", "rule")
CLASSIFICATIONS = ("conversational", "essential", "contextual", "reference", "personal")
IMPORTANCES = ("low", "medium", "high", "critical")
TOPICS = ("databases", "voyage", "cuisine", "Übersetzung", "планирование", "音楽", None)
MODELS = ("gpt-4o", "claude-sonnet", "mistral-large", None)
RELATIONS = ("related_to", "supersedes", "supports", "contradicts")
ACCENTED = names("naïve café größer señal Ελλάδα память 記憶 ذاكرة coöperate 🙂 «quoted»")


@dataclass(frozen=True)
class Shape:
    """How much to generate: the number of long-term memories, from which all others follow, and the seed."""

    rows: int
    seed: int = 1
    sorted_ids: bool = False

    @property
    def counts(self) -> dict[str, int]:
        """Rows per table."""
        clusters = self.rows // 100
        return {
            "long_term_memory": self.rows,
            "short_term_memory": self.rows // 10,
            "clusters": clusters,
            "cluster_members": clusters * MEMBERS_PER_CLUSTER,
            "memory_relationships": self.rows // 5,
        }


class Source:
    """The random values of one table. Words and embeddings are drawn from pools, which makes it fast."""

    def __init__(self, shape: Shape, table: str) -> None:
        self.shape = shape
        pools = random.Random(shape.seed)
        self.numbers = [repr(pools.gauss(0.0, 0.05)) for _ in range(50_000)]
        letters = "aaabcdeeefghiiklmnoooprsttuvw"
        self.words = ["".join(pools.choices(letters, k=pools.randint(2, 11))) for _ in range(3_000)]
        self.words += ACCENTED * 12
        self.random = random.Random(f"{shape.seed}/{table}")

    def memory_id(self, table: str, number: int) -> str:
        """The id of row `number`: a UUID that looks random, always the same for the same seed."""
        text = str(uuid.uuid5(uuid.NAMESPACE_OID, f"{self.shape.seed}/{table}/{number}"))
        return f"{number:08x}{text[8:]}" if self.shape.sorted_ids else text

    def any_memory_id(self) -> str:
        return self.memory_id("long_term_memory", self.random.randrange(self.shape.rows))

    def text(self, letters: int) -> str:
        """Words, some of them not ASCII, of about `letters` characters in all."""
        return " ".join(self.random.choices(self.words, k=max(1, letters * 2 // 15)))

    def embedding(self, dimensions: int = DIMENSIONS) -> str:
        """A JSON list of floats with 16 or 17 digits each, some 21 bytes per float."""
        return f"[{', '.join(self.random.choices(self.numbers, k=dimensions))}]"

    def time(self, days: int = 600) -> str:
        moment = START + timedelta(microseconds=self.random.randrange(days * 86_400_000_000))
        return moment.strftime("%Y-%m-%d %H:%M:%S.%f")

    def score(self) -> float:
        return self.random.random()

    def coordinate(self) -> float | None:
        return None if self.random.random() < 0.1 else self.random.uniform(-15.0, 15.0)

    def flag(self) -> int:
        return int(self.random.random() < 0.15)

    def namespace(self) -> str:
        return self.random.choices(NAMESPACES, weights=(5, 3, 2, 1))[0]

    def anchors(self) -> str:
        return json.dumps(self.random.choices(self.words, k=3))

    def processed_data(self, letters: int) -> str:
        return json.dumps(
            {
                "text": self.text(letters),
                "tokens": self.random.randrange(10, 400),
                "emotional_intensity": self.random.choice((None, self.random.random())),
                "source": {"model": self.random.choice(MODELS), "turn": self.random.randrange(1, 90)},
            }
        )


def rows(shape: Shape, table: str) -> Iterator[Row]:
    """Yield the rows of one table. They do not depend on whether another table's were asked for."""
    source = Source(shape, table)
    for number in range(shape.counts[table]):
        yield ROW_OF[table](source, number)


def long_term_memory(source: Source, number: int) -> Row:
    rng, text = source.random, source.text(1000)
    return (
        source.memory_id("long_term_memory", number),
        source.memory_id("chat_history", number // 3),
        source.processed_data(850),
        source.score(),
        rng.choice(CATEGORIES),
        "long_term",
        source.namespace(),
        source.time(),
        source.time(),
        rng.randrange(200),
        rng.choice((None, source.time())),
        text,
        text[:120],
        *(source.score() for _ in range(3)),
        *(source.coordinate() for _ in range(3)),
        source.anchors(),
        source.embedding(),
        rng.choice((None, json.dumps([{"title": source.text(30), "page": rng.randrange(90)}]))),
        None,  # team_id and workspace_id: their tables are empty
        None,
        rng.choice(MODELS),
        rng.choice(CLASSIFICATIONS),
        rng.choice(IMPORTANCES),
        rng.choice(TOPICS),
        source.anchors(),
        source.anchors(),
        *(source.flag() for _ in range(5)),
        None if rng.random() < 0.98 else source.any_memory_id(),
        None if rng.random() < 0.95 else json.dumps([source.any_memory_id()]),
        None if rng.random() < 0.7 else json.dumps([source.any_memory_id() for _ in range(3)]),
        source.score(),
        source.time(),
        rng.choice((None, source.text(60))),
        source.flag(),
        source.flag(),
    )


def short_term_memory(source: Source, number: int) -> Row:
    rng, text = source.random, source.text(500)
    return (
        source.memory_id("short_term_memory", number),
        None,  # chat_id: there are no chats
        source.processed_data(400),
        source.score(),
        rng.choice(CATEGORIES),
        "short_term",
        source.namespace(),
        source.time(),
        rng.choice((None, source.time())),
        rng.randrange(50),
        rng.choice((None, source.time())),
        text,
        text[:120],
        source.flag(),
        *(source.coordinate() for _ in range(3)),
        source.anchors(),
        source.embedding(),
        None,
        None,
        rng.choice(MODELS),
    )


def clusters(source: Source, number: int) -> Row:
    rng = source.random
    return (
        number + 1,
        source.text(200),
        source.embedding(3),
        source.coordinate(),
        source.coordinate(),
        rng.uniform(-1.0, 1.0),
        source.score(),
        MEMBERS_PER_CLUSTER,
        source.score(),
        rng.randrange(30),
        source.time(),
        source.score(),
        rng.randrange(5_000),
        rng.randrange(25_000),
    )


def cluster_members(source: Source, number: int) -> Row:
    rng = source.random
    return (
        number + 1,
        source.any_memory_id(),
        rng.choice(source.words),
        source.text(120),
        rng.randrange(400),
        rng.randrange(2_000),
        number // MEMBERS_PER_CLUSTER + 1,
    )


def memory_relationships(source: Source, number: int) -> Row:
    rng = source.random
    return (
        source.memory_id("memory_relationships", number),
        source.any_memory_id(),
        source.any_memory_id(),
        rng.choice(RELATIONS),
        rng.randrange(1, 129) / 128,  # exact in the 4 bytes that some databases keep of it
        rng.choice((None, source.text(80))),
        source.namespace(),
        source.time(),
    )


ROW_OF = {
    "long_term_memory": long_term_memory,
    "short_term_memory": short_term_memory,
    "clusters": clusters,
    "cluster_members": cluster_members,
    "memory_relationships": memory_relationships,
}
