"""`roadcall import` over a real socket: files of every type, every fault named, and the exit code that tells."""

import csv
import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from cli.demo import write_tables
from cli.import_ import import_
from cli.importing.sending import BATCH_ROWS
from demo.network import make
from tests.cli.import_server import ImportServer, import_server

app = typer.Typer()
app.command()(import_)
STOCK = "place_id,part,quantity\n"
NOW = datetime.fromisoformat("2026-11-05T08:00:00+08:00")


@pytest.fixture
def server() -> Iterator[ImportServer]:
    with import_server() as running:
        yield running


def run(server: ImportServer, *arguments: str | Path, bearer: str = "good") -> Result:
    return CliRunner().invoke(app, [*map(str, arguments), "--url", server.url], env={"ROADCALL_TOKEN": bearer})


def file(tmp_path: Path, name: str, content: str | bytes) -> Path:
    path = tmp_path / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def test_the_whole_demo_folder_arrives_in_order_and_unchanged(server: ImportServer, tmp_path: Path) -> None:
    tables = make("branch", 1, NOW)
    write_tables(tables, tmp_path)
    result = run(server, tmp_path)
    assert result.exit_code == 0, result.output
    for kind, rows in tables.items():
        given = [{name: value for name, value in row.items() if value not in (None, [], {})} for row in rows]
        assert server.rows(kind) == given, kind
    paths = [path for path, _ in server.batches]
    first = {path.rpartition("/")[2]: paths.index(path) for path in reversed(paths)}
    for before, after in [
        ("branches", "territories"),
        ("territories", "stations"),
        ("stations", "engineers"),
        ("stations", "assets"),
        ("customers", "assets"),
        ("engineers", "shifts"),
        ("places", "stock"),
        ("parts", "stock"),
        ("route_reference", "orders"),
        ("stock", "orders"),
        ("shifts", "orders"),
    ]:
        assert first[before] < first[after], (before, after)
    assert max(len(rows) for _, rows in server.batches) <= BATCH_ROWS
    assert "orders: 200 created" in result.output
    assert "left alone" not in result.output


def test_bad_rows_are_named_and_the_others_go_in(server: ImportServer, tmp_path: Path) -> None:
    rows = ["A,P1,1", "A,P2,many", "A,BAD,1", "", "A,,1", "A,P1,2", "A,P3,1,9", "A,P4,1"]
    path = file(tmp_path, "stock.csv", STOCK + "\n".join(rows))
    report = tmp_path / "report.csv"
    result = run(server, "stock", path, "--report", report)
    assert result.exit_code == 1
    assert [row["part"] for row in server.rows("stock")] == ["P1", "BAD", "P4"]
    assert "stock.csv, row 3, column quantity: 'many' is not a number" in result.output
    assert "stock.csv, row 4, column part: there is no part BAD" in result.output
    assert "stock.csv, row 6, column part: is empty" in result.output
    assert "stock.csv, row 7, column place_id: has the same place_id and part as row 2" in result.output
    assert "stock.csv, row 8: has a value in column 4" in result.output
    assert "stock: 2 created, 5 refused" in result.output
    with report.open(encoding="utf-8") as lines:
        fates = {int(line["row"]): line["status"] for line in csv.DictReader(lines)}
    assert fates == {2: "created", 3: "refused", 4: "refused", 6: "refused", 7: "refused", 8: "refused", 9: "created"}


