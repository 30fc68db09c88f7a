"""Upload, preview, apply: what was shown is what is done, or nothing is."""

from __future__ import annotations

import concurrent.futures
import io
import json
import os
import re
from datetime import timedelta
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.db import connection, connections
from django.test import Client
from django.utils import timezone

from memoria.admin.snapshots import jobs, storage
from memoria.models import Finding, Import, LongTermMemory, Upload
from tests.admin.snapshots.conftest import Sign, act, address_of, applied, chosen, ended, memories, send, uploaded
from tests.support.samples.databases import insert, rows_of, sample
from tests.support.samples.rows import layout_c, row, snapshot_row

State = Upload.State


def ids() -> list[str]:
    return sorted(LongTermMemory.objects.values_list("memory_id", flat=True))


def page(client: Client, upload: Upload, query: str = "") -> str:
    response = client.get(f"/admin/memoria/upload/{upload.pk}/{query}")
    assert response.status_code == 200
    return str(response.content.decode())


def test_a_merge_from_upload_to_history(everywhere: str, sign_in: Sign, folder: Path) -> None:
    insert(everywhere, "long_term_memory", [row("long_term_memory", memory_id="m-0", searchable_content="kept")])
    client = sign_in(administrator=True)
    upload = uploaded(client, memories("m-1", "m-2"), "two.json")
    assert (upload.state, upload.name, upload.size) == (State.PREVIEWED, "two.json", len(memories("m-1", "m-2")))
    assert ids() == ["m-0"]
    text = page(client, upload)
    assert "<td>2</td>" in text
    assert re.findall(r'<th scope="col">(?:<span class="key \w+"></span> )?([a-z ]+)</th>', text)[:2] == [
        "rows",
        "insert",
    ]
    upload = applied(client, upload)
    assert upload.state == State.DONE
    assert ids() == ["m-0", "m-1", "m-2"]
    assert upload.result is not None
    assert upload.result["tables"]["long_term_memory"]["inserted"] == 2
    assert os.listdir(folder) == []
    (done,) = Import.objects.all()
    assert (done.kind, done.file_name, done.sha256, done.user_name) == ("upload", "two.json", upload.sha256, "user-0")
    assert upload.import_id == done.pk
    (entry,) = LogEntry.objects.filter(object_id=upload.pk)
    assert entry.change_message == (f"Snapshot applied. SHA-256 {upload.sha256}. long_term_memory: 2 inserted")
    assert "Take it back" in page(client, upload)


def test_a_replacement_wants_the_name_of_the_database(everywhere: str, sign_in: Sign) -> None:
    insert(everywhere, "long_term_memory", [row("long_term_memory", memory_id="m-0")])
    client = sign_in("replace_with_snapshot", "view_longtermmemory")
    upload = uploaded(client, memories("m-1"))
    assert upload.choices["mode"] == "replace"
    name = Path(str(connection.settings_dict["NAME"])).name
    text = page(client, upload)
    assert f"This deletes 1 row of the database <strong>{name}</strong>" in text
    for typed in ("", "Yes", name.upper(), name + "x"):
        response = act(client, upload, "apply", preview=upload.attempt, database=typed)
        assert (response.status_code, ids()) == (400, ["m-0"])
        text = response.content.decode()
        assert f'value="{typed}" aria-invalid="true" aria-describedby="id_database_error" autofocus>' in text
        assert f'id="id_database_error">That is not the name of the database, which is {name}.' in text
    assert applied(client, upload, database=name).state == State.DONE
    assert ids() == ["m-1"]


@pytest.mark.parametrize(
    "name",
    [
        "layout_a_postgresql.json",
        "layout_a_sqlite.json",
        "layout_b_postgresql.ndjson",
        "layout_b_sqlite.ndjson",
        "layout_c_postgresql.json",
        "layout_c_sqlite.json",
    ],
)
def test_every_layout_is_taken(sqlite_site: str, sign_in: Sign, name: str) -> None:
    client = sign_in(administrator=True)
    upload = uploaded(client, sample(name).read_bytes(), name)
    assert upload.state == State.PREVIEWED, upload.message
    assert applied(client, upload).state == State.DONE
    assert upload.preview is not None
    assert upload.preview["rows"] == sum(line["rows"] for line in upload.preview["merge"])
    assert len(ids()) == upload.preview["tables"]["long_term_memory"]["inserted"]


