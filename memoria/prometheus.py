"""Writes figures in the text format of Prometheus, version 0.0.4."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Sample:
    """One figure: it may go up and down."""

    name: str
    value: int
    labels: Mapping[str, str] = field(default_factory=dict)


def exposition(samples: Iterable[Sample], help: Mapping[str, str]) -> str:
    """All samples of a name below its help, in the order in which the names come first."""
    of_name: dict[str, list[str]] = {}
    for sample in samples:
        lines = of_name.setdefault(
            sample.name, [f"# HELP {sample.name} {help[sample.name]}", f"# TYPE {sample.name} gauge"]
        )
        labels = ",".join(f'{name}="{_escaped(value)}"' for name, value in sample.labels.items())
        lines.append(f"{sample.name}{f'{{{labels}}}' if labels else ''} {sample.value}")
    return "".join(f"{line}\n" for lines in of_name.values() for line in lines)


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
