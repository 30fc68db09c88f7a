"""One row from one piece of prose: a column for everything that the tables ask for."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from memoria.sample_data.numbers import between, embedding, mean, share
from memoria.sample_data.topics import Kind, Memory, Recent, Topic

Row = dict[str, Any]
"""Column name to value; JSON columns hold Python values, times are aware and in UTC."""

NOW = datetime(2026, 10, 26, 18, 0, tzinfo=UTC)  # the moment at which the sample was "taken"
MODELS = ("assistant-large-2", "assistant-large-3", "assistant-small-3")
SENTENCE_ENDS = ("\n", ". ", "! ", "? ", "; ", "。")


@dataclass(frozen=True)
class Traits:
    """What a kind of memory has in common."""

    classification: str
    importance: str
    score: float
    retention: str = "long_term"


TRAITS: dict[Kind, Traits] = {
    "preference": Traits("personal", "high", 0.70),
    "fact": Traits("reference", "medium", 0.50),
    "decision": Traits("contextual", "high", 0.75),
    "project": Traits("contextual", "high", 0.65),
    "skill": Traits("reference", "medium", 0.60),
    "rule": Traits("essential", "critical", 0.85, "permanent"),
    "event": Traits("conversational", "low", 0.40),
}


def memory_id(key: str) -> str:
    return str(uuid5(NAMESPACE_URL, f"memoria-sample/memory/{key}"))


def relationship_id(source: str, relation: str, target: str) -> str:
    return str(uuid5(NAMESPACE_URL, f"memoria-sample/relationship/{source}/{relation}/{target}"))


def long_term(topic: Topic, position: int, related: Sequence[str]) -> Row:
    """`position` in the topic's memories decides the time, `related` holds the keys of linked memories."""
    memory = topic.memories[position]
    traits = TRAITS[memory.kind]
    said = _moment(topic, position)
    created = said + timedelta(seconds=between(0.2, 4, memory.key, "noted"))
    return {
        **_common(topic, memory, kind=memory.kind, score=traits.score, created=created),
        "original_chat_id": None,
        "retention_type": traits.retention,
        "timestamp": said,
        "novelty_score": share(memory.key, "novelty"),
        "relevance_score": between(0.4, 1, memory.key, "relevance"),
        "actionability_score": between(0.1, 0.9, memory.key, "actionability"),
        "documents_json": _documents(topic) if position == 0 else None,
        "classification": traits.classification,
        "memory_importance": traits.importance,
        "topic": topic.name,
        "entities_json": _named(topic.people_and_things, memory.text),
        "keywords_json": _named(topic.keywords, memory.text) or [topic.keywords[0]],
        "is_user_context": topic.namespace == "default",
        "is_preference": memory.kind == "preference",
        "is_skill_knowledge": memory.kind == "skill",
        "is_current_project": memory.kind in {"project", "decision"},
        "promotion_eligible": memory.kind == "rule",
        "duplicate_of": memory_id(memory.same_as) if memory.same_as else None,
        "supersedes_json": [memory_id(memory.replaces)] if memory.replaces else None,
        "related_memories_json": [memory_id(key) for key in related] or None,
        "confidence_score": between(0.6, 1, memory.key, "confidence"),
        "extraction_timestamp": created + timedelta(milliseconds=between(1, 900, memory.key, "extracted")),
        "classification_reason": f"Classified as {memory.kind}: {topic.name}.",
        "processed_for_duplicates": True,
        "conscious_processed": share(memory.key, "conscious") < 0.8,
    }


def short_term(topic: Topic, recent: Recent) -> Row:
    created = NOW - timedelta(days=between(0, 6, recent.key, "created"))
    permanent = share(recent.key, "permanent") < 0.1
    return {
        **_common(topic, recent, kind="context", score=0.45, created=created),
        "chat_id": None,
        "retention_type": "short_term",
        "expires_at": None if permanent else created + timedelta(days=7),
        "is_permanent_context": permanent,
    }


