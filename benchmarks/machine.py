"""What the figures were measured on."""

import os
import platform
import sqlite3
import subprocess
from datetime import UTC, datetime
from pathlib import Path

from benchmarks import sqlite
from benchmarks.project import ROOT


def describe(work: Path) -> dict[str, str]:
    """The machine in words, by what each is called; PostgreSQL is added where it is measured."""
    return {
        "Date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "Commit": commit(),
        "CPU": processor(),
        "Cores": str(len(os.sched_getaffinity(0))),
        "Memory": f"{memory_bytes() / 2**30:.1f} GiB",
        "Disk": file_system(work),
        "System": f"{platform.system()} {platform.release()}",
        "Python": platform.python_version(),
        "SQLite": f"{sqlite3.sqlite_version}; `sqlite3` program {sqlite.program_version() or 'not found'}",
    }


def commit() -> str:
    """The commit that is checked out; what is not committed yet does not show."""
    command = ("git", "rev-parse", "--short=12", "HEAD")
    try:
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return "unknown"


def processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def memory_bytes() -> int:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def file_system(path: Path) -> str:
    """The type of the file system that holds `path`."""
    best = ("", "unknown")
    for line in Path("/proc/self/mounts").read_text().splitlines():
        _, mount, kind = line.split()[:3]
        if path.resolve().is_relative_to(mount) and len(mount) >= len(best[0]):
            best = (mount, kind)
    return best[1]
