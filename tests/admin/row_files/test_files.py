"""Rows of one table as CSV, XLSX and JSON, out of the admin and into it."""

from __future__ import annotations

import csv
import io
import json
import re
import stat
import tracemalloc
import zipfile
from collections.abc import Callable
from html import unescape
from typing import Any

import openpyxl
import pytest
from django.contrib.admin.models import LogEntry
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.test.utils import override_settings
from django.urls import reverse

from memoria.admin.row_files.storage import folder
from memoria.models import Cluster, LongTermMemory, MemoryRule, Team
from memoria.snapshot.schema.registry import MODELS
from tests.admin.conftest import one_row_each, sample_data
from tests.support.samples.databases import insert, query
from tests.support.samples.rows import row

SignIn = Callable[..., Client]
FORMATS = {"csv": "0", "xlsx": "1", "json": "2"}
PERMISSIONS = ("add_team", "change_team", "view_team", "export_snapshot", "import_snapshot")


def address(model: type, page: str) -> str:
    return reverse(f"admin:memoria_{model._meta.model_name}_{page}")  # type: ignore[attr-defined]


def exported(client: Client, model: type, kind: str) -> bytes:
    response = client.post(address(model, "export"), {"format": FORMATS[kind]})
    assert response.status_code == 200
    assert "attachment" in response.headers.get("Content-Disposition", ""), response.content.decode()
    return response.content


def upload(client: Client, model: type, kind: str, data: bytes) -> Any:
    file = SimpleUploadedFile(f"rows.{kind}", data)
    return client.post(address(model, "import"), {"format": FORMATS[kind], "import_file": file})


def confirm(client: Client, model: type, preview: Any) -> Any:
    form = preview.context["confirm_form"]
    return client.post(address(model, "process_import"), form.initial)


def text_of(response: Any) -> str:
    plain = re.sub(r"<[^>]+>", " ", response.content.decode())
    return " ".join(unescape(plain).split())


