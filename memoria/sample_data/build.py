"""The prose of all topics as rows of the five tables."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from itertools import count

from memoria.sample_data import across, atlas, borealis, personal, research, rows, support
from memoria.sample_data.numbers import between, cosine
from memoria.sample_data.rows import Row
from memoria.sample_data.topics import Topic

TOPICS: tuple[Topic, ...] = (
    *research.TOPICS,
    *support.TOPICS,
    *atlas.TOPICS,
    *borealis.TOPICS,
    *personal.TOPICS,
)


@dataclass(frozen=True)
class Dataset:
    """The rows of each table, under its name, in an order in which they can be inserted."""

    long_term_memory: list[Row]
    short_term_memory: list[Row]
    clusters: list[Row]
    cluster_members: list[Row]
    memory_relationships: list[Row]

    def tables(self) -> dict[str, list[Row]]:
        return {field.name: getattr(self, field.name) for field in fields(self)}


def build() -> Dataset:
    memories = _memories()
    clusters, members = _clusters(memories)
    recent = {piece.key: rows.short_term(topic, piece) for topic in TOPICS for piece in topic.recent}
    return Dataset(
        long_term_memory=list(memories.values()),
        short_term_memory=list(recent.values()),
        clusters=clusters,
        cluster_members=members,
        memory_relationships=[
            *_written_links(memories),
            *_similarities(memories),
            *_mentions(memories, recent),
        ],
    )


def _memories() -> dict[str, Row]:
    """Long-term memories by key."""
    related = defaultdict(list)
    for topic in TOPICS:
        for link in topic.links:
            related[link.source].append(link.target)
            related[link.target].append(link.source)
    return {
        memory.key: rows.long_term(topic, position, sorted(set(related[memory.key])))
        for topic in TOPICS
        for position, memory in enumerate(topic.memories)
    }


def _clusters(memories: Mapping[str, Row]) -> tuple[list[Row], list[Row]]:
    """A cluster for each topic, duplicates left out, and one across namespaces; then the members of all."""
    groups = [(topic.summary, [m.key for m in topic.memories if not m.same_as]) for topic in TOPICS]
    groups.append((across.CLUSTER_SUMMARY, list(across.CLUSTER_MEMBERS)))
    clusters: list[Row] = []
    members: list[Row] = []
    member_ids = count(1)
    for cluster_id, (summary, keys) in enumerate(groups, start=1):
        inside = [memories[key] for key in keys]
        clusters.append(rows.cluster(cluster_id, summary, inside))
        members.extend(rows.cluster_member(next(member_ids), cluster_id, memory) for memory in inside)
    return clusters, members


def _written_links(memories: Mapping[str, Row]) -> Iterator[Row]:
    """The links that stand in the prose, inside topics and across namespaces."""
    for link in [*(link for topic in TOPICS for link in topic.links), *across.LINKS]:
        strength = between(0.55, 1, link.source, link.relation, link.target)
        source, target = memories[link.source], memories[link.target]
        yield rows.relationship(source, link.relation, target, strength, link.reason)


def _similarities(memories: Mapping[str, Row]) -> Iterator[Row]:
    """Pairs of memories of a topic, each of which is more like the other than like the rest."""
    for topic in TOPICS:
        keys = [memory.key for memory in topic.memories]
        nearest = {key: _nearest(memories[key], [k for k in keys if k != key], memories) for key in keys}
        for one, other in nearest.items():
            if nearest[other] == one and one < other:
                strength = cosine(memories[one]["embedding"], memories[other]["embedding"])
                yield rows.relationship(memories[one], "similar_to", memories[other], strength, None)


def _mentions(memories: Mapping[str, Row], recent: Mapping[str, Row]) -> Iterator[Row]:
    """The first short-term memory of each topic, and the long-term one it is most like."""
    for topic in TOPICS:
        piece = recent[topic.recent[0].key]
        target = memories[_nearest(piece, [memory.key for memory in topic.memories], memories)]
        strength = cosine(piece["embedding"], target["embedding"])
        yield rows.relationship(piece, "mentions", target, strength, None)


def _nearest(row: Row, keys: list[str], memories: Mapping[str, Row]) -> str:
    return max(keys, key=lambda key: cosine(row["embedding"], memories[key]["embedding"]))
