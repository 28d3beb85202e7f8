"""A department's list through the console's own pages: it comes in, the town looks, the district
decides; what cannot be read or done is said and nothing is lost."""

from __future__ import annotations

from datetime import date
from io import BytesIO

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session, sessionmaker

from models import DepartmentList, Engagement, HitState, ListHit, MonthSheet
from services.attachments import Upload
from tests.builders import at
from tests.console.conftest import Visit, Visitor, Watch
from tests.console.test_months import SHEET, step, tell
from tests.services.cross_checks.stage import SOURCE, named, row_of, sheet_of
from tests.services.month import create_worker, mark_days

PAGE = "/console/cross-checks"
DIED = date(2022, 4, 12)


@pytest.fixture
def april(seeded_sessions: sessionmaker[Session], watch: Watch) -> sessionmaker[Session]:
    watch.at = at("2022-05-03 09:00")
    with seeded_sessions.begin() as session:
        mark_days(session, create_worker(session, name="司徒望舒"))
        mark_days(session, create_worker(session, name="欧阳小满"))
    return seeded_sessions


def deaths(sessions: sessionmaker[Session], name: str = "司徒望舒") -> Upload:
    with sessions() as session:
        return sheet_of("deaths", [row_of(named(session, name), DIED)])


def send(who: Visitor, file: Upload, **form: str) -> int:
    who.get(PAGE)
    about = {"kind": "deaths", "month": "2022-04", "source": SOURCE, **form}
    answer = who.post(PAGE, {**about, "list": (BytesIO(file.content), file.file_name)})
    return answer.status_code


def hit_of(sessions: sessionmaker[Session]) -> ListHit:
    with sessions() as session:
        hit = session.scalars(select(ListHit)).one()
        session.expunge(hit)
        return hit


def act(who: Visitor, hit: ListHit, name: str, **form: str) -> int:
    path = f"/console/list-hits/{hit.id}"
    who.get(path)
    return who.post(f"{path}/{name}", {"version": who.field_value("version"), **form}).status_code


def test_a_list_of_deaths(april: sessionmaker[Session], visit: Visit, watch: Watch) -> None:
    clerk = visit("qujingban")
    clerk.get("/console/")
    assert "4月还有3样名单没来" in clerk.words
    assert send(clerk, deaths(april)) == 200
    assert "1人，比上1人，0行没读成" in clerk.words
    hit = hit_of(april)
    town = visit("zhenjingban")
    town.get("/console/")
    assert "王家庄村司徒望舒在名单上，请核查" in town.words
    assert act(town, hit, "check", is_true="yes", words="看了火化证") == 200
    assert "报区里定" in town.words
    approver = visit("qushenpi")
    approver.get("/console/")
    assert "司徒望舒的名单核查，请定" in approver.words
    assert act(approver, hit, "uphold", words="属实") == 200
    assert "定了：属实" in approver.words
    with april() as session:
        left = session.scalars(select(Engagement).where(Engagement.person_id == hit.person_id))
        assert left.one().ended_on == DIED


def test_the_same_file_again_and_files_that_are_none(
    april: sessionmaker[Session], visit: Visit
) -> None:
    clerk, file = visit("qujingban"), deaths(april)
    assert send(clerk, file) == 200
    assert send(clerk, file) == 409
    assert "已经传过了" in clerk.words
    assert send(clerk, file, source="") == 409
    assert "没写来源" in clerk.words
    assert send(clerk, file, month="2023-01") == 409
    assert send(clerk, file, month="x") == 409
    assert send(clerk, Upload("a.xlsx", b"PK\x03\x04 no book")) == 422
    assert send(clerk, Upload("a.csv", b"\xff\xfe\x00\x00")) == 422
    assert send(clerk, sheet_of("pensions", [])) == 422
    assert "死亡日期" in clerk.words
    with april() as session:
        assert session.scalar(select(func.count()).select_from(DepartmentList)) == 1


def test_a_row_that_cannot_be_read_is_named_and_the_others_count(
    april: sessionmaker[Session], visit: Visit
) -> None:
    with april() as session:
        good = row_of(named(session, "司徒望舒"), DIED)
    rows = [good, ["370899197103150020", "某某", DIED, "", ""], [good[0], "某某", "", "", ""]]
    clerk = visit("qujingban")
    assert send(clerk, sheet_of("deaths", rows)) == 200
    assert "1人，比上1人，2行没读成" in clerk.words
    assert "A3" in clerk.words
    assert "C4" in clerk.words


def test_villages_see_nothing_and_supervision_masked_names(
    april: sessionmaker[Session], visit: Visit
) -> None:
    send(visit("qujingban"), deaths(april))
    hit = hit_of(april)
    for login in ("cunzhuren", "cunwenshu", "linye", "guanliyi"):
        assert visit(login).get(PAGE).status_code == 403
    watcher = visit("jiandu")
    assert watcher.get(PAGE).status_code == 200
    assert "司徒望舒" not in watcher.words
    assert "司某" in watcher.words
    assert watcher.get(f"/console/list-hits/{hit.id}").status_code == 403
    neighbour = visit("xiaomeng")
    assert neighbour.get(f"/console/list-hits/{hit.id}").status_code == 404
    assert "司徒望舒" not in neighbour.words