def teams_csv(*rows: tuple[str, ...]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows([("team_id", "name", "slug", "description"), *rows])
    return text.getvalue().encode()


@pytest.mark.parametrize("kind", FORMATS)
def test_what_was_exported_is_unchanged_when_it_comes_back(sqlite_site: str, sign_in: SignIn, kind: str) -> None:
    one_row_each(sqlite_site)
    client = sign_in(administrator=True)
    for model in MODELS:
        preview = upload(client, model, kind, exported(client, model, kind))
        assert "0 new, 0 changed, 1 as they are already." in text_of(preview), (model, text_of(preview))


def test_every_value_of_the_sample_comes_back(everywhere: str, sign_in: SignIn) -> None:
    sample_data()
    client = sign_in(administrator=True)
    for model, number in ((LongTermMemory, 160), (Cluster, 17)):
        preview = upload(client, model, "csv", exported(client, model, "csv"))
        assert f"0 new, 0 changed, {number} as they are already." in text_of(preview)


def test_only_changed_columns_are_written_and_one_entry_says_so(everywhere: str, sign_in: SignIn) -> None:
    stored = '{"b": 1.10,   "a": 10000000000000000000000000001}'
    insert(everywhere, "long_term_memory", [row("long_term_memory", memory_id="m-1", processed_data=stored)])
    client = sign_in(administrator=True)
    lines = list(csv.DictReader(io.StringIO(exported(client, LongTermMemory, "csv").decode())))
    lines[0]["summary"] = "A new summary <b>"
    file = io.StringIO()
    writer = csv.DictWriter(file, lines[0])
    writer.writeheader()
    writer.writerows([lines[0], lines[0] | {"memory_id": "m-2", "summary": "another"}])
    preview = upload(client, LongTermMemory, "csv", file.getvalue().encode())
    assert "1 new, 1 changed, 0 as they are already." in text_of(preview)
    assert "changed m-1 summary summary A new summary <b>" in text_of(preview)
    assert "<b>" not in preview.content.decode().split("What would be done")[1]
    assert LongTermMemory.objects.count() == 1
    done = confirm(client, LongTermMemory, preview)
    assert (done.status_code, done.headers["Location"]) == (302, address(LongTermMemory, "changelist"))
    found = query(everywhere, "SELECT memory_id, summary FROM long_term_memory ORDER BY 1")
    assert found == [("m-1", "A new summary <b>"), ("m-2", "another")]
    cast = "SELECT CAST(processed_data AS text) FROM long_term_memory WHERE memory_id = 'm-1'"
    assert query(everywhere, cast) == [(stored,)]
    entry = LogEntry.objects.get()
    assert (entry.object_repr, entry.change_message[:49]) == (
        "rows.csv",
        "Imported rows of a file: 1 new, 1 update; sha256 ",
    )
    assert list(folder().iterdir()) == []


@pytest.mark.parametrize(
    ("column", "value"),
    [("namespace", "x"), ("processed_data", "[7]"), ("created_at", "2020-01-01T00:00:00Z"), ("embedding", "[1]")],
)
def test_what_the_page_of_a_row_does_not_change_a_file_does_not(
    sqlite_site: str, sign_in: SignIn, column: str, value: str
) -> None:
    insert(sqlite_site, "long_term_memory", [row("long_term_memory", memory_id="m-1", namespace="research")])
    client = sign_in(administrator=True)
    lines = list(csv.DictReader(io.StringIO(exported(client, LongTermMemory, "csv").decode())))
    file = io.StringIO()
    writer = csv.DictWriter(file, lines[0])
    writer.writeheader()
    writer.writerow(lines[0] | {column: value, "summary": "other"})
    answer = upload(client, LongTermMemory, "csv", file.getvalue().encode())
    assert answer.context.get("confirm_form") is None
    assert (
        f"Row 2: {column}: A file does not change it in a row that is there: leave the column out, or export the rows"
        " as a snapshot and import that." in text_of(answer)
    )
    assert LongTermMemory.objects.get().namespace == "research"
    # A new row may say anything.
    new = (file.getvalue().encode()).replace(b"m-1", b"m-2")
    assert "1 new, 0 changed" in text_of(upload(client, LongTermMemory, "csv", new))


TEXTS = ["=cmd|'/C calc'!A0", "+1", "-1", "@SUM(A1)", "\tx", "\rx", "'=1", "''", "'", "plain", "it's"]
CELLS = ["'=cmd|'/C calc'!A0", "'+1", "'-1", "'@SUM(A1)", "'\tx", "'\rx", "''=1", "'''", "''", "plain", "it's"]


def test_a_formula_is_only_text(sqlite_site: str, sign_in: SignIn) -> None:
    rows = [row("teams", team_id=f"t-{n}", slug=f"s-{n}", name=text) for n, text in enumerate(TEXTS, start=10)]
    insert(sqlite_site, "teams", rows)
    client = sign_in(*PERMISSIONS)
    lines = csv.DictReader(io.StringIO(exported(client, Team, "csv").decode(), newline=""))
    assert [line["name"] for line in lines] == CELLS
    sheet = openpyxl.load_workbook(io.BytesIO(exported(client, Team, "xlsx"))).active
    assert sheet is not None
    assert {cell.data_type for cells in sheet.iter_rows() for cell in cells} <= {"s", "n", "inlineStr"}
    assert [line["name"] for line in json.loads(exported(client, Team, "json"))] == TEXTS
    for kind in FORMATS:
        preview = upload(client, Team, kind, exported(client, Team, kind))
        assert "0 new, 0 changed, 11 as they are already." in text_of(preview)


@pytest.mark.parametrize("text", ["a\rb\r\nc\x01\x1f", "_x000D_", "_x005F_", "\ufffe 🦉 ñ\u2028"])
def test_a_sheet_holds_what_xml_does_not(sqlite_site: str, sign_in: SignIn, text: str) -> None:
    insert(sqlite_site, "teams", [row("teams", name=text)])
    client = sign_in(*PERMISSIONS)
    preview = upload(client, Team, "xlsx", exported(client, Team, "xlsx"))
    assert "0 new, 0 changed, 1 as they are already." in text_of(preview)


def test_a_text_that_a_cell_would_cut_is_not_exported(sqlite_site: str, sign_in: SignIn) -> None:
    insert(sqlite_site, "teams", [row("teams", description="x" * 32_768)])
    answer = sign_in(*PERMISSIONS).post(address(Team, "export"), {"format": FORMATS["xlsx"]})
    assert "A text of 32,768 characters does not fit into a cell: choose CSV or JSON." in text_of(answer)


def test_a_long_text_comes_back_out_of_a_file_of_text(sqlite_site: str, sign_in: SignIn) -> None:
    before = csv.field_size_limit(131_072)
    try:
        insert(sqlite_site, "teams", [row("teams", description="x" * 200_000)])
        client = sign_in(*PERMISSIONS)
        preview = upload(client, Team, "csv", exported(client, Team, "csv"))
    finally:
        csv.field_size_limit(before)
    assert "0 new, 0 changed, 1 as they are already." in text_of(preview), text_of(preview)


def test_null_and_an_empty_text_stay_what_they_are(sqlite_site: str, sign_in: SignIn) -> None:
    rows = [
        row("teams", team_id="t-1", slug="a", description=None),
        row("teams", team_id="t-2", slug="b", description=""),
    ]
    insert(sqlite_site, "teams", rows)
    client = sign_in(*PERMISSIONS)
    preview = upload(client, Team, "csv", exported(client, Team, "csv"))
    assert "0 new, 0 changed, 2 as they are already." in text_of(preview)


@pytest.mark.parametrize("page", ["import", "process_import", "export"])
@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("missing", PERMISSIONS)
def test_who_lacks_a_permission_gets_nothing(
    sqlite_site: str, sign_in: SignIn, page: str, method: str, missing: str
) -> None:
    client = sign_in(*(permission for permission in PERMISSIONS if permission != missing))
    needed = {"export": {"view_team", "export_snapshot"}}.get(page, {"add_team", "change_team", "import_snapshot"})
    # Who may change a table may view it.
    needed -= {"view_team"}
    answer = getattr(client, method)(address(Team, page))
    allowed = 405 if (page, method) == ("process_import", "get") else 200
    assert answer.status_code == (403 if missing in needed and allowed == 200 else allowed)


@pytest.mark.parametrize("model", MODELS)
def test_no_table_is_exported_by_who_may_not_view_it(sqlite_site: str, sign_in: SignIn, model: type) -> None:
    name = model._meta.model_name  # type: ignore[attr-defined]
    client = sign_in("export_snapshot")
    assert client.get(address(model, "export")).status_code == 403
    assert client.post(address(model, "export"), {"format": FORMATS["csv"]}).status_code == 403
    assert sign_in("export_snapshot", f"view_{name}").get(address(model, "export")).status_code == 200


def test_the_links_are_there_for_who_may_follow_them(sqlite_site: str, sign_in: SignIn) -> None:
    for permissions, links in (
        (PERMISSIONS, ["Import", "Export"]),
        (("view_team",), []),
        (("view_team", "export_snapshot"), ["Export"]),
    ):
        page = sign_in(*permissions).get(address(Team, "changelist")).content.decode()
        assert re.findall(r">(Import|Export)</a>", page) == links


def test_nothing_is_imported_when_the_rows_changed_since(everywhere: str, sign_in: SignIn) -> None:
    insert(everywhere, "teams", [row("teams", team_id="t-1", name="old", slug="s")])
    client = sign_in(*PERMISSIONS)
    preview = upload(client, Team, "csv", teams_csv(("t-1", "new", "s", ""), ("t-2", "second", "s-2", "")))
    Team.objects.filter(pk="t-1").update(name="changed meanwhile")
    done = client.post(address(Team, "process_import"), preview.context["confirm_form"].initial, follow=True)
    assert "The data changed since this preview, or it is too old. Nothing was imported" in text_of(done)
    assert list(Team.objects.values_list("pk", "name")) == [("t-1", "changed meanwhile")]
    assert LogEntry.objects.count() == 0


def test_a_preview_is_confirmed_once_and_by_who_saw_it(sqlite_site: str, sign_in: SignIn) -> None:
    client, other = sign_in(*PERMISSIONS), sign_in(*PERMISSIONS)
    preview = upload(client, Team, "csv", teams_csv(("t-1", "new", "s", "")))
    assert "This is not a preview of yours." in text_of(confirm(other, Team, preview))
    assert confirm(client, Team, preview).status_code == 302
    again = client.post(address(Team, "process_import"), preview.context["confirm_form"].initial, follow=True)
    assert "Nothing was imported" in text_of(again)
    assert (Team.objects.count(), LogEntry.objects.count()) == (1, 1)


@pytest.mark.parametrize("name", ["", "/etc/passwd", "../../etc/passwd", "passwd", "x:y:z"])
def test_no_file_is_read_but_the_one_of_the_preview(sqlite_site: str, sign_in: SignIn, name: str) -> None:
    client = sign_in(*PERMISSIONS)
    preview = upload(client, Team, "csv", teams_csv(("t-1", "new", "s", "")))
    form = preview.context["confirm_form"].initial | {"import_file_name": name}
    answer = client.post(address(Team, "process_import"), form)
    assert answer.status_code == 200
    assert "too old" in text_of(answer) or "required" in text_of(answer)
    assert Team.objects.count() == 0


def test_the_stored_file_is_private_and_checked(sqlite_site: str, sign_in: SignIn) -> None:
    client = sign_in(*PERMISSIONS)
    preview = upload(client, Team, "csv", teams_csv(("t-1", "new", "s", "")))
    (path,) = folder().iterdir()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder().stat().st_mode) == 0o700
    path.write_bytes(teams_csv(("t-9", "swapped", "s", "")))
    done = client.post(address(Team, "process_import"), preview.context["confirm_form"].initial, follow=True)
    assert "Nothing was imported" in text_of(done)
    assert Team.objects.count() == 0


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"team_id,nmae\nt-1,x\n", "This table has no column 'nmae'."),
        (b"team_id,name,name\nt-1,x,y\n", "A column stands in the file twice."),
        (b"name,slug\nx,y\n", "import_id_fields"),
        (teams_csv(("t-1", "x", "", "")), "Row 2: slug: This field cannot be blank."),
        (teams_csv(("t-1", "x", "same", ""), ("t-2", "y", "same", "")), "Row 3:"),
        (b"team_id,name,slug,created_at\nt-1,x,y,yesterday\n", "Row 2: created_at: 'yesterday' is no time."),
        (b"\xff\xfe\x00", "The file cannot be read in this format"),
        (b"", "The submitted file is empty."),
        (b"team_id,name,slug\n" + b"t,x,y\n" * 10_001, "The file has more than 10,000 rows, the most that"),
        (b"," * 3_000_000 + b"\n" + b"t\n" * 900_000, "The file has 3,000,001 columns, and no table"),
        (b"team_id,name,slug\nt-1,x,y,z\n", "Row 1 has more values than there are columns."),
        (b"\n", "The file names no columns."),
    ],
)  # fmt: skip
def test_a_wrong_file_is_told_and_changes_nothing(
    sqlite_site: str, sign_in: SignIn, data: bytes, sentence: str
) -> None:
    client = sign_in(*PERMISSIONS)
    answer = upload(client, Team, "csv", data)
    assert answer.status_code == 200
    assert sentence in text_of(answer), text_of(answer)
    assert "Traceback" not in answer.content.decode()
    assert answer.context.get("confirm_form") is None
    assert Team.objects.count() == 0


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b'[["a"]]', "The file is no list of objects, one for each row."),
        (b'[{"team_id": "t-1"}, 2]', "The file is no list of objects, one for each row."),
        (b'{"team_id": "t-1"}', "The file is no list of objects, one for each row."),
        (b"null", "The file is no list of objects, one for each row."),
        (b"[]", "The file names no columns."),
        (b"[{}]", "The file names no columns."),
        (b'[{"team_id": "t-1"}, {"slug": "s"}]', "Row 2 has other columns than the first one."),
        (b"[" * 100_000, "The file cannot be read in this format"),
        (b'[{"team_id": "\\ud800", "name": "x", "slug": "y"}]', "Row 1:"),
    ],
)
def test_a_wrong_json_file_is_told(everywhere: str, sign_in: SignIn, data: bytes, sentence: str) -> None:
    answer = upload(sign_in(*PERMISSIONS), Team, "json", data)
    assert answer.status_code == 200
    assert sentence in text_of(answer), text_of(answer)
    assert answer.context.get("confirm_form") is None


