#!/usr/bin/env python
"""Django's command line for this checkout: the same program as `memoria`."""

from memoria.cli import main

if __name__ == "__main__":
    main()
