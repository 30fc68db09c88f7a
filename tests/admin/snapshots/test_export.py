"""Snapshots as downloads."""

from __future__ import annotations

import json
import re
import resource
import signal
import time
from pathlib import Path
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.core.management import call_command

from memoria.admin.snapshots.views import database_name
from memoria.databases import connection_for
from memoria.models import Import, LongTermMemory
from memoria.snapshot.files import InputFile
from memoria.snapshot.merge.merge import Merge
from tests.admin.snapshots.conftest import Sign, applied, chosen, memories, uploaded
from tests.support.samples.databases import EVERY, insert, rows_of
from tests.support.samples.engine import export as exported
from tests.support.samples.engine import without_header
from tests.support.samples.rows import layout_c, row, snapshot_row

PATH = "/admin/memoria/upload/export/"


def content(response: Any) -> bytes:
    assert response.status_code == 200, response.content
    return b"".join(response.streaming_content)


def edges(url: str) -> None:
    """Two namespaces, an edge inside each, and one between them."""
    for name, namespace in (("a", "one"), ("b", "one"), ("c", "two")):
        insert(url, "long_term_memory", [row("long_term_memory", memory_id=name, namespace=namespace)])
    for number, (source, target) in enumerate((("a", "b"), ("b", "c"))):
        values = {"relationship_id": f"r-{number}", "source_memory_id": source, "target_memory_id": target}
        insert(url, "memory_relationships", [row("memory_relationships", namespace="one", **values)])
    insert(url, "clusters", [row("clusters")])
    insert(url, "cluster_members", [row("cluster_members", memory_id="a")])


@pytest.mark.parametrize(
    ("format", "compression", "ending"),
    [("json", "", ".json"), ("ndjson", "gzip", ".ndjson.gz"), ("json", "zstd", ".json.zst")],
)
def test_the_download_is_the_snapshot_of_the_command(
    everywhere: str, sign_in: Sign, tmp_path: Path, format: str, compression: str, ending: str
) -> None:
    edges(everywhere)
    client = sign_in(administrator=True)
    tables = list(EVERY)
    response = client.post(PATH, {"tables": tables, "format": format, "compression": compression})
    assert response.headers["Content-Disposition"].endswith(f'Z{ending}"')
    path = tmp_path / f"download{ending}"
    path.write_bytes(content(response))
    exported(everywhere, tmp_path / f"command{ending}")
    if not compression:
        assert without_header(path) == without_header(tmp_path / f"command{ending}")
    connection = connection_for(url=everywhere)
    with InputFile(str(path)) as file:
        report = Merge(file, connection, "x", dry_run=True).run()
    assert (report.rows, report.tables["long_term_memory"].skipped) == (7, 3)
    (entry,) = LogEntry.objects.all()
    assert entry.change_message.startswith("Snapshot exported: teams, workspaces")


def test_namespaces_and_tables(sqlite_site: str, sign_in: Sign) -> None:
    edges(sqlite_site)
    client = sign_in(administrator=True)
    values = {"tables": ["long_term_memory", "memory_relationships"], "namespaces": "on*\n", "format": "json"}
    found = json.loads(content(client.post(PATH, values)))
    assert found["metadata"]["namespaces"] == ["one"]
    assert [m["memory_id"] for m in found["payload"]["long_term_memory"]] == ["a", "b"]
    assert [e["relationship_id"] for e in found["payload"]["memory_relationships"]] == ["r-0"]
    assert "clusters" not in found["payload"]


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"tables": [], "format": "json"}, "This field is required."),
        ({"tables": ["auth_user"], "format": "json"}, "auth_user is not one of the available choices."),
        ({"tables": ["clusters; DROP TABLE x"], "format": "json"}, "is not one of the available choices."),
        ({"tables": ["clusters"], "format": "xml"}, "xml is not one of the available choices."),
        ({"tables": ["clusters"], "format": "json", "compression": "zip"}, "zip is not one of the available choices."),
        ({"tables": ["clusters"], "format": "json", "namespaces": "nothing"}, "has no namespace"),
        ({"tables": ["clusters"], "format": "json", "namespaces": "' OR 1=1 --"}, "has no namespace"),
        ({"tables": ["clusters"], "format": "json", "namespaces": "x" * 30_000}, "Ensure this value has at most"),
    ],
)
def test_what_cannot_be_exported(sqlite_site: str, sign_in: Sign, values: dict[str, Any], sentence: str) -> None:
    response = sign_in(administrator=True).post(PATH, values)
    assert response.status_code == 400
    assert sentence in response.content.decode()


