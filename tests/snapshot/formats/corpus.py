"""JSON documents, written for these tests: what a strict reader accepts, and what it must refuse.

REJECTED are no JSON at all. ACCEPTED are JSON, whole. UNFIT are JSON, but not in a header: there a key that occurs
twice or half a surrogate pair is refused, while a JSON column keeps both as text.
"""

from __future__ import annotations


def _named(kind: str, documents: list[bytes]) -> dict[str, bytes]:
    return {f"{kind}-{number}": document for number, document in enumerate(documents, 1)}


REJECTED: dict[str, bytes] = {
    **_named("nothing", [b"", b" ", b"\t \n", b"\xef\xbb\xbf", b"\x00", b"\x0c", b"\x1a"]),
    **_named(
        "array",
        [
            *(b"[", b"]", b"[[]", b"[]]", b"[1", b"[1,", b"[1 2]", b"[1,]", b"[,1]", b"[1,,2]", b"[,]", b"[1;2]"),
            *(b"[1]]", b"[1}", b"[1)", b"(1)", b"[1:2]", b'["a": 1]', b"[1][2]", b"[1],[2]", b"[1],", b",[1]"),
            *(b"[*]", b"[...]", b"[1, [2, [3]", b"[1]#", b"[1]x", b"[\x0c1]", b"[\x0b]", b"[\xc2\xa01]"),
            *(b"[1\xe2\x80\xa8]", b"[\\n1]", b"[1 true]", b'["a" "b"]', b"[\xe2\x81\xa0]", b"[//\n1]"),
        ],
    ),
    **_named(
        "object",
        [
            *(b"{", b"}", b"{}}", b'{"a"}', b'{"a":}', b'{"a" 1}', b'{"a":1', b'{"a":1,', b'{"a":1,}', b'{,"a":1}'),
            *(b'{"a":1,,"b":2}', b"{a:1}", b"{'a':1}", b"{1:1}", b"{null:1}", b"{[]:1}", b'{"a"=1}', b'{"a":1;"b":2}'),
            *(b'{"a":1 "b":2}', b'{"a"::1}', b'{"a":1:2}', b'{"a":1]', b'{"a", 1}', b'{"a":1}{}', b'{"a":"b}'),
            *(b'{"a":1}/**/', b'{"a":/*x*/1}', b'{"a":1}//x', b'{"a":1}#x', b'{"a":1} x', b"{:1}", b'{"":}'),
            *(b'{"a" b:1}', b"{\"a\":'b'}", b"{{}}", b'{"a":{}', b'{"a":[}', b'{"a":1,"b"}', b'{"a":1,b}'),
        ],
    ),
    **_named(
        "number",
        [
            *(b"+1", b"-", b"--1", b"01", b"-01", b"00", b"1.", b".1", b"-.1", b"1.e1", b".e1", b"1e", b"1e+", b"1E-"),
            *(
                b"1e1.5",
                b"1ee1",
                b"1e1e1",
                b"1.2.3",
                b"0x1F",
                b"0b1",
                b"0o7",
                b"1_000",
                b"1,000",
                b"1 000",
                b"1f",
                b"1L",
            ),
            *(b"1n", b"1a", b"- 1", b"-+1", b"+-1", b"1-", b"1+1", b"1e 1", b"e1", b"$1", b"1%", b"\xef\xbc\x91"),
            *(b"[-]", b"[01]", b"[1.]", b"[1.e]", b"[.5]", b"[1e]", b"[0e+]", b"[+1]", b"[1.0.0]", b"[-foo]", b"[0x]"),
            *(
                b"\xe2\x88\x921",
                b"1\xc2\xb2",
                b"[1e\xef\xbc\x91]",
                b"[-1x]",
                b"[2.e3]",
                b"[2.e-3]",
                b"[0.3e]",
                b"[1\x00]",
            ),
        ],
    ),
    **_named(
        "not-finite", [b"NaN", b"[NaN]", b"nan", b"Infinity", b"[-Infinity]", b"inf", b"-NaN", b"[Inf]", b'{"a":NaN}']
    ),
    **_named(
        "word",
        [
            *(
                b"nul",
                b"nulll",
                b"Null",
                b"NULL",
                b"None",
                b"True",
                b"TRUE",
                b"tru",
                b"truee",
                b"fals",
                b"False",
                b"yes",
            ),
            *(b"undefined", b"[nul]", b"[tru]", b"[fals]", b"[truefalse]", b"true false", b"nulltrue", b"a", b"[a]"),
            *(b"\xc3\xa5", b"[\xc3\xa9]", b"t rue", b"true,", b"null;"),
        ],
    ),
    **_named(
        "string",
        [
            *(b'"', b'"a', b'a"', b'"a\\"', b'"\\"', b"'a'", b"`a`", b"\xe2\x80\x9ca\xe2\x80\x9d", b'"a"b', b'"a" "b"'),
            *(
                b'"\\x41"',
                b'"\\a"',
                b'"\\0"',
                b'"\\\'"',
                b'"\\ "',
                b'"\\u"',
                b'"\\u1"',
                b'"\\u12"',
                b'"\\u123"',
                b'"\\u12G4"',
            ),
            *(
                b'"\\U0041"',
                b'"\\u 041"',
                b'"\\u{41}"',
                b'"\\u+041"',
                b'"\\ud800\\u"',
                b'"\\ud800\\u12"',
                b'"\\uD834\\x"',
            ),
            *(
                b'"\n"',
                b'"\r"',
                b'"\t"',
                b'"\x00"',
                b'"\x01"',
                b'"\x1f"',
                b'"\x08"',
                b'"a\nb"',
                b'"\\\n"',
                b'"\\\xe2\x82\xac"',
            ),
            *(b'["a]', b'["a\\]', b'["\\u00A"]', b'[\\"a"]', b'{"a\x00b": 1}', b'{"\n": 1}', b'{"\\q": 1}', b'"""a"""'),
        ],
    ),
    **_named(
        "not-utf-8",
        [
            *(
                b'"\xff"',
                b'"\x80"',
                b'"\xc3"',
                b'"\xc3\x28"',
                b'"\xe2\x82"',
                b'"\xe9"',
                b'["\xe0\x80\xaf"]',
                b'"\xc0\x80"',
            ),
            *(
                b'"\xc0\xaf"',
                b'"\xed\xa0\x80"',
                b'"\xed\xa0\x80\xed\xb0\x80"',
                b'"\xf4\x90\x80\x80"',
                b'"\xf5\x80\x80\x80"',
            ),
            *(
                b'"\xf8\x88\x80\x80\x80"',
                b'"\xfc\x83\xbf\xbf\xbf\xbf"',
                b'{"\xff": 1}',
                b"[\xff]",
                b"\xe5",
                b'"\xf0\x9f\x98"',
            ),
            *(b'"\xfe\xff"', b"[1\xe5]", b'"a\xbf"'),
        ],
    ),
    **_named(
        "not-ascii-compatible",
        [
            '"å"'.encode("utf-16"),
            "[1]".encode("utf-16-le"),
            "[1]".encode("utf-16-be"),
            '{"a": 1}'.encode("utf-32"),
            "[1]".encode("utf-32-le"),
        ],
    ),
    **_named(
        "byte-order-mark",
        [b"\xef\xbb\xbf[]", b"[]\xef\xbb\xbf", b"[\xef\xbb\xbf1]", b"\xef\xbb[]", b'{\xef\xbb\xbf"a":1}'],
    ),
    **_named(
        "comment-or-other-language",
        [b"/* */ 1", b"1 // one", b"# one\n1", b"<x/>", b"{%}", b"!!int 1", b"--- 1", b"new Date()", b"[1]\x00", b"1;"],
    ),
    **_named(
        "too-deep",
        [
            b"[" * 513 + b"]" * 513,
            b'{"a":' * 513 + b"1" + b"}" * 513,
            b'[{"":' * 257 + b"1" + b"}]" * 257,
            b"[" * 1000 + b"]" * 1000,
            b"[" * 100_000,
            b'[{"":' * 50_000,
            b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
            b"[" * 1_000_000 + b"]" * 1_000_000,
        ],
    ),
}

