"""Writes numbers and foreign text on pages."""

from __future__ import annotations

import json
import re
from typing import Any

from django import template

from memoria.admin.snapshots.findings import AFTERWARDS
from memoria.admin.snapshots.forms import boxed as in_words_of_the_page
from memoria.models import Finding
from memoria.text import size
from memoria.text import visible as without_control

register = template.Library()
_MOMENT = re.compile(r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:\.\d+)?Z?")
"""A time as snapshots spell it, all of which are UTC."""


@register.filter
def thousands(number: int) -> str:
    return f"{number:,}"


@register.filter
def amount(count: int) -> str:
    """Bytes as the commands write them: 1 kB is 1,000 of them."""
    return size(count)


@register.filter
def moment(text: str) -> str:
    """A time of a file as the pages write theirs; what is none is left as it is."""
    found = _MOMENT.fullmatch(text)
    return f"{found[1]} {found[2]} UTC" if found else text


@register.filter
def plain(number: float) -> str:
    """A number as SVG reads it, whatever the language of the page."""
    return f"{number:g}"


@register.filter
def visible(value: Any) -> str:
    """Foreign text without the power to turn the line around; escaped like any other."""
    return without_control(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))


@register.filter
def phrase(word: str) -> str:
    return word.replace("_", " ")


@register.filter
def afterwards(finding: Finding) -> str:
    """What a preview said of a row, when it is applied."""
    return AFTERWARDS.get(finding.action, finding.reason)


@register.filter
def boxed(sentence: str) -> str:
    """A sentence of the engine, which names options of the commands, in the words of the pages."""
    return in_words_of_the_page(sentence)