def test_a_json_object_names_its_values_in_any_order(sqlite_site: str, sign_in: SignIn) -> None:
    rows = b'[{"team_id": "t-1", "name": "one", "slug": "a"}, {"slug": "b", "name": "two", "team_id": "t-2"}]'
    client = sign_in(*PERMISSIONS)
    confirm(client, Team, upload(client, Team, "json", rows))
    assert sorted(Team.objects.values_list("pk", "name", "slug")) == [("t-1", "one", "a"), ("t-2", "two", "b")]


def test_a_large_file_is_refused_before_it_is_read(sqlite_site: str, sign_in: SignIn) -> None:
    client = sign_in(*PERMISSIONS)
    answer = upload(client, Team, "csv", b"x" * 5_070_000)
    assert answer.status_code == 413
    assert answer.content.decode() == (
        "The request has 5,070,211 bytes, and 5,065,536 bytes are read at most. Larger amounts go as a snapshot: "
        "export-data and import-data, or an upload of one.\n"
    )
    just_over = upload(client, Team, "csv", b"x" * 5_000_001)
    assert (
        "The file has 5,000,001 bytes, and 5,000,000 bytes are read at most. Larger amounts go as a snapshot"
        in text_of(just_over)
    )


def test_a_small_file_that_unpacks_to_much_is_refused(sqlite_site: str, sign_in: SignIn) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", b" " * (3 * 1024 * 1024))
    client = sign_in(*PERMISSIONS)
    with override_settings(MEMORIA_TABLE_IMPORT_MAX_BYTES=100_000):
        answer = upload(client, Team, "xlsx", packed.getvalue())
    assert "The file unpacks to more than is read." in text_of(answer)


