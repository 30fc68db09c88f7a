"""The program on a newer SQLite library than Python's own, with the same arguments."""

import sys

import pysqlite3
import pysqlite3.dbapi2

sys.modules["sqlite3"] = pysqlite3
sys.modules["sqlite3.dbapi2"] = pysqlite3.dbapi2

if __name__ == "__main__":
    from memoria.cli import main

    main()
