"""Counts what a database holds and a snapshot of it does not, so that nothing stays behind in silence."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from memoria.snapshot.database import Source
from memoria.snapshot.export.selection import NOTHING, Conditions
from memoria.snapshot.report import LeftOut
from memoria.snapshot.schema.facts import Table, TableFacts
from memoria.snapshot.schema.registry import other_columns, other_tables
from memoria.snapshot.schema.relations import EDGES, MEMORIES, relations


def left_out(
    source: Source,
    facts: Mapping[str, TableFacts],
    tables: Sequence[Table],
    conditions: Conditions | None,
    selected: Mapping[str, int],
) -> list[LeftOut]:
    """Rows of tables, values of columns that no snapshot carries, and where only some namespaces are chosen
    (`selected`: table -> rows that are) also their edges and references to memories outside."""
    found = [LeftOut(name, source.count(name)) for name in other_tables(facts, tables)]
    for table in tables:
        if table.name in facts:
            for column in other_columns(table, facts[table.name]):
                found.append(LeftOut(table.name, source.count(table.name, column), column))
            if conditions is not None:
                found.append(LeftOut(table.name, source.count(table.name) - selected[table.name]))
    if conditions is not None:
        found += _crossing(source, facts, conditions)
    return [one for one in found if one.count or conditions is None]


def _crossing(source: Source, facts: Mapping[str, TableFacts], conditions: Conditions) -> Iterator[LeftOut]:
    for table in EDGES:
        if table in facts and conditions.of[table] != NOTHING and not conditions.keeps_crossing_edges:
            count = source.count(table, where=conditions.crossing(table))
            yield LeftOut(table, count, crossing=conditions.elsewhere)
    for table in filter(facts.__contains__, MEMORIES):
        mentions = dict.fromkeys(relations(table).memories, False) | dict.fromkeys(relations(table).json_ids, True)
        for column, is_array in mentions.items():
            if column in facts[table].columns:
                name = f'{table}."{column}"'
                outside = conditions.outside("e.value" if is_array else name)
                if is_array:
                    outside = f"EXISTS (SELECT 1 FROM {source.elements(name)} WHERE {outside})"
                where = f"{conditions.of[table]} AND {name} IS NOT NULL AND {outside}"
                yield LeftOut(table, source.count(table, where=where), column, conditions.elsewhere)
