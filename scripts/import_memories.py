#!/usr/bin/env python3
"""`python scripts/import_memories.py FILE --namespace NAME --dry-run`: the command import-memories, from any folder."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from memoria.cli import main

if __name__ == "__main__":
    sys.argv.insert(1, "import-memories")
    main()
