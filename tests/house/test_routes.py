"""A walk over every page and every form of the console, with real addresses of one town's people,
by those who have no business there: never their data, never a change, never a crash."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session, sessionmaker
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from console.guard import ANSWERS, OPEN, OWN
from models import (
    Application,
    ApplicationStatus,
    Base,
    BoardPhoto,
    Engagement,
    EngagementStatus,
    Material,
    Objection,
    Person,
    PublicNotice,
    Review,
    Role,
    SpotCheck,
    Staff,
    StaffGrant,
    Ticket,
)
from models import Visit as Knock
from models.procedure import find_step
from services import demo_staff
from services.anomalies import sampling
from services.broadcasts import deciding, writing
from services.broadcasts.audience import Audience, Who
from services.broadcasts.texts import Words
from services.broadcasts.writing import Sheet, Urgency
from services.clock import business_date
from services.days import declaring
from services.outbox import enqueue
from services.telling import tell
from tests.builders import (
    NOW,
    at,
    create_acting,
    create_application,
    create_person,
    create_staff,
    region,
)
from tests.console.conftest import (  # noqa: F401 - fixtures
    Visit,
    Visitor,
    Watch,
    app,
    stranger,
    visit,
    watch,
)
from tests.services.cross_checks.stage import hit_by_hand
from tests.services.month import create_money
from tests.services.stage import set_up

NAME, PHONE = "司徒望舒", "13800009876"
NUMBER = "370899197103150029"
SECRETS = (NAME, PHONE, NUMBER)
OF_THE_CASES = ("application", "review", "review_result", "public_notice", "public_notice_item",
                "objection", "ticket", "engagement", "agreement", "training", "bank_account",
                "exclusion_check", "material", "person", "post", "plan_version", "month_sheet",
                "month_line", "subsidy_record", "payment_batch", "payment", "claw_back",
                "correction_request", "message", "visit", "broadcast",
                "broadcast_recipient", "list_hit", "department_list")  # fmt: skip
OPEN_TO_ALL_STAFF = ("announcement", "plan", "post", "parameter", "months")
"""What these pages show names no resident."""


@pytest.fixture
def engine(sqlite_engine: Engine) -> Engine:
    """The walk is the doors', not the database's: one is enough."""
    return sqlite_engine


@dataclass(frozen=True)
class Place:
    """What there is of one town: the values that addresses can name."""

    values: dict[str, dict[str, Any]]

    def of(self, rule: Rule) -> dict[str, Any]:
        """The arguments of a rule, real ones."""
        stem = rule.endpoint.removeprefix("console.").split("_")[0]
        known = self.values.get(stem, {}) | self.values.get(rule.endpoint, {})
        return {name: known.get(name, self.values["any"].get(name, 1)) for name in rule.arguments}


@pytest.fixture
def theirs(seeded_sessions: sessionmaker[Session]) -> Place:
    """Two people of 王家庄: one ready to start, one with an objection."""
    with seeded_sessions.begin() as session:
        ready = _case(session, NUMBER)
        step = find_step(ApplicationStatus.TO_INSURE, "start")
        assert step is not None
        set_up(session, ready, step)
        disputed = _case(session, "370899197103150045")
        step = find_step(ApplicationStatus.OBJECTION, "dismiss_objection")
        assert step is not None
        set_up(session, disputed, step)
        for kind in ("papers_complete", "review_passed"):
            _also(session, disputed, kind)
        session.flush()
        money = create_money(session, _person(session, "370899197103150061"))
        return Place(_addresses(session, ready) | money | _untold(session) | _spread(session)
                     | _to_visit(session) | _lent(session) | _on_a_list(session))  # fmt: skip


def _to_visit(session: Session) -> dict[str, dict[str, Any]]:
    """Somebody of the town's draw of the week, who is to be visited."""
    assert sampling.draw(session, region(session, "xinyan"), NOW) is not None
    return {"spot": {"key": session.scalars(select(SpotCheck.id)).first()}}


def _on_a_list(session: Session) -> dict[str, dict[str, Any]]:
    """A worker who stands on a department's list, with what the town found."""
    engagement = session.scalars(select(Engagement).where(Engagement.status != "ended")).first()
    assert engagement is not None
    hit = hit_by_hand(session, engagement.person, NOW)
    hit.checked_at = NOW
    return {
        "list": {"key": hit.id, "act": "clear"},
        "cross": {"kind": "deaths", "key": hit.row.list_id},
    }


def _lent(session: Session) -> dict[str, dict[str, Any]]:
    """A phone that was declared for the one whose month is paid."""
    worker = session.scalars(
        select(Engagement).where(Engagement.status == EngagementStatus.ON_POST)
    ).first()
    assert worker is not None
    clerk = create_acting(session, Role.TOWN_CLERK, "xinyan")
    phone = declaring.Phone(NAME, "daughter", "13800009878", business_date(NOW))
    held = declaring.declare(session, worker, phone, clerk, NOW)
    return {"check": {"key": held.id}}


