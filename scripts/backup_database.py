#!/usr/bin/env python3
"""`python scripts/backup_database.py FILE` backs the database up, `--restore FILE` brings it back.

The commands backup-database and restore-database, with all their options, from any folder and from cron.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))


from memoria.cli import main

if __name__ == "__main__":
    if "--restore" in sys.argv:
        sys.argv.remove("--restore")
        sys.argv[:1] = [f"{sys.argv[0]} --restore", "restore-database"]
    else:
        sys.argv.insert(1, "backup-database")
    main()