def test_the_report_can_be_json(server: ImportServer, tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    run(server, "stock", file(tmp_path, "s.csv", STOCK + "A,P1,x\nA,P2,1\n"), "--report", report)
    lines = json.loads(report.read_text(encoding="utf-8"))
    assert [(line["row"], line["status"], line["column"]) for line in lines] == [
        (2, "refused", "quantity"),
        (3, "created", None),
    ]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_encodings_are_recognised(server: ImportServer, tmp_path: Path, encoding: str) -> None:
    text = "customer_id,name,tier,phone\nC1,济南远航物流,gold,\nC2,聊城宏业运输有限公司,standard,10000000001\n"
    result = run(server, "customers", file(tmp_path, "customers.csv", text.encode(encoding)))
    assert result.exit_code == 0, result.output
    assert [row["name"] for row in server.rows("customers")] == ["济南远航物流", "聊城宏业运输有限公司"]


def test_tabs_quotes_and_line_breaks_in_cells(server: ImportServer, tmp_path: Path) -> None:
    path = file(
        tmp_path, "customers.tsv", 'customer_id\tname\ttier\r\nC1\t"two\nlines, one cell"\tgold\r\nC2\t\tgold\r\n'
    )
    result = run(server, "customers", path)
    assert server.rows("customers") == [{"customer_id": "C1", "name": "two\nlines, one cell", "tier": "gold"}]
    assert "row 3, column name: is empty" in result.output


UNUSABLE: list[tuple[str, str | bytes, str]] = [
    ("stock.csv", "place_id,part,qty\n", r"line 1: unknown column 'qty', known are place_id, part, quantity"),
    ("stock.csv", "place_id,part,quantity,Part_\n", r"do you mean part?"),
    ("stock.csv", "place_id,part,quantity,part\n", "the column part stands twice"),
    ("stock.csv", "place_id,part\nA,P\n", "the header lacks quantity"),
    ("stock.csv", "", "is empty"),
    ("stock.csv", "\n\n", "is empty"),
    ("stock.csv", "place_id;part;quantity\nA;P;1\n", "use ','"),
    ("stock.csv", STOCK + 'A,P,1\nA,"P2,1\n', "broken CSV"),
    ("stock.csv", (STOCK + "济南中心库济南中心库济南中心库,P,1\n").encode() + b"\xff,P,1\n", "line 3: has bytes that"),
    ("stock.csv", STOCK.encode() + b"\xff\xfe\xfd\xff,P,1\n", "line 2: is neither UTF-8 nor GB 18030"),
    ("stock.csv", STOCK + "x" * 1_000_001, "line 2: has a line of more than"),
    ("stock.xlsx", b"not a workbook", "not an Excel workbook"),
    ("stock.xls", b"\xd0\xcf\x11\xe0", "cannot read .xls"),
    ("stock.geojson", "{}", "this kind has no place"),
    ("stations.geojson", "{", "line 1: is not JSON"),
    ("stations.gpkg", "{", "is not a readable geographic file"),
]


@pytest.mark.parametrize(("name", "content", "cure"), UNUSABLE)
def test_an_unusable_file_is_named_with_its_cure_and_nothing_is_sent(
    server: ImportServer, tmp_path: Path, name: str, content: str | bytes, cure: str
) -> None:
    result = run(server, name.partition(".")[0], file(tmp_path, name, content))
    assert result.exit_code == 2
    assert name in result.output
    assert cure in result.output
    assert not server.batches


def test_of_several_files_one_unusable_holds_back_all_and_every_such_file_is_named(
    server: ImportServer, tmp_path: Path
) -> None:
    file(tmp_path, "stock.csv", STOCK + "A,P,1\n")
    file(tmp_path, "parts.csv", "part,wrong\n")
    file(tmp_path, "branches.csv", "")
    result = run(server, tmp_path)
    assert result.exit_code == 2
    assert "parts.csv" in result.output
    assert "branches.csv" in result.output
    assert not server.batches


def test_a_misnamed_file_of_a_folder_is_told(server: ImportServer, tmp_path: Path) -> None:
    file(tmp_path, "stock.csv", STOCK + "A,P,1\n")
    file(tmp_path, "stokc.csv", STOCK + "A,P,1\n")
    result = run(server, tmp_path)
    assert result.exit_code == 0
    assert "left alone, for the name is no kind: stokc.csv" in result.output


def test_several_files_are_told_apart_by_their_names(server: ImportServer, tmp_path: Path) -> None:
    stock = file(tmp_path, "stock.csv", STOCK + "A,P,1\n")
    customers = file(tmp_path, "customers.tsv", "customer_id\tname\ttier\nC1\tName\tgold\n")
    result = run(server, stock, customers)
    assert result.exit_code == 0, result.output
    assert [len(server.rows(kind)) for kind in ("stock", "customers")] == [1, 1]
    unnamed = run(server, stock, file(tmp_path, "sotck.csv", STOCK + "A,P,2\n"))
    assert unnamed.exit_code == 2
    assert "sotck.csv: neither a folder nor a file named by its kind" in unnamed.output
    assert len(server.rows("stock")) == 1


@pytest.mark.parametrize("what", [["nonsense"], ["stock"], ["stock", "missing.csv"], ["tests"]])
def test_what_names_nothing_is_refused(server: ImportServer, what: list[str]) -> None:
    result = run(server, *what)
    assert result.exit_code == 2
    assert "roadcall:" in result.output


def test_times_need_a_zone(server: ImportServer, tmp_path: Path) -> None:
    path = file(tmp_path, "absences.csv", "engineer_id,start,end\nE1,2026-11-05 08:00,2026-11-06 08:00\n")
    result = run(server, "absences", path)
    assert result.exit_code == 1
    assert "--zone Asia/Shanghai" in result.output
    assert run(server, "absences", path, "--zone", "Asia/Shanghai").exit_code == 0
    assert server.rows("absences")[0]["start"] == "2026-11-05T08:00:00+08:00"
    assert run(server, "absences", path, "--zone", "Mars/Base").exit_code == 2


def test_a_wrong_token_is_told_once(server: ImportServer, tmp_path: Path) -> None:
    result = run(server, "stock", file(tmp_path, "stock.csv", STOCK + "A,P,1\n"), bearer="bad")
    assert result.exit_code == 2
    assert "the token may not import stock (the token is not known)" in result.output


def test_a_server_that_is_not_there_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cli.importing.sending.ATTEMPTS", 2)
    path = file(tmp_path, "stock.csv", STOCK + "A,P,1\n")
    result = CliRunner().invoke(app, ["stock", str(path), "--url", "http://127.0.0.1:9"])
    assert result.exit_code == 2
    assert "does not answer" in result.output
    wrong = CliRunner().invoke(app, ["stock", str(path), "--url", "roadcall"])
    assert wrong.exit_code == 2
    assert "is not an address" in wrong.output


def test_a_busy_server_is_asked_again_with_the_same_key(server: ImportServer, tmp_path: Path) -> None:
    server.answers = [(503, {"Retry-After": "0"}), (429, {})]
    result = run(server, "stock", file(tmp_path, "stock.csv", STOCK + "A,P,1\n"))
    assert result.exit_code == 0, result.output
    assert len(server.keys) == 3
    assert len(set(server.keys)) == 1


def test_a_row_that_spoils_its_batch_is_found_and_the_others_go_in(server: ImportServer, tmp_path: Path) -> None:
    server.poison = "P77"
    rows = "\n".join(f"A,P{number},1" for number in range(700))
    result = run(server, "stock", file(tmp_path, "stock.csv", STOCK + rows))
    assert result.exit_code == 1
    assert "row 79: poisoned" in result.output
    assert len(server.rows("stock")) == 699


def test_a_large_file_is_streamed_in_batches(server: ImportServer, tmp_path: Path) -> None:
    rows = "\n".join(f"A,P{number},1" for number in range(20_000))
    result = run(server, "stock", file(tmp_path, "stock.csv", STOCK + rows))
    assert result.exit_code == 0
    assert [len(rows) for _, rows in server.batches] == [BATCH_ROWS] * (20_000 // BATCH_ROWS)
