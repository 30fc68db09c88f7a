from __future__ import annotations

import random
import time
from collections.abc import Iterator

import pytest

from memoria.snapshot.errors import InvalidSnapshot
from memoria.snapshot.rows.scanner import Scanner

CHUNKS = [1, 2, 7, 1 << 16]
each_chunk = pytest.mark.parametrize("size", CHUNKS)


def chunks(content: bytes, size: int) -> Iterator[bytes]:
    return iter([content[at : at + size] for at in range(0, len(content), size)])


def values(content: bytes, size: int) -> list[tuple[int, bytes]]:
    """Line and text of each value of an array."""
    scanner = Scanner(chunks(content, size))
    found = []
    scanner.take(b"[")
    while True:
        scanner.peek()
        found.append((scanner.line, scanner.value()))
        if scanner.peek() != b",":
            break
        scanner.position += 1
    scanner.take(b"]")
    assert scanner.peek() == b""
    return found


@each_chunk
def test_values_keep_their_text(size: int) -> None:
    content = b"""\
 [
  1.10, -0.0 ,"a\\"]\\\\"
  ,
  {"b" : [1, "}", {}]},
  [ ], true,null,  "\xc3\xa9[",
  [[
  2]]
 ]
"""
    assert values(content, size) == [
        (2, b"1.10"),
        (2, b"-0.0"),
        (2, b'"a\\"]\\\\"'),
        (4, b'{"b" : [1, "}", {}]}'),
        (5, b"[ ]"),
        (5, b"true"),
        (5, b"null"),
        (5, b'"\xc3\xa9["'),
        (6, b"[[\n  2]]"),
    ]


@each_chunk
def test_every_byte_is_left_behind_once_and_in_order(size: int) -> None:
    content = b'{"a": [1, 2], "b" :\n"x" , "c": {"d": 3}}  \n'
    gone: list[bytes] = []
    scanner = Scanner(chunks(content, size), gone.append)
    members = [(name, scanner.value()) for name in scanner.members()]
    assert members == [("a", b"[1, 2]"), ("b", b'"x"'), ("c", b'{"d": 3}')]
    assert scanner.peek() == b""
    assert b"".join(gone) == content
    assert scanner.last == b"  \n"
    assert scanner.line == 3


@each_chunk
@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "line 1: the file is cut: it ends where '{' should follow"),
        (b"[", "line 1: not JSON: '[' where '{' should follow"),
        (b"\n\n\xff", "line 3: not JSON: byte 0xff where '{' should follow"),
        (b"{", "line 1: the file is cut: it ends where a quoted name should follow"),
        (b"{\n1", "line 2: not JSON: '1' where a quoted name should follow"),
        (b'{"a', "line 1: the file is cut inside a string"),
        (b'{"a\\', "line 1: the file is cut inside a string"),
        (b'{"a"', "line 1: the file is cut: it ends where ':' should follow"),
        (b'{"a",', "line 1: not JSON: ',' where ':' should follow"),
        (b'{"\\x"', "line 1: not JSON: a malformed string"),
        (b'{"\xff"', "line 1: not JSON: a malformed string"),
        (b'{"\xed\xa0\x80"', "line 1: not JSON: a malformed string"),
        (b'{"a\nb"', "line 2: not JSON: a malformed string"),
        (b'{"a":', "line 1: the file is cut: it ends where a value should follow"),
        (b'{"a":\n}', "line 2: not JSON: '}' where a value should follow"),
        (b'{"a":[1', "line 1: the file is cut inside a value"),
        (b'{"a":["', "line 1: the file is cut inside a value"),
        (b'{"a":["\\"', "line 1: the file is cut inside a value"),
        (b'{"a":"', "line 1: the file is cut inside a string"),
        (b'{"a":1', "line 1: the file is cut: it ends where '}' should follow"),
        (b'{"a":1,', "line 1: the file is cut: it ends where a quoted name should follow"),
        (b'{"a":1,}', "line 1: not JSON: '}' where a quoted name should follow"),
        (b'{"a":1 2', "line 1: not JSON: '2' where '}' should follow"),
        (b'{"a":1,\n"a"', "line 2: the key 'a' occurs twice"),
        (b'{"a":1,"\\u0061"', "line 1: the key 'a' occurs twice"),
        (b'{"a":' + b"[" * 514, "line 1: arrays and objects are nested more than 512 deep"),
    ],
)
def test_refused(content: bytes, message: str, size: int) -> None:
    scanner = Scanner(chunks(content, size))
    with pytest.raises(InvalidSnapshot) as caught:
        print([scanner.value() for _ in scanner.members()])
    assert str(caught.value) == message


def test_keys_may_be_allowed_to_occur_twice() -> None:
    scanner = Scanner(iter([b'{"a":1,"a":2}']))
    assert [(name, scanner.value()) for name in scanner.members(unique=False)] == [("a", b"1"), ("a", b"2")]


@each_chunk
def test_a_scalar_ends_where_a_token_can_begin(size: int) -> None:
    assert values(b"[nonsense,12ab]", size) == [(1, b"nonsense"), (1, b"12ab")]


def test_random_nesting_at_random_chunks() -> None:
    random.seed(20)
    for _ in range(200):
        words = [random.choice(['"[\\"{"', "1", "{}", "[]", '{"a": ["]", {}]}', "[[1], 2]", '""']) for _ in range(9)]
        content = ("[" + ",".join(word + " " * random.randrange(3) for word in words) + "]").encode()
        cuts = sorted(random.sample(range(1, len(content)), 5))
        pieces = [content[a:b] for a, b in zip([0, *cuts], [*cuts, len(content)], strict=True)]
        scanner = Scanner(iter(pieces))
        scanner.take(b"[")
        found = []
        for _ in words:
            found.append(scanner.value().decode())
            scanner.peek()
            scanner.position += 1
        assert found == words


@pytest.mark.parametrize(
    "value",
    [
        b'"' + b"x" * 20_000_000 + b'"',
        b'"' + b'\\"' * 10_000_000 + b'"',
        b"[" + b'"x",' * 100_000 + b'"' + b"y" * 10_000_000 + b'"]',
        b"[" + b"1," * 5_000_000 + b"1]",
        b" " * 20_000_000 + b"1",
        b"\n" * 10_000_000 + b"1",
    ],
    ids=["string", "escapes", "strings", "numbers", "spaces", "lines"],
)
def test_long_values_take_linear_time(value: bytes) -> None:
    started = time.thread_time()
    scanner = Scanner(chunks(value + b" ", 1 << 16))
    assert scanner.value() == value.strip()
    assert time.thread_time() - started < 3


def test_many_lines_take_linear_time() -> None:
    """Asking for the line of each value of a large buffer does not count from its beginning each time."""
    content = b"[" + b"{},\n" * 200_000 + b"1]"
    started = time.thread_time()
    found = values(content, len(content))
    assert (len(found), found[-1]) == (200_001, (200_001, b"1"))
    assert time.thread_time() - started < 5