def _person(session: Session, number: str) -> Person:
    village = region(session, "v-xinyan-wangjiazhuang")
    return create_person(
        session, name=NAME, id_number=number, phone=PHONE if number == NUMBER else None,
        born_on=date(1971, 3, 15), village_id=village.id,
    )  # fmt: skip


def _case(session: Session, number: str) -> Application:
    return create_application(session, person=_person(session, number))


def _also(session: Session, case: Application, what: str) -> None:
    from tests.services.stage import SETTERS  # noqa: PLC0415 - filled when its module is read

    SETTERS[what](session, case)


def _untold(session: Session) -> dict[str, dict[str, Any]]:
    """Somebody without a phone: a message, and a visit."""
    village = region(session, "v-xinyan-wangjiazhuang")
    person = create_person(session, name=NAME, phone=None, village_id=village.id)
    message = tell(session, kind="case_refused", person=person, slots={"number": "1"},
                   cause="test", now=NOW)  # fmt: skip
    knock = session.scalars(select(Knock.id).where(Knock.message_id == message.id)).one()
    letter = enqueue(session, channel="sms", address=PHONE, key="sms.case_news",
                     slots={"number": "1", "name": NAME}, cause="test", now=NOW)  # fmt: skip
    return {"message": {"key": message.id}, "visit": {"key": knock}, "outbox": {"key": letter.id}}


def _spread(session: Session) -> dict[str, dict[str, Any]]:
    """A broadcast of the town that waits for somebody to agree."""
    clerk = create_acting(session, Role.TOWN_CLERK, "xinyan")
    words = Sheet(Words(NAME, "x"), Urgency.DUTY, Audience(Who.EVERYBODY))
    made = writing.draft(session, region(session, "xinyan"), words, clerk, NOW)
    deciding.submit(session, made, clerk, NOW)
    return {"broadcast": {"key": made.id}}


def _addresses(session: Session, case: Application) -> dict[str, dict[str, Any]]:
    objection = session.scalars(select(Objection)).one()
    ticket = session.scalars(select(Ticket)).first()
    notice = objection.item.notice
    photo = session.scalars(select(BoardPhoto)).first()
    worker_code = session.scalars(select(Engagement.worker_code)).first()
    number = {"number": case.number}
    ticket_number = {"number": ticket.number if ticket else "none"}
    return {
        "any": {"year": 2022, "track": "rural", "version": 1, "act": "accept", **number},
        "review": {"key": session.scalars(select(Review.id)).first()},
        "notice": {"code": notice.code, "key": photo.id if photo else 1},
        "objection": {"key": objection.id},
        "ticket": ticket_number,
        "console.objection_assign": ticket_number,
        "console.objection_answer": ticket_number,
        "console.case_paper": {"key": session.scalars(select(Material.id)).first()},
        "post": {"code": "P2022-0001"},
        "parameter": {"name": "notice.notice_days"},
        "term": {"code": worker_code, "matter": "extension", "key": str(case.id)},
        "follow": {"key": str(case.id), "number": 1},
        "days": {
            "key": session.scalars(select(Engagement.id)).first(),
            "day": "2022-04-06",
            "code": "P2022-0001",
            "event_id": 1,
        },
    }


def rules(app: Flask) -> Iterator[tuple[Rule, str]]:  # noqa: F811 - the fixture's value
    """Every rule of the console with each of its methods."""
    for rule in app.url_map.iter_rules():
        if rule.endpoint.startswith("console.") and rule.endpoint not in OPEN | OWN:
            for method in sorted((rule.methods or set()) & {"GET", "POST"}):
                yield rule, method


def walk(
    visitor: Visitor,
    app: Flask,  # noqa: F811
    place: Place,
) -> Iterator[tuple[Rule, str, TestResponse]]:
    """Open every page and send every form, as far as this person can get."""
    visitor.get("/console/account")
    form = {"csrf_token": visitor.token, "version": "1", "reason": "other", "q": NAME[:2],
            "findings": "x", "outcome": "upheld", "reply": "x", "do": "close"}  # fmt: skip
    bound = app.url_map.bind("localhost")
    for rule, method in rules(app):
        path = bound.build(rule.endpoint, place.of(rule), method=method)
        typed = form if method == "POST" else None
        asked = {"q": NAME[:2]} if method == "GET" else None
        answer = visitor.client.open(path, method=method, data=typed, query_string=asked)
        assert answer.status_code < 500, f"{method} {path}: {answer.status_code}"
        yield rule, method, answer


def state(sessions: sessionmaker[Session]) -> dict[str, list[Any]]:
    """Every row that belongs to a case."""
    tables = Base.metadata.tables
    with sessions() as session:
        return {name: sorted(map(str, session.execute(select(tables[name])).all()))
                for name in OF_THE_CASES}  # fmt: skip


