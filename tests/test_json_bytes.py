"""Values as JSON, with and without memory."""

from __future__ import annotations

import subprocess
import sys

from memoria.json_bytes import encoded, encoder


def test_values() -> None:
    assert encoded({"a": [1, None, "ü"]}) == '{"a":[1,null,"ü"]}'.encode()


def test_one_after_the_other() -> None:
    encode = encoder()
    assert [encode("long" * 1000), encode(1), encode("")] == [b'"' + b"long" * 1000 + b'"', b"1", b'""']


def test_without_memory() -> None:
    program = """
import resource
from memoria.json_bytes import encoder
encode, kept = encoder(), []
size = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (size + (4 << 20),) * 2)
try:
    while True:
        kept.append(encode("x" * 8000))
except MemoryError:
    kept.clear()
    print("no memory")
"""
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stdout) == (0, "no memory\n"), ended