def test_namespaces_conflicts_and_what_differs(sqlite_site: str, sign_in: Sign) -> None:
    insert(sqlite_site, "long_term_memory", [row("long_term_memory", memory_id="m-1", summary="old <b>words</b>")])
    client = sign_in(administrator=True)
    upload = uploaded(client, memories("m-1", "m-2", summary="new words", created_at="2026-01-01T00:00:00"))
    assert upload.namespaces == {"default": 2}
    (different,) = Finding.objects.filter(action="different")
    assert (different.key, different.old["summary"], different.new["summary"]) == (  # type: ignore[index]
        "m-1",
        "old <b>words</b>",
        "new words",
    )
    assert "old &lt;b&gt;words&lt;/b&gt;" in page(client, upload, "?table=long_term_memory&action=different")
    upload = chosen(client, upload, target_0="elsewhere", new_ids="on")
    assert "default → elsewhere" in page(client, upload)
    applied(client, upload)
    assert LongTermMemory.objects.filter(namespace="elsewhere").count() == 2
    upload = chosen(client, uploaded(client, memories("m-1", summary="mine")), on_conflict="overwrite")
    applied(client, upload)
    assert LongTermMemory.objects.get(pk="m-1").summary == "mine"


@pytest.mark.parametrize(
    ("namespace", "sent"), [(" a ", " a "), ("a\nb", "ab"), ("a\r\nb", "ab"), ("\ta", "\ta"), (" ", " "), ("a", "")]
)
def test_a_namespace_that_is_sent_as_it_was_shown_keeps_its_name(
    sqlite_site: str, sign_in: Sign, namespace: str, sent: str
) -> None:
    client = sign_in(administrator=True)
    upload = chosen(client, uploaded(client, memories("m-1", namespace=namespace)), target_0=sent)
    assert (upload.state, upload.choices["namespaces"]) == (State.PREVIEWED, {})
    applied(client, upload)
    assert list(LongTermMemory.objects.values_list("namespace", flat=True)) == [namespace]


def test_a_namespace_is_renamed_to_the_letter(sqlite_site: str, sign_in: Sign) -> None:
    client = sign_in(administrator=True)
    upload = chosen(client, uploaded(client, memories("m-1", namespace="a")), target_0=" b ")
    assert upload.choices["namespaces"] == {"a": " b "}
    again = chosen(client, upload, target_0=" b ")
    assert again.choices["namespaces"] == {"a": " b "}
    assert chosen(client, again, target_0="a").choices["namespaces"] == {}


def test_rows_of_one_line_are_told_apart(sqlite_site: str, sign_in: Sign) -> None:
    rows = [row("long_term_memory", memory_id=f"m-{n}", summary=f"old {n}") for n in (1, 2)]
    insert(sqlite_site, "long_term_memory", rows)
    client = sign_in(administrator=True)
    found = json.loads(memories("m-1", "m-2", "m-3", created_at="2026-01-01T00:00:00"))
    for number, each in enumerate(found["payload"]["long_term_memory"], 1):
        each["summary"] = f"new {number}"
    upload = uploaded(client, json.dumps(found).encode())
    new = {finding.key: (finding.new or {}).get("summary") for finding in Finding.objects.all()}
    assert (upload.state, new) == (State.PREVIEWED, {"m-1": "new 1", "m-2": "new 2", "m-3": None})


def test_what_does_not_fit_is_refused_and_can_be_left_out(sqlite_site: str, sign_in: Sign) -> None:
    client = sign_in(administrator=True)
    content = memories("<i>much</i>").replace(b'"importance_score": 0.5', b'"importance_score": "much"')
    upload = uploaded(client, content)
    assert upload.state == State.REFUSED
    assert upload.message == (
        "1 row cannot be imported like this (nothing was changed; such rows can be left out on request)"
    )
    assert "importance_score" in page(client, upload)
    assert "&lt;i&gt;much&lt;/i&gt;" in page(client, upload)
    assert "<i>" not in page(client, upload)
    assert act(client, upload, "apply", preview=upload.attempt).status_code == 409
    upload = chosen(client, upload, skip_invalid="on")
    assert upload.state == State.PREVIEWED
    text = page(client, upload)
    assert "Nothing to apply: with these choices no row would be written.<" in text
    assert "Apply exactly this" not in text
    response = act(client, upload, "apply", preview=upload.attempt)
    assert (response.status_code, ids()) == (409, [])
    assert "There is nothing to apply: no row would be written." in response.content.decode()


def test_a_file_whose_rows_are_all_there(everywhere: str, sign_in: Sign) -> None:
    client = sign_in(administrator=True)
    applied(client, uploaded(client, memories("m-1", "m-2")))
    upload = uploaded(client, memories("m-1", "m-2"))
    text = page(client, upload)
    assert "Nothing to apply: with these choices no row would be written, because every row is there already." in text
    assert "Apply exactly this" not in text
    assert act(client, upload, "apply", preview=upload.attempt).status_code == 409
    assert Import.objects.count() == 1


