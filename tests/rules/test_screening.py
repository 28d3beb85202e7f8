"""`gyg screen`: real files in, real files out, whatever clerks' spreadsheets make of them."""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path

import pytest

from rules import messages, screen_file
from rules.errors import UnfitList
from rules.screen_rows import Given
from rules.screening import ScreenSummary, run_screen

HEADER = (
    "name,ruleset,reference_on,track,born_on,sex,retire_category,groups,unemployed,"
    "zero_employment_household"
)
MATCH = "甲,yanzhou-2022,2022-04-30,rural,1970-05-02,female,,none,,"
LATER = "乙,yanzhou-2022,2022-04-30,urban,1978-03-01,female,,,true,false"
OPEN = "丙,yanzhou-2022,2022-04-30,rural,1982-01-01,male,,,,"
ID = "370899197706150029"


class Desk:
    """A list on disk and what screening makes of it."""

    def __init__(self, folder: Path) -> None:
        self.source = folder / "people.csv"
        self.target = folder / "out.csv"

    def write(self, *lines: str, encoding: str = "utf-8", end: str = "\n") -> Desk:
        self.source.write_bytes("".join(line + end for line in lines).encode(encoding))
        return self

    def screen(self, *, workers: int | None = 1, given: Given | None = None) -> ScreenSummary:
        return run_screen(self.source, self.target, workers=workers, given=given or Given())

    def good(self, encoding: str = "utf-8") -> list[dict[str, str]]:
        return read(self.target, encoding)

    def bad(self, encoding: str = "utf-8") -> list[dict[str, str]]:
        return read(self.target.with_name("out.errors.csv"), encoding)


