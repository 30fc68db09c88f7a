"""How pages write numbers and foreign text."""

from __future__ import annotations

import json
from typing import Any

from django import template

from memoria.admin.snapshots.forms import boxed as in_words_of_the_page
from memoria.console.render import visible as without_control

register = template.Library()


@register.filter
def thousands(number: int) -> str:
    return f"{number:,}"


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
def boxed(sentence: str) -> str:
    """A sentence of the engine, which names options of the commands, in the words of the pages."""
    return in_words_of_the_page(sentence)
