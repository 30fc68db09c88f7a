"""Holds what a run of a backup command did, as plain data. docs/commands.md is its contract."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from memoria.backup.store.sidecar import Sidecar


@dataclass(slots=True)
class VerifyReport:
    """Of several backups."""

    verified: list[BackupReport] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)
    """File -> why."""

    @property
    def exit_code(self) -> int:
        return 1 if self.refused else 0

    def as_dict(self) -> dict[str, Any]:
        return {
            "report_version": 1,
            "operation": "verify-several",
            "verified": [report.as_dict() for report in self.verified],
            "refused": self.refused,
            "exit_code": self.exit_code,
        }


@dataclass(slots=True)
class BackupReport:
    operation: str
    """backup, restore or verify."""
    database: str
    file: str
    backup: Sidecar | None = None
    verified: str = ""
    """restored, read, or empty where nobody verified it."""
    seconds: float = 0.0
    notes: list[str] = field(default_factory=list)
    kept: dict[str, list[str]] = field(default_factory=dict)
    removed: list[str] = field(default_factory=list)
    prune_dry_run: bool = False
    safety_backup: str = ""
    dry_run: bool = False
    """Of a restore."""
    replaced: dict[str, int] = field(default_factory=dict)
    """Table -> rows that a dry run of a restore would replace."""
    next_steps: list[str] = field(default_factory=list)

    @property
    def exit_code(self) -> int:
        return 0

    def as_dict(self) -> dict[str, Any]:
        backup = self.backup
        return {
            "report_version": 1,
            "operation": self.operation,
            "database": self.database,
            "file": self.file,
            "size": backup.size if backup else None,
            "sha256": backup.sha256 if backup else None,
            "created_at": backup.created_at if backup else None,
            "rows": backup.contents.rows if backup else None,
            "tables": {name: table.rows for name, table in backup.contents.tables.items()} if backup else {},
            "verified": self.verified,
            "suspicious": backup.suspicious if backup else "",
            "notes": self.notes,
            "kept": self.kept,
            "removed": self.removed,
            "prune_dry_run": self.prune_dry_run,
            "safety_backup": self.safety_backup,
            "dry_run": self.dry_run,
            "replaced": self.replaced,
            "next_steps": self.next_steps,
            "seconds": round(self.seconds, 3),
            "exit_code": self.exit_code,
        }