def test_a_row_with_other_content_stays_and_the_way_out_is_a_choice(everywhere: str, sign_in: Sign) -> None:
    client = sign_in(administrator=True)
    applied(client, uploaded(client, memories("m-1", "m-2")))
    LongTermMemory.objects.filter(pk="m-1").update(summary="mine")
    text = page(client, uploaded(client, memories("m-1", "m-2")))
    assert "Nothing to apply: with these choices no row would be written.<" in text
    assert (
        "1 row is there with other content and stays; “take the file&#x27;s”, or “take whichever changed last”, can"
        " replace it."
    ) in text


def test_what_was_in_the_database_is_so_no_longer(everywhere: str, sign_in: Sign) -> None:
    client = sign_in(administrator=True)
    applied(client, uploaded(client, memories("m-1", "m-2")))
    changed = memories("m-1", "m-3", searchable_content="new text")
    upload = chosen(client, uploaded(client, changed), on_conflict="overwrite")
    text = page(client, upload)
    assert '<th scope="col">In the database</th><th scope="col">In the file</th>' in text
    assert "there already with other content, and would be replaced" in text
    text = page(client, applied(client, upload))
    assert '<th scope="col">Before</th><th scope="col">After</th>' in text
    assert "In the database" not in text
    assert "<strong>overwrite</strong>: was there with other content, and was replaced" in text
    assert "<strong>duplicate</strong>: was there, under this or another key" in text
    assert "It was applied exactly as it was shown. The uploaded file was removed." in text


def test_a_row_that_stayed(sqlite_site: str, sign_in: Sign) -> None:
    client = sign_in(administrator=True)
    applied(client, uploaded(client, memories("m-1")))
    upload = applied(client, uploaded(client, memories("m-1", "m-3", searchable_content="new text")))
    text = page(client, upload)
    assert '<th scope="col">Kept</th><th scope="col">In the file</th>' in text
    assert "<strong>different</strong>: was there with other content, and was left as it is" in text


def test_a_replacement_says_what_goes_and_what_comes(everywhere: str, sign_in: Sign) -> None:
    client = sign_in(administrator=True)
    applied(client, uploaded(client, memories("m-1", "m-2", "m-3")))
    text = page(client, chosen(client, uploaded(client, memories("m-4")), mode="replace"))
    assert "This deletes 3 rows of the database <strong>" in text
    assert "</strong> and inserts 1 row of the file. Rows before → after: long_term_memory 3 → 1.</p>" in text


def test_sizes_and_times_are_written_as_the_commands_write_them(sqlite_site: str, sign_in: Sign, settings: Any) -> None:
    settings.MEMORIA_UPLOAD_MAX_BYTES = 2_000_000_000
    client = sign_in(administrator=True)
    assert "at most 2.0 GB." in client.get("/admin/memoria/upload/add/").content.decode()
    insert(sqlite_site, "long_term_memory", [row("long_term_memory")])
    values = {"tables": ["long_term_memory"], "format": "json"}
    content = b"".join(client.post("/admin/memoria/upload/export/", values).streaming_content)
    upload = uploaded(client, content)
    text = page(client, upload)
    assert f"<dt>Size</dt><dd>{len(content) / 1000:,.1f} kB</dd>" in text
    assert re.search(r"<dt>Exported</dt><dd class=\"text\">\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC</dd>", text)


def test_choices_first_and_what_needs_a_look_before_what_does_not(sqlite_site: str, sign_in: Sign) -> None:
    client = sign_in(administrator=True)
    applied(client, uploaded(client, memories("a-1", "a-2", "z-1")))
    LongTermMemory.objects.filter(pk="z-1").update(summary="changed")
    upload = uploaded(client, memories("a-1", "a-2", "new-1", "z-1"))
    text = page(client, upload)
    assert text.index(">Rows</h2>") < text.index(">Choices</h2>") < text.index(">Single rows</h2>")
    assert re.findall(r'<td class="text">([a-z]+-1)</td>', text) == ["z-1", "new-1"]
    assert "<td>a-2</td>" not in text
    kinds = re.findall(r"long_term_memory, ([a-z ]+) \((\d+)\)</a>", text)
    assert kinds == [("different", "1"), ("insert", "1"), ("identical", "2")]
    assert '<td class="text">a-2</td>' in page(client, upload, "?table=long_term_memory&action=identical")