def test_only_tables_that_the_user_may_view(sqlite_site: str, sign_in: Sign) -> None:
    edges(sqlite_site)
    client = sign_in("export_snapshot", "view_longtermmemory")
    text = client.get(PATH).content.decode()
    assert 'value="long_term_memory"' in text
    assert 'value="clusters"' not in text
    assert client.post(PATH, {"tables": ["clusters"], "format": "json"}).status_code == 400
    found = json.loads(content(client.post(PATH, {"tables": ["long_term_memory"], "format": "json"})))
    assert found["metadata"]["tables"] == ["long_term_memory"]


@pytest.mark.parametrize("namespaces", ["", "one"])
def test_no_figures_of_tables_that_the_user_may_not_view(everywhere: str, sign_in: Sign, namespaces: str) -> None:
    edges(everywhere)
    values = {"tables": ["long_term_memory"], "namespaces": namespaces, "format": "json"}
    chosen = {"action": "export_selected", "_selected_action": ["a", "b"]}

    def left_out(client: Any, path: str, values: dict[str, Any]) -> dict[str, int]:
        found: dict[str, int] = json.loads(content(client.post(path, values)))["metadata"]["left_out"]
        return found

    boss = left_out(sign_in(administrator=True), PATH, values)
    assert (boss["clusters"], boss["memory_relationships"]) == (1, 2)
    client = sign_in("export_snapshot", "view_longtermmemory")
    in_memories = {"long_term_memory": 1} if namespaces else {}
    assert left_out(client, PATH, values) == in_memories
    assert left_out(client, "/admin/memoria/longtermmemory/", chosen) == {"long_term_memory": 1}
    both = sign_in("export_snapshot", "view_longtermmemory", "view_cluster")
    assert left_out(both, PATH, values) == {**in_memories, "clusters": 1}


def test_a_server_without_room_does_not_tell_where(sqlite_site: str, sign_in: Sign, folder: Path) -> None:
    insert(sqlite_site, "long_term_memory", [row("long_term_memory", searchable_content="\x01" * 200_000)])
    client = sign_in(administrator=True)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, before[1]))
    try:
        response = client.post(PATH, {"tables": ["long_term_memory"], "format": "json"})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)
    assert response.status_code == 400
    assert "the server cannot write the snapshot; its log tells why." in response.content.decode()
    assert str(folder) not in response.content.decode()
    assert list(folder.iterdir()) == []


def test_rows_that_no_snapshot_can_hold_stop_it(sqlite_site: str, sign_in: Sign) -> None:
    insert(sqlite_site, "long_term_memory", [row("long_term_memory", importance_score="much")])
    response = sign_in(administrator=True).post(PATH, {"tables": ["long_term_memory"], "format": "json"})
    assert response.status_code == 400
    assert "importance_score" in response.content.decode()


def test_chosen_memories_with_what_belongs_to_them(everywhere: str, sign_in: Sign) -> None:
    edges(everywhere)
    client = sign_in(administrator=True)
    values = {"action": "export_selected", "_selected_action": ["a", "b"]}
    found = json.loads(content(client.post("/admin/memoria/longtermmemory/", values)))
    ids = {"long_term_memory": "memory_id", "memory_relationships": "relationship_id", "clusters": "id"}
    assert {table: [r[key] for r in found["payload"][table]] for table, key in ids.items()} == {
        "long_term_memory": ["a", "b"],
        "memory_relationships": ["r-0"],
        "clusters": [1],
    }


def test_the_action_needs_the_permission(sqlite_site: str, sign_in: Sign) -> None:
    edges(sqlite_site)
    client = sign_in("view_longtermmemory", "change_longtermmemory")
    assert "export_selected" not in client.get("/admin/memoria/longtermmemory/").content.decode()
    values = {"action": "export_selected", "_selected_action": ["a"]}
    response = client.post("/admin/memoria/longtermmemory/", values)
    assert response.headers["Content-Type"].startswith("text/html")