STRINGS = (
    b'<Override PartName="/xl/sharedStrings.xml" ContentType='
    b'"application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"/>'
)


def sheet_of(rows: bytes, **others: bytes) -> bytes:
    """An XLSX file with one team, these rows after it, and parts of these contents."""
    book = openpyxl.Workbook()
    assert book.active is not None
    for values in (("team_id", "name", "description", "slug"), ("t-1", "a name", "a text", "s")):
        book.active.append(values)
    plain, changed = io.BytesIO(), io.BytesIO()
    book.save(plain)
    with zipfile.ZipFile(plain) as old, zipfile.ZipFile(changed, "w", zipfile.ZIP_DEFLATED) as new:
        new.writestr("xl/sharedStrings.xml", others.get("sharedStrings", b"<sst/>"))
        for name in old.namelist():
            content = old.read(name).replace(b"</sheetData>", rows + b"</sheetData>")
            content = content.replace(b"</Types>", STRINGS + b"</Types>")
            new.writestr(name, others.get(name.rpartition("/")[2].partition(".")[0], content))
    return changed.getvalue()


def cells_at(place: str, row: int) -> bytes:
    return f'<row r="{row}"><c r="{place}{row}"><v>1</v></c></row>'.encode()


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (sheet_of(cells_at("XFD", 1_000_000)), "The file has more than 10,000 rows, the most that are imported."),
        (sheet_of(cells_at("A", 99_999_999)), "The file has more than 10,000 rows, the most that are imported."),
        (sheet_of(cells_at("XFD", 3)), "Row 2 has more values than there are columns."),
        (sheet_of(b"<row>" + b"<c/>" * 2_000_000 + b"</row>"), "The sheet has rows of more than 43 cells"),
        (sheet_of(b"<row/>" * 2_000_000), "The file unpacks to more than is read."),
        (sheet_of(b"<c>" + b"<v/>" * 2_000_000 + b"</c>"), "The file unpacks to more than is read."),
        (sheet_of(b"<row " + b'a="" ' * 500_000 + b"/>"), "The file unpacks to more than is read."),
        (sheet_of(b"", styles=b"<a>" + b"<xf/>" * 2_000_000 + b"</a>"), "The file unpacks to more than is read."),
        (sheet_of(b"", workbook=b'<!DOCTYPE a [<!ENTITY b "c">]><a/>'), "The file defines words of its own (DOCTYPE)"),
    ],
    ids=["far", "far-down", "far-right", "wide", "long", "deep", "attributes", "styles", "doctype"],
)
def test_a_small_sheet_that_says_it_is_large_costs_little(
    sqlite_site: str, sign_in: SignIn, data: bytes, sentence: str
) -> None:
    client = sign_in(*PERMISSIONS)
    tracemalloc.start()
    try:
        answer = upload(client, Team, "xlsx", data)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert sentence in text_of(answer), text_of(answer)
    assert peak < 100_000_000