def cluster(cluster_id: int, summary: str, members: Sequence[Row]) -> Row:
    """`members` are rows of long-term memories."""
    importance = _average(members, "importance_score")
    return {
        "id": cluster_id,
        "summary": summary,
        "centroid": mean([row["embedding"] for row in members]),
        "y_centroid": _average(members, "y_coord"),
        "z_centroid": _average(members, "z_coord"),
        "polarity": between(-0.4, 0.8, summary, "polarity"),
        "subjectivity": share(summary, "subjectivity"),
        "size": len(members),
        "avg_importance": importance,
        "update_count": len(members) - 1,
        "last_updated": max(row["extraction_timestamp"] for row in members) + timedelta(minutes=5),
        "weight": importance * len(members),
        "total_tokens": sum(_tokens(row["searchable_content"]) for row in members),
        "total_chars": sum(len(row["searchable_content"]) for row in members),
    }


def cluster_member(member_id: int, cluster_id: int, memory: Row) -> Row:
    return {
        "id": member_id,
        "memory_id": memory["memory_id"],
        "anchor": memory["keywords_json"][0],
        "summary": memory["summary"],
        "tokens": _tokens(memory["searchable_content"]),
        "chars": len(memory["searchable_content"]),
        "cluster_id": cluster_id,
    }


def relationship(source: Row, relation: str, target: Row, strength: float, reason: str | None) -> Row:
    """In the namespace of its source, made a moment after the younger of its ends."""
    name = relationship_id(source["memory_id"], relation, target["memory_id"])
    noticed = timedelta(seconds=between(1, 90, name))
    return {
        "relationship_id": name,
        "source_memory_id": source["memory_id"],
        "target_memory_id": target["memory_id"],
        "relationship_type": relation,
        # Sixty-fourths fit into the 4-byte column of existing PostgreSQL databases without rounding.
        "strength": round(strength * 64) / 64,
        "reasoning": reason,
        "namespace": source["namespace"],
        "created_at": max(source["created_at"], target["created_at"]) + noticed,
    }


def _common(topic: Topic, piece: Memory | Recent, *, kind: str, score: float, created: datetime) -> Row:
    """The columns that both memory tables have."""
    key, text = piece.key, piece.text
    times_read = int(between(0, 24, key, "read"))
    read_after = (NOW - created) * share(key, "last read")
    return {
        "memory_id": memory_id(key),
        "processed_data": {"text": text, "tokens": _tokens(text), "kind": kind, "emotional_intensity": None},
        "importance_score": between(score, score + 0.15, key, "importance"),
        "category_primary": kind,
        "namespace": topic.namespace,
        "created_at": created,
        "access_count": times_read,
        "last_accessed": created + read_after if times_read else None,
        "searchable_content": text,
        "summary": _first_sentence(text),
        "x_coord": (created - NOW) / timedelta(days=1),
        "y_coord": between(-5, 5, topic.name, "y") + between(-3, 3, key, "y"),
        "z_coord": between(-5, 5, topic.name, "z") + between(-3, 3, key, "z"),
        "symbolic_anchors": [*topic.keywords[:2], kind],
        "embedding": embedding(topic.name, text),
        "team_id": None,
        "workspace_id": None,
        "last_edited_by_model": MODELS[int(between(0, len(MODELS), key, "model"))],
    }


def _moment(topic: Topic, position: int) -> datetime:
    """Evenly spread from the topic's start until a week before NOW, each a little late, in order."""
    start = datetime.combine(topic.starts, datetime.min.time(), UTC)
    step = (NOW - timedelta(days=7) - start) / len(topic.memories)
    return start + step * (position + between(0.02, 0.9, topic.name, str(position)))


def _documents(topic: Topic) -> list[Row]:
    title, address = topic.document
    return [{"title": title, "uri": address, "pages": 1 + int(between(0, 40, title))}]


def _named(names: Sequence[str], text: str) -> list[str]:
    """Those of the names that the text contains."""
    return [name for name in names if name.casefold() in text.casefold()]


def _first_sentence(text: str) -> str:
    ends = [text.find(end) + 1 for end in SENTENCE_ENDS if text.find(end) > 25]
    return text[: min(ends, default=len(text))].rstrip("\n.;:。")


def _tokens(text: str) -> int:
    """A rough count, as SDKs make it: four characters are a token."""
    return max(1, len(text) // 4)


def _average(rows: Sequence[Row], column: str) -> float:
    return mean([[row[column]] for row in rows])[0]