def test_the_pages_speak_of_boxes_and_not_of_options(sqlite_site: str, sign_in: Sign) -> None:
    insert(sqlite_site, "long_term_memory", [row("long_term_memory", memory_id="m-1", namespace="research")])
    client = sign_in(administrator=True)
    upload = uploaded(client, memories("m-1"), "teams.json")
    assert upload.state == State.REFUSED
    text = unescape(page(client, upload))
    assert "“Give every row a new id: a copy inside this database” gives new ids" in text
    assert not re.search(r"--[a-z]{3}", text.split("<h1>")[1]), re.search(r".{40}--[a-z]{3}.{40}", text)
    assert "1 row cannot be imported like this" in text


@pytest.mark.parametrize("page_of", ["preview", "apply", "remove"])
def test_who_comes_to_a_step_by_its_address_is_led_to_the_page(sqlite_site: str, sign_in: Sign, page_of: str) -> None:
    client = sign_in(administrator=True)
    upload = uploaded(client, memories("m-1"))
    response = client.get(f"/admin/memoria/upload/{upload.pk}/{page_of}/")
    assert (response.status_code, response.headers["Location"]) == (302, f"/admin/memoria/upload/{upload.pk}/")
    assert Upload.objects.get().state == State.PREVIEWED


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"not a snapshot", "the file is not a snapshot: it does not begin with"),
        (b"PK\x03\x04 a zip archive", "the file is not a snapshot: it is a zip archive"),
        (b"\0" * 257 + b"ustar" + b"\0" * 300, "the file is not a snapshot: it is a tar archive"),
        (b"SQLite format 3\0 and so on", "the file is not a snapshot: it is a SQLite database"),
        (memories("m-1")[:-40], "a.json"),
        (memories("m-1") + b"{}", "a.json"),
        (b"\x1f\x8b\x08\0 and so on", "the gzip stream is damaged"),
        (b"\x28\xb5\x2f\xfd and so on", "the Zstandard stream is damaged"),
        (b'{"metadata": {"counts": {"auth_user": 1}}, "payload": {"auth_user": [{"is_superuser": true}]}}', "a.json"),
    ],
    ids=["text", "zip", "tar", "sqlite", "cut", "goes-on", "gzip", "zstd", "other-table"],
)
def test_what_is_no_snapshot(sqlite_site: str, sign_in: Sign, folder: Path, content: bytes, sentence: str) -> None:
    client = sign_in(administrator=True)
    upload = uploaded(client, content)
    assert upload.state == State.REFUSED
    assert sentence in upload.message
    text = page(client, upload)
    assert "Traceback" not in text
    # No choice makes a snapshot of it: it is gone, and all there is to do is to send another.
    assert (upload.stored, os.listdir(folder)) == ("", [])
    assert "Upload another file" in text
    assert "Choices" not in text
    assert "Remove the file" not in text
    assert act(client, upload, "apply", preview=upload.attempt).status_code == 409
    assert ids() == []


def rows_change(upload: Upload, folder: Path) -> None:
    LongTermMemory.objects.filter(pk="m-0").update(summary="changed")


def a_row_comes(upload: Upload, folder: Path) -> None:
    LongTermMemory.objects.create(memory_id="m-9", processed_data={}, searchable_content="x", summary="x")


def a_row_goes_and_another_comes(upload: Upload, folder: Path) -> None:
    LongTermMemory.objects.filter(pk="m-0").delete()
    a_row_comes(upload, folder)


def the_schema_changes(upload: Upload, folder: Path) -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE long_term_memory ADD COLUMN extra text")


@pytest.mark.parametrize(
    ("mode", "change"),
    [
        ("merge", rows_change),
        ("replace", rows_change),
        ("merge", a_row_comes),
        ("replace", a_row_goes_and_another_comes),
        ("merge", the_schema_changes),
    ],
)
def test_a_changed_target_makes_the_preview_stale(
    everywhere: str, sign_in: Sign, folder: Path, mode: str, change: Any
) -> None:
    insert(everywhere, "long_term_memory", [row("long_term_memory", memory_id="m-0")])
    client = sign_in(administrator=True)
    upload = chosen(client, uploaded(client, memories("m-1")), mode=mode)
    assert upload.state == State.PREVIEWED, upload.message
    change(upload, folder)
    before = rows_of(everywhere, "long_term_memory")
    name = Path(str(connection.settings_dict["NAME"])).name
    upload = applied(client, upload, database=name)
    assert (upload.state, rows_of(everywhere, "long_term_memory")) == (State.STALE, before)
    assert "The data changed since this preview" in page(client, upload)
    upload = chosen(client, upload, mode=mode)
    assert applied(client, upload, database=name).state == State.DONE
    assert "m-1" in ids()


