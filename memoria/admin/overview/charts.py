"""Charts, as the places of their bars: a template draws them as SVG, with the figures in a table behind."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

WIDTH, LABELS, NUMBERS, ROW = 420, 130, 62, 22
HEIGHT, BASE = 160, 24


@dataclass(frozen=True)
class Bar:
    """`x`, `y`, `width` and `height` in units of the picture; `text` stands for the number."""

    label: str
    number: int
    text: str
    x: float
    y: float
    width: float
    height: float
    text_x: float
    text_y: float
    url: str = ""
    short: str = ""
    """As much of the label as there is room for."""


@dataclass(frozen=True)
class Chart:
    """A picture of `width` x `height`, its bars in rows or in columns. `column` names what the bars stand for."""

    title: str
    description: str
    column: str
    bars: tuple[Bar, ...]
    width: int
    height: int
    upright: bool = False
    note: str = ""


def rows(
    title: str, column: str, figures: Sequence[tuple[str, int, str]], *, unit: str, about: bool = False, note: str = ""
) -> Chart:
    """A bar from left to right for each (label, number, address)."""
    most = max((number for _, number, _ in figures), default=0) or 1
    room = WIDTH - LABELS - NUMBERS
    bars = []
    for position, (label, number, url) in enumerate(figures):
        wide = max(round(room * number / most, 1), 1.0 if number else 0.0)
        top = position * ROW + 3.0
        text = _text(number, about)
        bars.append(
            Bar(label, number, text, LABELS, top, wide, ROW - 8, LABELS + wide + 6, top + 11, url, _short(label, 18))
        )
    return Chart(title, _told(figures, unit, about), column, tuple(bars), WIDTH, max(len(bars), 1) * ROW, note=note)


def columns(
    title: str, column: str, figures: Sequence[tuple[str, int, str]], *, unit: str, about: bool = False, note: str = ""
) -> Chart:
    """A bar upwards for each (label, number, address), from left to right."""
    most = max((number for _, number, _ in figures), default=0) or 1
    step = WIDTH / max(len(figures), 1)
    room = HEIGHT - BASE - 16
    wide = min(step * 0.75, 60)
    bars = []
    for position, (label, number, url) in enumerate(figures):
        height = max(round(room * number / most, 1), 1.0 if number else 0.0)
        left = round(position * step + (step - wide) / 2, 1)
        # As many labels as have room.
        every = max(1, math.ceil(58 / step))
        short = label if position % every == 0 else ""
        top = HEIGHT - BASE - height
        text = _text(number, about)
        bars.append(
            Bar(label, number, text, left, top, round(wide, 1), height, left + wide / 2, HEIGHT - 8, url, short)
        )
    return Chart(title, _told(figures, unit, about), column, tuple(bars), WIDTH, HEIGHT, upright=True, note=note)


def _text(number: int, about: bool) -> str:
    return f"{'≈ ' if about else ''}{number:,}"


def _short(label: str, length: int) -> str:
    return label if len(label) <= length else f"{label[: length - 1]}…"


def _told(figures: Iterable[tuple[str, int, str]], unit: str, about: bool) -> str:
    """The figures as a sentence, for who cannot see the picture."""
    told = ", ".join(f"{label}: {number:,}" for label, number, _ in figures)
    return f"{unit}{', estimated' if about else ''}: {told}." if told else f"{unit}: none."