ACCEPTED: dict[str, bytes] = {
    **_named(
        "array",
        [b"[]", b"[ ]", b"[[]]", b"[1]", b"[1, 2]", b"[1,2 ,3 , 4]", b'[null,true,false,"",0,{},[]]', b"[[],[]]"],
    ),
    **_named(
        "object",
        [b"{}", b'{"": 0}', b'{"a":1}', b'{ "a" : 1 , "b":[ ] }', b'{"a":{"b":{"c":null}}}', b'{"\\u0061":1,"b":2}'],
    ),
    **_named("scalar", [b"true", b"false", b'""', b'"a"', b"0", b"-0", b"1", b"-1", b"10"]),
    **_named(
        "number",
        [
            *(b"1.0", b"1.10", b"-0.0", b"0.1", b"1e2", b"1E2", b"1e+2", b"1e-2", b"0e0", b"0e+1", b"-1e-1", b"1.5E+3"),
            *(b"9007199254740991", b"9007199254740993", b"9223372036854775807", b"9223372036854775808"),
            *(b"-9223372036854775808", b"-9223372036854775809", b"18446744073709551616", b"1" + b"0" * 30, b"9" * 4300),
            *(b"9" * 5000, b"1e308", b"1e400", b"-1e400", b"1e-320", b"1e-400", b"1e131071", b"1e99999999999999999999"),
            *(
                b"0.1000000000000000055511151231257827",
                b"2.2250738585072011e-308",
                b"5e-324",
                b"-5e-324",
                b"[1e-7, -0]",
            ),
            *(b"123123e100000", b"-237462374673276894279832749832423479823246327846", b"0." + b"0" * 400 + b"1"),
        ],
    ),
    **_named(
        "string",
        [
            *(
                b'"\\"\\\\\\/\\b\\f\\n\\r\\t"',
                b'"\\u0000"',
                b'"\\u0041"',
                b'"\\u00e9"',
                b'"\\uD834\\uDD1E"',
                b'"\\ud834\\udd1e"',
            ),
            *(
                b'"\\\\u0000"',
                b'"\\\\\\u0041"',
                b'"\\u005C"',
                b'"\\u0022"',
                b'"\\uFFFE"',
                b'"\\uFFFF"',
                b'"\\u2028\\u2029"',
            ),
            *(
                b'"\x7f"',
                b'"\xc2\x80"',
                b'"\xc2\x85"',
                b'"\xe2\x80\xa8"',
                b'"\xe2\x80\xa9"',
                b'"\xef\xbb\xbf"',
                b'"\xef\xbf\xbe"',
            ),
            *(
                b'"\xf0\x9d\x84\x9e"',
                b'"\xf4\x8f\xbf\xbf"',
                b'"\xe2\x82\xac"',
                b'"/*"',
                b'"# //"',
                b'"[{"',
                b'"}]"',
                b'"NaN"',
            ),
            *(
                b'["a/*b*/c/*d//e"]',
                b'{"\\u0000": "\\u0000"}',
                b'{"\xc3\xa9": "\xc3\xa9"}',
                b'"\\u0060\\u012a\\u12AB"',
                b'"\\r\\n"',
            ),
        ],
    ),
    **_named("space", [b" [1] ", b"[\t1\t]", b"[1 \t, 2]"]),
    **_named(
        "deep",
        [
            b"[" * 500 + b"]" * 500,
            b"[" * 512 + b"]" * 512,
            b'{"a":' * 512 + b"[1]"[1:2] + b"}" * 512,
            b'"' + b"[" * 1000 + b'"',
        ],
    ),
    **_named("long", [b'"' + b"a" * 100_000 + b'"', b"[" + b"0," * 20_000 + b"0]", b"[" + b"[]," * 1000 + b"{}]"]),
}

UNFIT: dict[str, bytes] = {
    **_named("twice", [b'{"a":1,"a":1}', b'{"a":1,"a":2}', b'{"a":1,"\\u0061":2}', b'[{"b":{},"c":0,"b":{}}]']),
    **_named(
        "surrogate",
        [
            *(
                b'"\\ud800"',
                b'"\\uDC00"',
                b'"\\uD83D"',
                b'"\\udc00\\ud800"',
                b'"\\ud800\\ud800"',
                b'"\\ud800a"',
                b'"a\\udfff"',
            ),
            *(
                b'["\\uDADA"]',
                b'"\\uD888\\u1234"',
                b'"\\ud800\\n"',
                b'{"\\ud800": 1}',
                b'"\\uD834\\uD834\\uDD1E"',
                b'"\\udd1e\\\\"',
            ),
        ],
    ),
}
"""JSON in a column, where it keeps its text; refused in a header."""

LINE_ENDS: dict[str, bytes] = _named(
    "lines", [b"[\n1,\n2\n]\n", b"[\r\n1]", b'{\r"a":\r1}', b"\n\n0\n", b'{"a":\n{}\n}']
)
"""JSON over several lines: fit for a JSON document only, and one line afterwards."""
