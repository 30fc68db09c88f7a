"""Files as the engine needs them: read twice, or written whole or not at all."""

from memoria.snapshot.files.input import InputFile
from memoria.snapshot.files.output import OutputFile, require_no_database, sync_folder

__all__ = ["InputFile", "OutputFile", "require_no_database", "sync_folder"]