def is_about_them(rule: Rule) -> bool:
    """Whether the address names one of the other town's cases, papers, notices or tickets."""
    stem = rule.endpoint.removeprefix("console.").split("_")[0]
    return bool(rule.arguments) and stem not in OPEN_TO_ALL_STAFF


@pytest.mark.parametrize("login", ["xiaomeng", "xiangyang", "gulou"])
def test_a_neighbour_gets_nothing_and_changes_nothing(
    app: Flask,  # noqa: F811
    visit: Visit,  # noqa: F811
    theirs: Place,
    login: str,
    seeded_sessions: sessionmaker[Session],
) -> None:
    visitor = visit(login)
    if "今天用哪个岗位" in visitor.words:
        visitor.post("/console/role", {"grant": visitor.field_value("grant")})
    before = state(seeded_sessions)
    for rule, method, answer in walk(visitor, app, theirs):
        _tells_nothing(rule, method, answer)
        if is_about_them(rule):
            assert answer.status_code in {403, 404}, f"{method} {rule}: {answer.status_code}"
    assert state(seeded_sessions) == before


def _tells_nothing(rule: Rule, method: str, answer: TestResponse) -> None:
    body = answer.get_data().decode(errors="replace")
    told = [secret for secret in SECRETS if secret in body]
    assert not told, f"{method} {rule} tells {told}"


def test_whoever_has_not_signed_in_gets_to_the_sign_in(
    app: Flask,  # noqa: F811
    stranger: Visitor,  # noqa: F811
    theirs: Place,
    seeded_sessions: sessionmaker[Session],
) -> None:
    before = state(seeded_sessions)
    for rule, method, answer in walk(stranger, app, theirs):
        _tells_nothing(rule, method, answer)
        turned_away = answer.status_code in {400, 401} or "/sign-in" in (answer.location or "")
        assert turned_away, f"{method} {rule}: {answer.status_code}"
    assert state(seeded_sessions) == before


@pytest.mark.parametrize("login", ["expired", "disanfang"])
def test_a_role_that_has_ended_opens_nothing(
    app: Flask,  # noqa: F811
    visit: Visit,  # noqa: F811
    watch: Watch,  # noqa: F811
    theirs: Place,
    login: str,
    seeded_sessions: sessionmaker[Session],
) -> None:
    """A town clerk whose time is over since yesterday; an agency after its contract, which signed
    in while it still ran."""
    _account_that_ends_today(seeded_sessions)
    visitor = visit(login)
    watch.at = at("2023-01-02 09:00") if login == "disanfang" else at("2022-04-07 09:00")
    before = state(seeded_sessions)
    for rule, method, answer in walk(visitor, app, theirs):
        _tells_nothing(rule, method, answer)
        away = answer.status_code in {401, 403} or "/console/role" in (answer.location or "")
        assert away, f"{method} {rule}: {answer.status_code}"
    assert state(seeded_sessions) == before


def _account_that_ends_today(sessions: sessionmaker[Session]) -> None:
    with sessions.begin() as session:
        model = session.scalars(select(Staff).where(Staff.login == "zhenjingban")).one()
        member = create_staff(
            session, login="expired", password_hash=model.password_hash,
            totp_confirmed_at=model.totp_confirmed_at,
        )  # fmt: skip
        member.totp = demo_staff.TOTP_SECRET
        session.add(
            StaffGrant(staff_id=member.id, role=Role.TOWN_CLERK, from_on=date(2022, 1, 1),
                       region_id=region(session, "xinyan").id, to_on=business_date(NOW))
        )  # fmt: skip


def test_supervision_reads_everything_and_changes_nothing(
    app: Flask,  # noqa: F811
    visit: Visit,  # noqa: F811
    theirs: Place,
    seeded_sessions: sessionmaker[Session],
) -> None:
    before = state(seeded_sessions)
    for rule, method, answer in walk(visit("jiandu"), app, theirs):
        if method == "POST" and rule.endpoint not in ANSWERS:
            assert answer.status_code == 403, f"{rule}: {answer.status_code}"
    assert state(seeded_sessions) == before


@pytest.mark.parametrize(
    "login", ["cunwenshu", "zhenjingban", "zhenfuze", "qujingban", "qushenpi", "linye", "guanliyi"]
)
def test_no_page_of_ones_own_breaks(
    app: Flask,  # noqa: F811
    visit: Visit,  # noqa: F811
    theirs: Place,
    login: str,
    seeded_sessions: sessionmaker[Session],
) -> None:
    """With forms as empty as they can be; and somebody who decides nothing has decided nothing."""
    opened = 0
    with seeded_sessions() as session:
        notices = session.scalars(select(PublicNotice)).all()
    for _rule, method, answer in walk(visit(login), app, theirs):
        opened += method == "GET" and answer.status_code == 200
    assert opened > 5
    assert notices
