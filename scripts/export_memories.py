#!/usr/bin/env python3
"""`python scripts/export_memories.py --namespace NAME --output FILE`: the command export-memories, from any folder."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from memoria.cli import main

if __name__ == "__main__":
    sys.argv.insert(1, "export-memories")
    main()