def exchanged(path: Path) -> None:
    path.write_bytes(memories("m-2"))


def exchanged_quietly(path: Path) -> None:
    """The same size and times, other bytes."""
    found = path.stat()
    path.write_bytes(path.read_bytes().replace(b"m-1", b"m-7"))
    os.utime(path, ns=(found.st_atime_ns, found.st_mtime_ns))


def appended(path: Path) -> None:
    with path.open("ab") as file:
        file.write(b" ")


def cut(path: Path) -> None:
    os.truncate(path, path.stat().st_size - 10)


def removed(path: Path) -> None:
    path.unlink()


def linked(path: Path) -> None:
    path.rename(path.with_name("elsewhere"))
    path.symlink_to(path.with_name("elsewhere"))


def linked_hard(path: Path) -> None:
    os.link(path, path.with_name("elsewhere"))


def a_pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


@pytest.mark.parametrize(
    "change",
    [exchanged, exchanged_quietly, appended, cut, removed, linked, linked_hard, a_pipe, a_folder],
)
def test_an_exchanged_file_is_not_applied(sqlite_site: str, sign_in: Sign, folder: Path, change: Any) -> None:
    client = sign_in(administrator=True)
    upload = uploaded(client, memories("m-1"))
    change(folder / upload.stored)
    response = act(client, upload, "apply", preview=upload.attempt)
    assert response.status_code in (302, 409)
    assert ended(upload.pk).state in (State.STALE, State.FAILED, State.PREVIEWED)
    assert ids() == []
    assert LogEntry.objects.filter(change_message__contains="Snapshot applied").count() == 0


def test_options_come_only_from_the_preview(sqlite_site: str, sign_in: Sign) -> None:
    insert(sqlite_site, "long_term_memory", [row("long_term_memory", memory_id="m-0")])
    client = sign_in(administrator=True)
    upload = uploaded(client, memories("m-1"))
    applied(client, upload, mode="replace", target_0="elsewhere", namespaces="{}", on_conflict="overwrite")
    assert ids() == ["m-0", "m-1"]
    assert LongTermMemory.objects.get(pk="m-1").namespace == "default"


@pytest.mark.parametrize("number", ["", "0", "2", "-1", "1 OR 1=1", "99999999999999999999"])
def test_only_the_preview_that_was_shown_is_applied(sqlite_site: str, sign_in: Sign, number: str) -> None:
    client = sign_in(administrator=True)
    upload = uploaded(client, memories("m-1"))
    response = act(client, upload, "apply", preview=number)
    assert (response.status_code, ids()) == (409, [])
    assert "This is not the preview that you were shown" in response.content.decode()


def test_twenty_clicks_are_one_import(everywhere: str, sign_in: Sign) -> None:
    client = sign_in(administrator=True)
    upload = uploaded(client, memories("m-1"))
    session = client.cookies["sessionid"].value

    def click(_: int) -> int:
        other = Client()
        other.cookies["sessionid"] = session
        try:
            return int(act(other, upload, "apply", preview=upload.attempt).status_code)
        finally:
            connections.close_all()

    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        codes = set(pool.map(click, range(20)))
    assert codes <= {302, 409, 503}
    assert ended(upload.pk).state == State.DONE
    assert Import.objects.count() == 1
    assert ids() == ["m-1"]
    again = act(client, upload, "apply", preview=upload.attempt)
    assert (again.status_code, Import.objects.count()) == (302, 1)


def test_a_permission_that_went_meanwhile(sqlite_site: str, sign_in: Sign) -> None:
    client = sign_in("import_snapshot")
    upload = uploaded(client, memories("m-1"))
    User.objects.get().user_permissions.clear()
    assert act(client, upload, "apply", preview=upload.attempt).status_code == 403
    assert client.get(f"/admin/memoria/upload/{upload.pk}/").status_code == 403
    # Also where it went between the click and the worker.
    Upload.objects.update(state=State.APPLYING)
    jobs.run.call(upload.pk, upload.attempt)
    upload = ended(upload.pk)
    assert (upload.state, upload.message) == (State.FAILED, "user-0 may not do this any more; nothing was changed")
    assert ids() == []


@pytest.mark.parametrize("change", [{"is_active": False}, {"is_staff": False}])
def test_somebody_who_is_no_longer_staff(sqlite_site: str, sign_in: Sign, change: dict[str, bool]) -> None:
    client = sign_in("import_snapshot")
    upload = uploaded(client, memories("m-1"))
    User.objects.update(**change)
    assert act(client, upload, "apply", preview=upload.attempt).status_code == 403
    Upload.objects.update(state=State.APPLYING)
    jobs.run.call(upload.pk, upload.attempt)
    assert (ended(upload.pk).state, ids()) == (State.FAILED, [])


