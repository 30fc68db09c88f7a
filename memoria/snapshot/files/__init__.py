"""Files as the engine needs them: read twice, or written whole or not at all."""

from memoria.snapshot.files.input import InputFile
from memoria.snapshot.files.output import OutputFile, sync_folder

__all__ = ["InputFile", "OutputFile", "sync_folder"]
