"""A first tour: sample memories leave one database, arrive in another, and the two are compared.

`make quickstart` runs it, or `.venv/bin/python scripts/quickstart.py`; run it as often as you like.
The database is the one of DATABASE_URL, else memoria.sqlite3; files go to MEMORIA_EXPORT_DIR, else export/.
"""

import os
import shlex
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

ROOT = Path(__file__).resolve().parent.parent
EXPORTS = Path(os.environ.get("MEMORIA_EXPORT_DIR") or "export")
SNAPSHOT = str(EXPORTS / "quickstart.ndjson")
BACKUP = str(EXPORTS / "quickstart.sql.zst")
COPY = "sqlite:///" + quote(str(EXPORTS / "quickstart-copy.sqlite3"))

# A word of a command that is typed, and printed, as "$DATABASE_URL": the address may hold a password.
DATABASE_URL = "$DATABASE_URL"
DATABASE = DATABASE_URL if os.environ.get("DATABASE_URL") else "sqlite:///memoria.sqlite3"


@dataclass(frozen=True)
class Step:
    title: str
    arguments: tuple[str, ...]  # of manage.py


STEPS = (
    Step("Create the tables", ("migrate", "--no-input")),
    Step("Fill them with sample memories", ("load-sample-data", "--if-empty")),
    Step("Export everything to one file", ("export-data", SNAPSHOT)),
    Step(
        "Import that file into a second database",
        ("import-data", SNAPSHOT, "--migrate", "--no-input", "--database-url", COPY),
    ),
    Step("Prove that the two databases are equal", ("compare-data", DATABASE, COPY)),
)

WHAT_HAPPENED = f"""\
What happened
  - Your database holds memories in five tables: long-term, short-term, clusters, members, relationships.
  - export-data wrote all of them, as they were at one moment, to {SNAPSHOT}:
    one row per line, a header on top, counts and a sha256 at the end.
  - import-data checked every row, and wrote them to a second database in one transaction, which ended
    only when the whole file had proven itself.
  - compare-data read both databases row by row and found them equal.
"""


def main() -> int:
    for number, step in enumerate(STEPS, start=1):
        print(f"{number}. {step.title}\n$ {typed(manage(*step.arguments))}", flush=True)
        code = run(step)
        if code:
            print(
                f"\nThe quickstart stopped: {step.arguments[0]} failed with exit code {code}.",
                file=sys.stderr,
            )
            return code
        print(flush=True)
    print(WHAT_HAPPENED)
    print(what_next(), end="")
    return 0


def run(step: Step) -> int:
    """Run the command with our own stdout and stderr; its exit code, as a shell counts it."""
    command = [os.environ["DATABASE_URL"] if w == DATABASE_URL else w for w in manage(*step.arguments)]
    code = subprocess.run(command, cwd=ROOT, check=False).returncode
    return code if code >= 0 else 128 - code


def manage(*arguments: str) -> tuple[str, ...]:
    return (python(), "manage.py", *arguments)


def python() -> str:
    """This interpreter, as one would type it in the project's folder."""
    executable = Path(sys.executable)
    return str(executable.relative_to(ROOT) if executable.is_relative_to(ROOT) else executable)


def typed(command: Sequence[str]) -> str:
    return " ".join(f'"{word}"' if word == DATABASE_URL else shlex.quote(word) for word in command)


def what_next() -> str:
    other = "postgresql://user@localhost/memories"
    pipe = (
        manage("export-data", "-"),
        manage("import-data", "-", "--migrate", "--database-url", other),
    )
    tries = (
        ("Look at the file", f"head -n 3 {shlex.quote(SNAPSHOT)} | cut -c 1-300"),
        (
            "See what an import would do, and change nothing",
            typed(manage("import-data", SNAPSHOT, "--dry-run")),
        ),
        ("Back the whole database up, and prove it by restoring it", typed(manage("backup-database", BACKUP))),
        ("Move everything to PostgreSQL, into a database that exists", " | ".join(map(typed, pipe))),
        ("Make yourself an account for the admin", f"MEMORIA_DEBUG=1 {typed(manage('createsuperuser'))}"),
        (
            "Start the site and open http://127.0.0.1:8000/admin/",
            f"MEMORIA_DEBUG=1 {typed(manage('runserver'))}",
        ),
    )
    return "What to try next\n" + "".join(f"\n  # {title}\n  {command}\n" for title, command in tries)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
