"""memoria.snapshot.files.urls: what is taken for a URL, and is then no path."""

from __future__ import annotations

import pytest

from memoria.snapshot.files.urls import NotLocal, is_url, require_local


def test_url_or_path() -> None:
    assert is_url("sqlite:///x")
    assert is_url("POSTGRESQL://host/name")
    assert not is_url("sqlite.json")
    assert not is_url("./postgresql://")


def test_what_may_be_a_password_is_not_repeated() -> None:
    require_local("read", "./s3://bucket/key")
    with pytest.raises(NotLocal) as refusal:
        require_local("write", "s3://key:secret@bucket/x", instead="do without")
    assert str(refusal.value) == "cannot write s3://…: it is a URL, and no file of this machine: do without"
    assert refusal.value.exit_code == 2