def test_one_text_of_a_sheet_in_many_cells_is_as_large_as_all_of_them(sqlite_site: str, sign_in: SignIn) -> None:
    text = b'<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
    text += b"<si><t>%s</t></si>" % (b"x" * 1_000_000)
    row = b"<row>" + b'<c t="s"><v>0</v></c>' * 3 + b"</row>"
    answer = upload(sign_in(*PERMISSIONS), Team, "xlsx", sheet_of(row * 100, sharedStrings=text + b"</sst>"))
    assert "The file unpacks to more than is read." in text_of(answer)


def test_a_sheet_with_gaps_is_read_as_it_looks(sqlite_site: str, sign_in: SignIn) -> None:
    cells = ((b"A", b"t-2"), (b"B", b"another"), (b"D", b"s-2"), (b"AZ", b""))
    texts = b"".join(b'<c r="%s3" t="str"><v>%s</v></c>' % cell for cell in cells)
    preview = upload(sign_in(*PERMISSIONS), Team, "xlsx", sheet_of(b'<row r="3">' + texts + b"</row>"))
    assert "2 new, 0 changed, 0 as they are already." in text_of(preview), text_of(preview)


def test_a_large_table_is_not_exported_here(sqlite_site: str, sign_in: SignIn) -> None:
    moment = row("rules_memory")
    insert(sqlite_site, "rules_memory", [moment | {"rule_id": f"r-{n}"} for n in range(10_001)])
    client = sign_in(administrator=True)
    answer = client.post(address(MemoryRule, "export"), {"format": "0"}, follow=True)
    assert "More than 10,000 rows: filter the list first. Larger amounts go as a snapshot" in text_of(answer)
    response = client.post(address(MemoryRule, "export") + "?q=r-10000", {"format": "0"})
    assert len(list(csv.DictReader(io.StringIO(response.content.decode())))) == 1


def test_the_pages_of_files_speak_plainly(sqlite_site: str, sign_in: SignIn) -> None:
    client = sign_in(*PERMISSIONS)
    page = client.get(address(Team, "export")).content.decode()
    assert '<input type="submit" class="default" value="Export">' in page
    assert "This exporter" not in page
    assert '<option value="0">csv</option>' in page
    assert "---" not in page.split("<form")[-1]
    answer = upload(client, Team, "json", b'[{"team_id": "t-1", "name": "x", "slug": ""}]').content.decode()
    assert "Row 1: slug" in answer
    assert answer.index("Row 1: slug") < answer.index("Show what it would do")


def test_a_refused_file_leaves_the_columns_on_the_page(sqlite_site: str, sign_in: SignIn) -> None:
    client = sign_in(*PERMISSIONS)
    columns = "team_id, name, slug"
    assert columns in " ".join(client.get(address(Team, "import")).content.decode().split())
    for text in (b"team_id,name\nt-1,", b"what,is,this\n1,2,3"):
        refused = upload(client, Team, "csv", text)
        assert columns in " ".join(refused.content.decode().split())