def read(path: Path, encoding: str) -> list[dict[str, str]]:
    with path.open(encoding=encoding, newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_rows_keep_their_columns_and_order(desk: Desk) -> None:
    summary = desk.write(HEADER, MATCH, LATER, OPEN).screen()
    rows = desk.good()
    assert [row["name"] for row in rows] == ["甲", "乙", "丙"]
    assert [row["outcome"] for row in rows] == ["eligible", "not_eligible", "to_verify"]
    assert [row["matched"] for row in rows] == ["older_rural", "", ""]
    assert [row["becomes_eligible_on"] for row in rows] == ["", "2023-03-01", ""]
    assert [row["missing"] for row in rows] == ["", "", "groups"]
    assert rows[0]["reasons"] == "R-3.2d older_rural: age=51 met"
    assert "R-3.2g older_unemployed: age=44 not_met" in rows[1]["reasons"]
    assert "R-3.2a poverty_alleviated: groups=? unknown" in rows[2]["reasons"]
    assert list(rows[0])[: len(HEADER.split(","))] == HEADER.split(",")
    assert (summary.rows, summary.bad) == (3, 0)
    assert desk.bad() == []


def test_bad_rows_are_listed_with_line_and_reason_and_harm_nobody(desk: Desk) -> None:
    lines = [
        HEADER,
        MATCH,
        MATCH.replace("1970-05-02", "1970-13-02"),
        MATCH.replace("rural", "sea"),
        MATCH + ",too,many",
        "short,row",
        MATCH.replace("yanzhou-2022", "yanzhou-1900"),
        MATCH.replace("none", "rich"),
        MATCH.replace("1970-05-02", "2023-01-01"),
        MATCH.replace("2022-04-30", ""),
        "",
        ",,,,,,,,,",
        MATCH,
    ]
    summary = desk.write(*lines).screen()
    assert (summary.eligible, summary.bad) == (2, 8)
    assert [row["line"] for row in desk.bad()] == ["3", "4", "5", "6", "7", "8", "9", "10"]
    reasons = [row["reason"] for row in desk.bad()]
    words = ["born_on", "track", "12 cells", "2 cells", "ruleset", "rich", "2023-01-01"]
    for reason, word in zip(reasons, [*words, "reference_on"], strict=True):
        assert word in reason


def test_cells_of_spaces_are_blank_and_endless_cells_are_bad(desk: Desk) -> None:
    spaced = MATCH.replace(",,none,,", ", , none , , ").replace("rural", " rural ")
    blank = OPEN.replace("1982-01-01", " ").replace("male,,,,", "male, , , , ")
    summary = desk.write(HEADER, spaced, blank, MATCH.replace("甲", "甲" * 200_000)).screen()
    assert [row["outcome"] for row in desk.good()] == ["eligible", "to_verify"]
    assert summary.bad == 1
    assert desk.bad()[0]["line"] == "4"


def test_id_number_gives_birth_and_sex_and_must_agree(desk: Desk) -> None:
    header = "name,id_number,ruleset,reference_on,track,born_on,sex,groups"
    row = "甲,{id},yanzhou-2022,2024-04-30,rural,{born},{sex},none"
    lines = [
        row.format(id=ID, born="", sex=""),
        row.format(id=ID, born="1977-06-15", sex="女"),
        row.format(id="37089919750101340x", born="", sex=""),
        row.format(id=ID, born="1977-06-14", sex=""),
        row.format(id=ID, born="", sex="男"),
        row.format(id="3.70899E+17", born="", sex=""),
        row.format(id="37O899197706150029", born="", sex=""),
        row.format(id="", born="1977-06-15", sex=""),
        row.format(id="", born="", sex=""),
    ]
    desk.write(header, *lines).screen()
    outcomes = [row["outcome"] for row in desk.good()]
    assert outcomes == ["eligible", "eligible", "eligible", "eligible", "to_verify"]
    assert desk.good()[-1]["missing"] == "born_on"
    reasons = [row["reason"] for row in desk.bad()]
    for reason, word in zip(reasons, ["1977-06-14", "sex", "3.70899E+17", "ID"], strict=True):
        assert word in reason


def test_clerks_headers_values_and_dates(desk: Desk) -> None:
    header = "姓名,规则版本,基准日,岗位类型,出生日期,性别,人员类别,登记失业,零就业家庭"
    rows = [
        "甲,yanzhou-2022,2022/4/30,乡村,1970年5月2日,女,无,是,否",
        "乙,yanzhou-2022,20220430,农村,1990/1/1 0:00,男,残疾人、低保,,",
        "丙,yanzhou-2022,2022.4.30,城镇,1992-1-1,男,,否,是",
    ]
    desk.write(header, *rows).screen()
    matched = [row["matched"] for row in desk.good()]
    assert matched == ["older_rural", "low_income|disabled", "zero_employment_household"]


@pytest.mark.parametrize(
    ("encoding", "result"),
    [("utf-8", "utf-8"), ("utf-8-sig", "utf-8-sig"), ("gb18030", "utf-8-sig")],
)
def test_encodings_of_chinese_spreadsheets(desk: Desk, encoding: str, result: str) -> None:
    desk.write(HEADER, MATCH, encoding=encoding, end="\r\n").screen()
    assert desk.good(result)[0]["name"] == "甲"
    raw = desk.target.read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf") is (result == "utf-8-sig")


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_undecodable_line_is_one_bad_row(desk: Desk, encoding: str) -> None:
    desk.write(HEADER, MATCH, OPEN, LATER, encoding=encoding)
    content = desk.source.read_bytes().replace("丙".encode(encoding), b"\xff\xff")
    desk.source.write_bytes(content)
    summary = desk.screen()
    marked = "utf-8" if encoding == "utf-8" else "utf-8-sig"
    assert [row["name"] for row in desk.good(marked)] == ["甲", "乙"]
    assert [row["line"] for row in desk.bad(marked)] == ["3"]
    assert summary.rows == 3


def test_quotes_line_ends_and_delimiters(desk: Desk) -> None:
    quoted = MATCH.replace("甲", '"甲\n，""某"", 村"')
    desk.write(HEADER, quoted, MATCH.replace("rural", "sea")).screen()
    assert desk.good()[0]["name"] == '甲\n，"某", 村'
    assert desk.bad()[0]["line"] == "4"
    desk.write(HEADER.replace(",", ";"), MATCH.replace(",", ";")).screen()
    assert desk.good()[0]["outcome"] == "eligible"
    desk.write(HEADER.replace(",", "\t"), MATCH.replace(",", "\t")).screen()
    assert desk.good()[0]["outcome"] == "eligible"


def test_last_line_without_line_end_counts(desk: Desk) -> None:
    desk.source.write_text(HEADER + "\n" + MATCH, encoding="utf-8")
    assert desk.screen().eligible == 1


def test_formulas_are_made_harmless_everywhere(desk: Desk) -> None:
    names = ["=1+1", "+cmd", "-2+3", "@x", "-5", "+8613800001234", "＝1"]
    rows = [MATCH.replace("甲", name) for name in names]
    desk.write(HEADER, *rows, rows[0].replace("rural", "sea")).screen()
    shown = [row["name"] for row in desk.good()]
    assert shown == ["'=1+1", "'+cmd", "'-2+3", "'@x", "-5", "+8613800001234", "'＝1"]
    assert desk.bad()[0]["name"] == "'=1+1"


def test_a_result_can_be_screened_again(desk: Desk) -> None:
    desk.write(HEADER, MATCH, OPEN).screen()
    first = desk.good()
    desk.source.write_bytes(desk.target.read_bytes())
    desk.screen()
    assert desk.good() == first


def test_given_for_the_whole_list(desk: Desk) -> None:
    given = Given("yanzhou-2022", date(2022, 4, 30))
    desk.write(
        "track,born_on,sex,reference_on", "rural,1970-05-02,女,", "rural,1977-05-01,女,2022-05-01"
    )
    desk.screen(given=given)
    assert [row["outcome"] for row in desk.good()] == ["eligible", "eligible"]
    with pytest.raises(UnfitList, match="yanzhou-1900"):
        desk.screen(given=Given("yanzhou-1900", date(2022, 4, 30)))


def test_pieces_and_workers_give_the_same_files(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [
        f'"第{n}\n人",yanzhou-2022,2022-04-30,rural,{1950 + n % 60}-0{n % 9 + 1}-15,male,,{bad},,'
        for n in range(2000)
        for bad in ["rich" if n % 7 == 0 else "none"]
    ]
    desk.write(HEADER, *rows).screen()
    alone = desk.target.read_bytes(), desk.target.with_name("out.errors.csv").read_bytes()
    monkeypatch.setattr("rules.screening.PIECE_BYTES", 8_000)
    told: list[int] = []
    run_screen(desk.source, desk.target, workers=2, progress=told.append)
    assert desk.target.read_bytes() == alone[0]
    assert desk.target.with_name("out.errors.csv").read_bytes() == alone[1]
    assert sum(told) == desk.source.stat().st_size
    assert len(told) > 5


def test_an_unclosed_quote_spoils_no_more_than_a_piece(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(screen_file, "LONGEST_RECORD", 2_000)
    monkeypatch.setattr("rules.screening.PIECE_BYTES", 2_000)
    lines = [MATCH] * 100
    lines[3] = MATCH.replace("甲", '"甲')
    summary = desk.write(HEADER, *lines).screen()
    assert summary.eligible > 25
    assert summary.bad >= 1


def test_progress_and_drafts(desk: Desk) -> None:
    told: list[int] = []
    desk.write(HEADER, MATCH)
    run_screen(desk.source, desk.target, progress=told.append)
    assert sum(told) == desk.source.stat().st_size
    assert not list(desk.source.parent.glob("*.part"))


def test_a_failure_half_way_leaves_the_old_result(desk: Desk) -> None:
    desk.write(HEADER, MATCH)
    desk.target.write_text("old", encoding="utf-8")

    def stop(_bytes: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_screen(desk.source, desk.target, workers=1, progress=stop)
    assert desk.target.read_text(encoding="utf-8") == "old"
    assert not list(desk.source.parent.glob("*.part"))


REFUSED = {
    "empty": (b"", "empty"),
    "blank": (b"\r\n\r\n", "empty"),
    "workbook": (b"PK\x03\x04rest", "CSV"),
    "old workbook": (b"\xd0\xcf\x11\xe0rest", "CSV"),
    "UTF-16": ("a,b\n".encode("utf-16"), "CSV"),
    "no track": (b"ruleset,reference_on,born_on,sex\n", "track"),
    "no person": (b"ruleset,reference_on,track,sex\n", "born_on"),
    "no rule set": (b"reference_on,track,born_on,sex\n", "ruleset"),
    "column twice": ("track,岗位类型,born_on,sex\n".encode(), "track"),
}


@pytest.mark.parametrize(("content", "word"), REFUSED.values(), ids=REFUSED.keys())
def test_lists_that_cannot_be_screened(desk: Desk, content: bytes, word: str) -> None:
    desk.source.write_bytes(content)
    with pytest.raises(UnfitList) as refused:
        desk.screen()
    assert word in messages.say(refused.value)
    assert not desk.target.exists()


def test_files_that_are_not_there(desk: Desk) -> None:
    with pytest.raises(UnfitList, match="list_missing"):
        desk.screen()
    with pytest.raises(UnfitList, match="list_unreadable"):
        run_screen(desk.source.parent, desk.target)
    desk.write(HEADER, MATCH)
    with pytest.raises(UnfitList, match="list_same_file"):
        run_screen(desk.source, desk.source)
    with pytest.raises(UnfitList, match="list_target"):
        run_screen(desk.source, desk.source.parent / "nowhere" / "out.csv")