def test_merging_is_not_replacing(sqlite_site: str, sign_in: Sign) -> None:
    merging, replacing = sign_in("import_snapshot"), sign_in("replace_with_snapshot")
    upload = uploaded(merging, memories("m-1"))
    assert act(merging, upload, "preview", mode="replace").status_code == 400
    Upload.objects.update(choices={"mode": "replace"})
    assert act(merging, upload, "apply", preview=upload.attempt).status_code == 403
    other = uploaded(replacing, memories("m-1"))
    assert act(replacing, other, "preview", mode="merge").status_code == 400


def test_rows_of_tables_that_somebody_may_not_view(sqlite_site: str, sign_in: Sign) -> None:
    client = sign_in("import_snapshot")
    content = memories("m-1").replace(b'"importance_score": 0.5', b'"importance_score": "secret words"')
    upload = uploaded(client, content)
    text = page(client, upload, "?table=long_term_memory&action=invalid")
    assert "1 more are in tables that you may not view" in text
    assert "<td>m-1</td>" not in text
    User.objects.get().user_permissions.add(Permission.objects.get(codename="view_longtermmemory"))
    assert "m-1" in page(client, upload)


def test_no_sentence_names_a_row_of_the_database(sqlite_site: str, sign_in: Sign) -> None:
    boss, client = sign_in(administrator=True), sign_in("import_snapshot")
    applied(boss, uploaded(boss, memories("m-1", namespace="of others")))
    for changes in ({}, {"on_conflict": "fail", "target_0": "of others"}):
        upload = chosen(client, uploaded(client, memories("m-1", summary="mine")), **changes)
        assert upload.state == State.REFUSED
        assert upload.message.startswith("1 row cannot be imported like this (nothing was changed")
        report = client.get(f"/admin/memoria/upload/{upload.pk}/report/").content.decode()
        for text in (page(client, upload), report, *LogEntry.objects.values_list("change_message", flat=True)):
            assert "in the database already" not in text
            assert "m-1" not in text
    assert "m-1" in page(boss, upload)


def test_an_upload_stays_its_owners_also_if_somebody_else_applies_it(sqlite_site: str, sign_in: Sign) -> None:
    owner, other = sign_in("import_snapshot"), sign_in("import_snapshot", "view_upload", "change_upload")
    upload = applied(other, uploaded(owner, memories("m-1")))
    assert upload.state == State.DONE
    assert "user-0" in page(owner, upload)
    assert owner.get(f"/admin/memoria/upload/{upload.pk}/").status_code == 200
    assert Import.objects.get(pk=upload.import_id).user_name == "user-1"
    assert LogEntry.objects.get(change_message__startswith="Snapshot applied").user.username == "user-1"


def test_a_permission_that_the_one_who_applies_lost_meanwhile(sqlite_site: str, sign_in: Sign) -> None:
    owner = sign_in("import_snapshot")
    sign_in("import_snapshot", "view_upload", "change_upload")
    upload = uploaded(owner, memories("m-1"))
    Upload.objects.filter(pk=upload.pk).update(state=State.APPLYING, asked_by=User.objects.get(username="user-1"))
    User.objects.get(username="user-1").user_permissions.clear()
    jobs.run.call(upload.pk, upload.attempt)
    upload = Upload.objects.get(pk=upload.pk)
    assert (upload.state, upload.message) == (State.FAILED, "user-1 may not do this any more; nothing was changed")


def test_an_old_upload_is_removed_but_none_that_is_in_use(sqlite_site: str, sign_in: Sign, folder: Path) -> None:
    client = sign_in(administrator=True)
    upload = uploaded(client, memories("m-1"))
    Upload.objects.update(expires_at=timezone.now())
    with storage.held(upload.stored) as descriptor:
        assert descriptor is not None
        Upload.objects.update(state=State.APPLYING, started_at=timezone.now())
        jobs.sweep()
        assert upload.stored in os.listdir(folder)
    Upload.objects.update(state=State.PREVIEWED)
    client.get("/admin/memoria/upload/add/")
    assert os.listdir(folder) == []
    assert Upload.objects.get().state == State.REMOVED
    assert act(client, upload, "apply", preview=upload.attempt).status_code == 409
    jobs.sweep()


