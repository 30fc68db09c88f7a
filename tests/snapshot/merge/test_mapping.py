from __future__ import annotations

import pytest

from memoria.snapshot.merge.mapping import Namespaces, WrongMap, namespaces, new_id


@pytest.mark.parametrize(
    ("maps", "otherwise", "expected"),
    [
        ([], None, {"a": "a", "": "default", "default": "default"}),
        ([], "x", {"a": "x", "": "x", "x": "x"}),
        (["a=b"], None, {"a": "b", "b": "b", "c": "c"}),
        (["a=b", "b=a"], None, {"a": "b", "b": "a"}),
        (["a=b", "b=c"], "x", {"a": "b", "b": "c", "c": "x"}),
        (["default=x"], None, {"": "x", "default": "x", "a": "a"}),
        (
            ["team:*=prod:*"],
            None,
            {"team:red": "prod:red", "team:": "prod:", "team": "team", "my team:1": "my team:1"},
        ),
        (["team:*=prod"], None, {"team:red": "prod"}),
        (["*:dev=*"], None, {"red:dev": "red", "red:prod": "red:prod"}),
        (["team:*=many", "team:red=one", "team:r*=few"], None, {"team:red": "one", "team:rose": "many"}),
        (["a*a=x"], None, {"a": "a", "aa": "x", "aba": "x"}),
        ([r"a\=b=c=d"], None, {"a=b": "c=d"}),
        (["é=x"], None, {"é": "x", "e\u0301": "e\u0301"}),
        ([" a =b c"], None, {" a ": "b c", "a": "a"}),
    ],
)
def test_where_namespaces_go(maps: list[str], otherwise: str | None, expected: dict[str, str]) -> None:
    mapped = namespaces(maps, otherwise)
    assert {source: mapped.target(source) for source in expected} == expected


@pytest.mark.parametrize(
    ("maps", "otherwise", "reason"),
    [
        (["a"], None, "⟨namespaces⟩ 'a' is not source=target"),
        (["=b"], None, "⟨namespaces⟩ '=b' is not source=target"),
        (["a="], None, "⟨namespaces⟩ 'a=' is not source=target"),
        (["a= "], None, "⟨namespaces⟩ 'a= ' is not source=target"),
        (["a=b", "a=c"], None, "⟨namespaces⟩ names 'a' twice"),
        (["a*=b", "a*=c"], None, "⟨namespaces⟩ names 'a*' twice"),
        (["a=b*"], None, "⟨namespaces⟩ 'a=b*': write one * on the left, and at most one on the right"),
        (["a**=b"], None, "⟨namespaces⟩ 'a**=b': write one * on the left, and at most one on the right"),
        ([], "", "⟨otherwise⟩ is empty: name a namespace"),
    ],
)
def test_wrong_maps(maps: list[str], otherwise: str | None, reason: str) -> None:
    with pytest.raises(WrongMap) as caught:
        namespaces(maps, otherwise)
    assert (str(caught.value), caught.value.exit_code) == (reason, 2)


def test_a_map_of_what_is_not_there() -> None:
    namespaces(["a=b", "team:*=x", "default=y"]).require_used(["a", "", "team:1"])
    with pytest.raises(WrongMap, match=r"no rows in the namespace 'a' that ⟨namespaces⟩ names; it has b, c$"):
        Namespaces({"a": "x"}).require_used(["c", "b"])
    with pytest.raises(WrongMap, match=r"no rows in the namespace 'a\*' that ⟨namespaces⟩ names; it has none$"):
        namespaces(["a*=x"]).require_used([])


def test_new_ids() -> None:
    assert new_id("prod", "m-1") == "06d5c1b1-04d7-5cda-b4c7-26788f2f395f"
    assert len({new_id(namespace, key) for namespace in ("a", "b", "") for key in ("x", "y", "")}) == 9