def test_who_leaves_in_the_middle_leaves_nothing_running(sqlite_site: str, sign_in: Sign) -> None:
    call_command("load-sample-data", verbosity=0)
    response = sign_in(administrator=True).post(PATH, {"tables": ["long_term_memory"], "format": "json"})
    pieces = iter(response.streaming_content)
    next(pieces)
    response.close()


# Undo


def test_an_import_is_taken_back(everywhere: str, sign_in: Sign) -> None:
    insert(everywhere, "long_term_memory", [row("long_term_memory", memory_id="m-0")])
    before = rows_of(everywhere, "long_term_memory")
    client = sign_in(administrator=True)
    upload = applied(client, uploaded(client, memories("m-1")))
    path = f"/admin/memoria/import/{upload.import_id}/"
    text = client.get(path).content.decode()
    assert "Take this import back" in text
    assert client.post(path).status_code == 302
    done = waited(upload.import_id)
    assert (done.state, rows_of(everywhere, "long_term_memory")) == ("undone", before)
    text = client.get(path).content.decode()
    assert "Taken back: long_term_memory: 1 deleted, 0 restored." in text
    assert "Take this import back" not in text


def test_what_changed_since_is_left_unless_forced(sqlite_site: str, sign_in: Sign) -> None:
    client = sign_in(administrator=True)
    upload = applied(client, uploaded(client, memories("m-1", "m-2")))
    LongTermMemory.objects.filter(pk="m-1").update(summary="better")
    path = f"/admin/memoria/import/{upload.import_id}/"
    assert "m-1 was changed since" in client.get(path).content.decode().replace("\n", " ")
    client.post(path)
    waited(upload.import_id, entries=1)
    assert LongTermMemory.objects.count() == 2
    assert "Not taken back" in client.get(path).content.decode()
    client.post(path, {"force": "on", "shown": shown_at(client, path)})
    waited(upload.import_id, entries=2)
    assert LongTermMemory.objects.count() == 0
    client.post(path)
    waited(upload.import_id, entries=3)
    assert "is undone already" in client.get(path).content.decode()


@pytest.mark.parametrize("shown", ["as it was", "", "0" * 64])
@pytest.mark.parametrize("change", [("m-2", "m-3"), ("m-2",)], ids=["more", "others"])
def test_no_more_is_taken_back_than_was_shown(
    everywhere: str, sign_in: Sign, shown: str, change: tuple[str, ...]
) -> None:
    client = sign_in(administrator=True)
    upload = applied(client, uploaded(client, memories("m-1", "m-2", "m-3")))
    before = dict(LongTermMemory.objects.values_list("pk", "summary"))
    LongTermMemory.objects.filter(pk="m-1").update(summary="better")
    path = f"/admin/memoria/import/{upload.import_id}/"
    seen = shown_at(client, path) if shown == "as it was" else shown
    if len(change) == 1:
        LongTermMemory.objects.filter(pk="m-1").update(summary=before["m-1"])
    LongTermMemory.objects.filter(pk__in=change).update(summary="precious")
    client.post(path, {"force": "on", "shown": seen})
    assert waited(upload.import_id).state == "done"
    assert LongTermMemory.objects.count() == 3
    told = "Not taken back: the data changed since this preview; look at it again."
    assert told in client.get(path).content.decode()


def shown_at(client: Any, path: str) -> str:
    """What the form of the page sends of what the page shows."""
    found = re.search(r'name="shown" value="([0-9a-f]{64})"', client.get(path).content.decode())
    assert found
    return found[1]


def test_no_sentence_of_an_undo_names_a_row(everywhere: str, sign_in: Sign) -> None:
    boss, client = sign_in(administrator=True), sign_in("undo_import")
    upload = applied(boss, uploaded(boss, memories('it\'s a secret: "m-1"', "m-2")))
    path = f"/admin/memoria/import/{upload.import_id}/"
    LongTermMemory.objects.update(summary="better")
    client.post(path)
    waited(upload.import_id)
    text = client.get(path).content.decode()
    told = f"2 rows changed since import {upload.import_id} (nothing was changed; "
    assert f"Not taken back: {told}“Take back what was changed since, too” takes them back all the same)." in text
    assert "secret" not in text
    assert "secret" in boss.get(path).content.decode()