def test_files_that_no_upload_knows_are_removed_after_an_hour(sqlite_site: str, folder: Path) -> None:
    names = []
    for age in (0, 7200):
        name, descriptor = storage.create()
        os.close(descriptor)
        os.utime(folder / name, (0, timezone.now().timestamp() - age))
        names.append(name)
    busy, descriptor = storage.create()
    os.utime(folder / busy, (0, 0))
    (folder / "a friend's file").touch()
    jobs.sweep()
    os.close(descriptor)
    assert sorted(os.listdir(folder)) == sorted([names[0], busy, "a friend's file"])


def test_a_worker_that_ended_leaves_an_interrupted_upload(sqlite_site: str, sign_in: Sign) -> None:
    client = sign_in(administrator=True)
    upload = uploaded(client, memories("m-1"))
    Upload.objects.update(state=State.APPLYING, started_at=timezone.now())
    text = page(client, upload)
    assert "The worker ended before it was done; nothing was changed" in text
    upload = Upload.objects.get()
    assert (upload.state, ids()) == (State.INTERRUPTED, [])
    assert "Try again" in text
    # The worker was only late: it finds itself replaced.
    late = upload.attempt
    upload = chosen(client, upload)
    jobs.run.call(upload.pk, late)
    assert (ended(upload.pk).state, ids()) == (State.PREVIEWED, [])
    assert applied(client, upload).state == State.DONE


def test_a_worker_that_ended_after_its_commit_is_finished_by_who_looks(sqlite_site: str, sign_in: Sign) -> None:
    client = sign_in(administrator=True)
    upload = uploaded(client, memories("m-1"))
    Upload.objects.update(state=State.APPLIED, started_at=timezone.now())
    page(client, upload)
    assert Upload.objects.get().state == State.DONE
    assert LogEntry.objects.filter(change_message__contains="Snapshot applied").count() == 1


def test_a_worker_that_never_began(sqlite_site: str, sign_in: Sign) -> None:
    client = sign_in(administrator=True)
    upload = uploaded(client, memories("m-1"))
    Upload.objects.update(state=State.CHECKING, started_at=None)
    assert "Waiting for a worker" in page(client, upload)
    Upload.objects.update(waiting_since=timezone.now() - timedelta(minutes=2))
    page(client, upload)
    assert Upload.objects.get().state == State.INTERRUPTED


def test_one_run_at_a_time(sqlite_site: str, sign_in: Sign) -> None:
    client = sign_in(administrator=True)
    upload = uploaded(client, memories("m-1"))
    with storage.held(upload.stored):
        Upload.objects.update(state=State.CHECKING, started_at=timezone.now())
        assert act(client, upload, "preview", mode="merge").status_code == 409
        assert act(client, upload, "remove").status_code == 409
        assert act(client, upload, "apply", preview=upload.attempt).status_code == 409
        assert client.get(f"/admin/memoria/upload/{upload.pk}/status/").json()["state"] == "checking"


def test_the_report_as_a_file(sqlite_site: str, sign_in: Sign) -> None:
    client = sign_in("import_snapshot", "view_longtermmemory")
    upload = uploaded(client, memories("m-1"), 'a"b\u202e.json')
    response = client.get(f"/admin/memoria/upload/{upload.pk}/report/")
    assert response.headers["Content-Disposition"] == f'attachment; filename="report-{upload.pk[:8]}.json"'
    assert response.json() == upload.preview
    Upload.objects.update(preview=None)
    assert client.get(f"/admin/memoria/upload/{upload.pk}/report/").status_code == 404


def test_a_file_is_removed_on_request(sqlite_site: str, sign_in: Sign, folder: Path) -> None:
    client = sign_in(administrator=True)
    upload = uploaded(client, memories("m-1"))
    assert act(client, upload, "remove").status_code == 302
    assert (os.listdir(folder), Upload.objects.get().state) == ([], State.REMOVED)
    assert act(client, upload, "preview", mode="merge").status_code == 409


def test_a_large_plan_is_a_small_page(sqlite_site: str, sign_in: Sign, django_assert_max_num_queries: Any) -> None:
    insert(
        sqlite_site,
        "long_term_memory",
        [row("long_term_memory", memory_id=f"m-{n}", searchable_content=f"{n}" * 400) for n in range(1100)],
    )
    client = sign_in(administrator=True)
    upload = uploaded(client, memories(*(f"m-{n}" for n in range(1100)), summary="<&\"'>" * 200))
    assert Finding.objects.count() == 1000
    with django_assert_max_num_queries(30):
        text = page(client, upload, "?table=long_term_memory&action=different")
    assert len(text.encode()) < 300_000
    assert "long_term_memory, different (the first 1,000)" in text
    assert "Page 1 of 10" in text
    for query in ("?page=10", "?page=99", "?page=x", "?table=x&action=y", "?table='%20OR%201=1", "?page=-1"):
        page(client, upload, query)


