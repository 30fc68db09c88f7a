"""Spells a record of a log as one line: for people, or as a JSON object for what collects logs."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime
from typing import Any

from memoria.snapshot.times import spelled
from memoria.text import visible


def fields_of(record: logging.LogRecord) -> dict[str, Any]:
    """Time (UTC), level, logger, message; then what `extra={"fields": …}` adds, and a traceback where there is one."""
    found = {
        "time": spelled(datetime.fromtimestamp(record.created, UTC)),
        "level": record.levelname.lower(),
        "logger": record.name,
        "message": record.getMessage(),
        **getattr(record, "fields", {}),
    }
    if record.exc_info:
        found["traceback"] = logging.Formatter().formatException(record.exc_info)
    return found


class JsonLines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        return json.dumps(fields_of(record), default=str)


class Lines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        found = fields_of(record)
        begin = (
            f"{found.pop('time')} {found.pop('level').upper()} {found.pop('logger')}: {visible(found.pop('message'))}"
        )
        traceback = found.pop("traceback", "")
        more = " ".join(f"{name}={json.dumps(value, default=str)}" for name, value in found.items())
        return "\n".join(filter(None, (f"{begin} {more}".rstrip(), traceback)))


FORMATS: dict[str, type[logging.Formatter]] = {"json": JsonLines, "lines": Lines}
"""By what `MEMORIA_LOG` may say."""