def test_a_row_that_the_import_did_not_write_is_not_named(everywhere: str, sign_in: Sign) -> None:
    boss, client = sign_in(administrator=True), sign_in("undo_import")
    content = layout_c(teams=[snapshot_row("teams", team_id='it\'s a: "secret"')])
    upload = chosen(boss, uploaded(boss, content), mode="replace")
    upload = applied(boss, upload, database=database_name())
    assert upload.state == "done", upload.message
    insert(everywhere, "workspaces", [row("workspaces", team_id='it\'s a: "secret"')])
    text = client.get(f"/admin/memoria/import/{upload.import_id}/").content.decode()
    assert "1 row of workspaces that the import did not write" in text
    assert "delete or change them first" in text
    assert "secret" not in text


def test_what_is_gone_already_is_not_counted_as_deleted(everywhere: str, sign_in: Sign) -> None:
    client = sign_in(administrator=True)
    upload = applied(client, uploaded(client, memories("m-1", "m-2", "m-3")))
    LongTermMemory.objects.exclude(pk="m-3").delete()
    text = client.get(f"/admin/memoria/import/{upload.import_id}/").content.decode()
    assert '<th scope="row">long_term_memory</th><td>1</td><td>0</td><td>2</td>' in text
    # The box and the button stand above the rows, which are folded.
    assert text.index('id="id_force"') < text.index("Take this import back") < text.index("<details>")
    assert "<summary>The changed rows</summary>" in text
    path = f"/admin/memoria/import/{upload.import_id}/"
    client.post(path, {"force": "on", "shown": shown_at(client, path)})
    waited(upload.import_id)
    assert LongTermMemory.objects.count() == 0
    text = client.get(f"/admin/memoria/import/{upload.import_id}/").content.decode()
    assert "Taken back: long_term_memory: 1 deleted, 0 restored." in text


def test_the_undo_page_speaks_of_its_box(sqlite_site: str, sign_in: Sign) -> None:
    client = sign_in(administrator=True)
    upload = applied(client, uploaded(client, memories("m-1")))
    LongTermMemory.objects.update(summary="better")
    client.post(f"/admin/memoria/import/{upload.import_id}/")
    waited(upload.import_id)
    text = client.get(f"/admin/memoria/import/{upload.import_id}/").content.decode()
    assert "“Take back what was changed since, too” takes them back all the same" in text
    assert "--force" not in text


def waited(number: int | None, *, entries: int = 1) -> Import:
    end = time.monotonic() + 20
    while LogEntry.objects.filter(object_repr=f"import {number}").count() < entries:
        assert time.monotonic() < end
        time.sleep(0.02)
    return Import.objects.get(pk=number)


@pytest.mark.parametrize("namespaces", ["nope", "nope:*"])
def test_no_page_tells_where_the_database_is(sqlite_site: str, sign_in: Sign, namespaces: str) -> None:
    client = sign_in(administrator=True)
    response = client.post(PATH, {"tables": ["long_term_memory"], "format": "json", "namespaces": namespaces})
    text = response.content.decode()
    assert response.status_code == 400
    assert "memoria.sqlite3 has no " in text
    assert "sqlite:///" not in text
    upload = uploaded(client, memories("m-1"))
    report = client.get(f"/admin/memoria/upload/{upload.pk}/report/").json()
    assert report["database"] == "memoria.sqlite3"


def test_the_form_knows_the_tables_and_the_namespaces(sqlite_site: str, sign_in: Sign) -> None:
    rows = [row("long_term_memory", memory_id=f"m-{n}", namespace=f"team:{n}") for n in range(2)]
    insert(sqlite_site, "long_term_memory", rows)
    text = sign_in(administrator=True).get(PATH).content.decode()
    assert "long_term_memory (2)</label>" in text
    assert "Among those of long-term memories are: team:0, team:1." in text
    assert "team:0" not in sign_in("export_snapshot", "view_team").get(PATH).content.decode()


def test_what_was_not_exported_is_not_noted_as_exported(everywhere: str, sign_in: Sign) -> None:
    insert(everywhere, "long_term_memory", [row("long_term_memory")])
    client = sign_in(administrator=True)
    values = {"tables": ["long_term_memory"], "format": "json"}
    assert client.post(PATH, {**values, "namespaces": "nowhere"}).status_code == 400
    assert list(LogEntry.objects.values_list("change_message", flat=True)) == []
    content(client.post(PATH, values))
    assert list(LogEntry.objects.values_list("change_message", flat=True)) == ["Snapshot exported: long_term_memory. "]