def test_what_is_missing_or_old_is_said(april: sessionmaker[Session], visit: Visit) -> None:
    send(visit("qujingban"), deaths(april))
    hit, town = hit_of(april), visit("zhenjingban")
    assert act(town, hit, "check", words="看了") == 409
    assert "请选核下来" in town.words
    assert act(town, hit, "uphold", words="看了") == 409
    path = f"/console/list-hits/{hit.id}"
    town.get(path)
    assert (
        town.post(f"{path}/check", {"version": "9", "is_true": "no", "words": "x"}).status_code
        == 409
    )
    approver = visit("qushenpi")
    approver.get(path)
    assert "区里定" not in approver.words
    assert act(town, hit, "check", is_true="no", words="人在家") == 200
    assert act(approver, hit, "return", words="谁看的") == 200
    assert act(town, hit, "check", is_true="no", words="我看的，人在家") == 200
    assert act(approver, hit, "clear", words="人在") == 200
    assert "钱放开" in approver.words
    assert hit_of(april).state == HitState.CLEARED


def test_a_wrong_list_is_taken_back(april: sessionmaker[Session], visit: Visit) -> None:
    clerk = visit("qujingban")
    send(clerk, deaths(april))
    with april() as session:
        key = session.scalars(select(DepartmentList.id)).one()
    path = f"{PAGE}/{key}/take-back"
    clerk.get(f"{PAGE}?month=2022-04")
    assert "传错了，收回这份" in clerk.words
    assert clerk.post(path, {}).status_code == 409, "asked a second time"
    assert "谁的钱也没动" in clerk.words
    assert visit("zhenjingban").post(path, {"sure": "yes"}).status_code == 403
    clerk.get(f"{PAGE}?month=2022-04")
    assert clerk.post(path, {"sure": "yes"}).status_code == 200
    assert "名单收回了，1人不再算比上" in clerk.words
    assert "没有比上的人" in clerk.words
    assert clerk.post(path, {"sure": "yes"}).status_code == 404
    assert send(clerk, deaths(april)) == 200, "the same file may come again"
    assert "1人，比上1人" in clerk.words


def test_a_list_that_the_town_looks_into_stays(april: sessionmaker[Session], visit: Visit) -> None:
    clerk = visit("qujingban")
    send(clerk, deaths(april))
    with april() as session:
        key = session.scalars(select(DepartmentList.id)).one()
    hit = hit_of(april)
    assert act(visit("zhenjingban"), hit, "check", is_true="no", words="人在家") == 200
    clerk.get(f"{PAGE}?month=2022-04")
    assert "收回这份" not in clerk.words
    assert clerk.post(f"{PAGE}/{key}/take-back", {"sure": "yes"}).status_code == 409
    assert "已经核过了，整份收不回" in clerk.words
    assert "没有收回" in clerk.words
    assert hit_of(april).id == hit.id


def test_an_empty_list_to_give_away(april: sessionmaker[Session], visit: Visit) -> None:
    clerk = visit("qujingban")
    answer = clerk.client.get(f"{PAGE}/deaths.xlsx")
    assert answer.status_code == 200
    assert send(clerk, Upload("空表.xlsx", answer.data)) == 200
    assert "0人，比上0人" in clerk.words
    assert clerk.client.get(f"{PAGE}/nothing.xlsx").status_code == 404


def test_approving_without_the_list_of_deaths_is_warned_of(
    april: sessionmaker[Session], visit: Visit, watch: Watch
) -> None:
    watch.at = at("2022-05-05 09:00")
    step(visit("cunzhuren"), "sign")
    watch.at = at("2022-05-09 09:00")
    step(visit("zhenjingban"), "check")
    tell(april, "2022-05-09 09:10")
    watch.at = at("2022-05-12 09:00")
    approver = visit("qushenpi")
    approver.get("/console/months?month=2022-04")
    assert "2022年4月的死亡名单还没来" in approver.words, "beside the button"
    step(approver, "approve")
    assert "2022年4月的死亡名单还没来" in approver.words, "and after it; it was approved"
    with april() as session:
        assert session.scalars(select(MonthSheet.state)).one() == "approved"
    send(visit("qujingban"), sheet_of("deaths", []))
    approver.get(SHEET)
    assert "死亡名单还没来" not in approver.words


def test_a_list_that_names_too_many_is_asked_about_first(
    april: sessionmaker[Session], visit: Visit
) -> None:
    with april.begin() as session:
        people = [create_worker(session, name=f"甲{order}").person for order in range(21)]
        file = sheet_of("deaths", [row_of(person, DIED) for person in people])
    clerk = visit("qujingban")
    assert send(clerk, file) == 409
    assert "一下比上了21人" in clerk.words
    with april() as session:
        for table in (DepartmentList, ListHit):
            assert session.scalar(select(func.count()).select_from(table)) == 0
    assert send(clerk, file, sure="yes") == 200
    assert "21人，比上21人" in clerk.words