def test_a_snapshot_of_many_namespaces(sqlite_site: str, sign_in: Sign) -> None:
    rows = [json.loads(memories(f"m-{n}", namespace=f"team:{n}"))["payload"]["long_term_memory"][0] for n in range(300)]
    content = json.dumps({"metadata": {"counts": {"long_term_memory": 300}}, "payload": {"long_term_memory": rows}})
    client = sign_in(administrator=True)
    upload = uploaded(client, content.encode())
    text = page(client, upload)
    assert "100 more namespaces keep their names" in text
    assert len(text.encode()) < 300_000
    assert act(client, upload, "preview", mode="merge", target_0="x" * 256).status_code == 400


def test_the_lists(sqlite_site: str, sign_in: Sign) -> None:
    ada, bob, auditor = sign_in("import_snapshot"), sign_in("import_snapshot"), sign_in("view_upload", "view_import")
    upload = uploaded(ada, memories("m-1"), "<b>ada's</b>.json")
    applied(ada, upload)
    for client, seen in ((ada, True), (bob, False), (auditor, True)):
        text = client.get("/admin/memoria/upload/").content.decode()
        assert ("&lt;b&gt;ada&#x27;s&lt;/b&gt;.json" in text or "b&gt;.json" in text) is seen
        assert "<b>" not in text
    assert ada.get("/admin/memoria/import/").status_code == 403
    assert "user-0" in auditor.get("/admin/memoria/import/").content.decode()


def test_the_form_answers_a_script_with_an_address(sqlite_site: str, sign_in: Sign) -> None:
    client = sign_in(administrator=True)
    content = {"snapshot": io.BytesIO(memories("m-1"))}
    response = client.post(address_of(client), content, headers={"Accept": "application/json"})
    (upload,) = Upload.objects.all()
    assert response.json() == {"address": f"/admin/memoria/upload/{upload.pk}/"}
    ended(upload.pk)
    response = client.post(address_of(client), {}, headers={"Accept": "application/json"})
    assert (response.status_code, response.json()) == (400, {"problem": "Choose a file first."})


def test_an_error_of_the_program_is_not_shown(sqlite_site: str, sign_in: Sign) -> None:
    client = sign_in(administrator=True)
    upload = uploaded(client, memories("m-1"))
    # Options that no form makes.
    Upload.objects.update(choices={"mode": "merge", "namespaces": 7}, state=State.CHECKING, started_at=None)
    jobs.run.call(upload.pk, upload.attempt)
    upload = ended(upload.pk)
    assert upload.state == State.FAILED
    assert upload.message == "an error of this program, which its log tells more about; nothing was changed"


def test_sending_needs_nothing_but_a_form(sqlite_site: str, sign_in: Sign) -> None:
    client = sign_in(administrator=True)
    response = send(client, memories("m-1"))
    assert (response.status_code, response.content) == (302, b"")
    ended(response.headers["Location"].split("/")[-2])


def test_the_way_from_the_overview(sqlite_site: str, sign_in: Sign) -> None:
    text = sign_in(administrator=True).get("/admin/").content.decode()
    assert '<a class="button" href="/admin/memoria/upload/">Uploads</a>' in text
    assert '<a class="button" href="/admin/memoria/import/">Imports</a>' in text
    text = sign_in("view_team").get("/admin/").content.decode()
    assert 'class="button" href' not in text
    assert "<h1>Imports</h1>" in sign_in("view_import").get("/admin/memoria/import/").content.decode()


def test_the_way_to_the_rows_of_one_namespace(sqlite_site: str, sign_in: Sign) -> None:
    client = sign_in(administrator=True)
    upload = uploaded(client, memories("m-1", namespace="research"))
    text = page(client, applied(client, upload))
    assert '<a href="/admin/memoria/longtermmemory/?namespace=research">Long-term memories</a>' in text
    assert "tables without namespaces" not in text


def test_rows_without_a_namespace_are_told(sqlite_site: str, sign_in: Sign) -> None:
    insert(sqlite_site, "long_term_memory", [row("long_term_memory", memory_id="m-1")])
    clusters = [snapshot_row("clusters", id=n, summary=f"about {n}") for n in (1, 2)]
    memory = json.loads(memories("m-1"))["payload"]["long_term_memory"]
    content = layout_c(long_term_memory=memory, clusters=clusters)
    client = sign_in(administrator=True)
    text = page(client, uploaded(client, content))
    assert "2 more rows of tables without namespaces, such as clusters." in text
