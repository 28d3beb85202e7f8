"""Who is there for each row of the notification matrix: a village and a town of the row's own, so
that what one row sends is never taken for another's. The district's clerk is one for all rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import (
    Announcement,
    Engagement,
    EngagementStatus,
    InsuranceCover,
    Person,
    Post,
    PublicNotice,
    PublicNoticeItem,
    Region,
    RegionAlias,
    Staff,
    StaffContact,
    Stoppage,
)
from models.places import RegionKind
from rules import calendar, quota
from services import demo_staff
from services.terms import reckoning
from tests import builders
from tests.builders import at, region
from tests.services import month

SEEDED = "2022-04-06 00:30"
WORKER, MATE, HEAD, CLERK, TOWN, DISTRICT = "本人", "工友", "村主任", "村文书", "镇经办", "区经办"
PARTIES = (WORKER, MATE, HEAD, CLERK, TOWN, DISTRICT)
DISTRICT_LOGIN = "qujingban"
ROLES: Mapping[str, str] = {HEAD: "village_head", CLERK: "village_clerk", TOWN: "town_clerk"}


@dataclass(frozen=True)
class Row:
    """One row's stage. Workers are on the post `since`, until three years later or `until`; where
    `at_rest`, the village's work is stopped, so that no evening talks into the play. `insured_to`:
    the last day of their accident cover."""

    town: str
    village: str
    names: tuple[str, str]
    since: date | None = date(2022, 4, 6)
    until: date | None = None
    at_rest: bool = True
    insured_to: date | None = None
    on_notice: bool = False
    whole_april: bool = False


ROWS: Mapping[str, Row] = {
    "announcement-published": Row("longqiao", "石榴园村", ("荆小满", "苗大田"), since=None),
    "morning-reminder": Row("longqiao", "槐树营村", ("商秀梅", "终立春"), at_rest=False),
    "absent-by-window-end": Row("caohe", "枣林村", ("巫桂兰", "焦满仓"), date(2022, 4, 7),
                                at_rest=False),
    "day-to-be-confirmed": Row("daan", "柿子湾村", ("牧秋菊", "山守成"), date(2022, 4, 7),
                               at_rest=False),
    "month-result": Row("xinyi", "白杨屯村", ("谷玉芬", "车有福"), date(2022, 4, 1),
                        at_rest=False, whole_april=True),
    "term-end": Row("xiaomeng", "核桃峪村", ("侯春兰", "宓来顺"), date(2019, 7, 11),
                    date(2022, 7, 10)),
    "accident": Row("yandian", "梨花沟村", ("班素云", "仰铁柱")),
    "insurance-gap": Row("xinglongzhuang", "桑园村", ("仲爱莲", "伊大川"),
                         insured_to=date(2022, 4, 7)),
    "objection": Row("gulou", "柳行村", ("宫翠英", "宁福来"), since=None, on_notice=True),
    "list-hit": Row("caohe", "杏林村", ("隗春梅", "茹长顺")),
    "death": Row("jiuxianqiao", "榆树庄村", ("栾凤英", "暴守田")),
}  # fmt: skip


@dataclass(frozen=True)
class Party:
    """Where somebody can be reached, and the account that they sign in with."""

    openid: str = ""
    phone: str = ""
    login: str = ""


def parties(row: str) -> dict[str, Party]:
    """Everybody who takes part in a row. The mate has an old phone and no WeChat."""
    order = sorted(ROWS).index(row) if row in ROWS else 0
    found = {
        who: Party(
            "" if who == MATE else f"o-matrix-{row}-{place}",
            builders.phone(8000 + 10 * order + place),
            f"{row}-{place}" if who in ROLES else "",
        )
        for place, who in enumerate(PARTIES[:-1])
    }
    found[DISTRICT] = Party("o-matrix-district", builders.phone(8999), DISTRICT_LOGIN)
    return found


BORN_ON = date(1968, 3, 11)


def id_number(row: str, who: str) -> str:
    """The number of the worker or the mate, as a list from elsewhere has it."""
    return builders.id_number(BORN_ON, order=300 + 2 * sorted(ROWS).index(row) + (who == MATE))


def name(row: str, who: str) -> str:
    """The name of the worker or the mate."""
    return ROWS[row].names[who == MATE]


def marks(row: str) -> tuple[str, ...]:
    """Words by which a message to the district is known to be about this row."""
    stage = ROWS[row]
    return (stage.village, quota.find_town(stage.town).name, *stage.names)


def set_up(session: Session) -> None:
    """Everybody of every row, at their places, on the morning of the first day."""
    _pair(session, _staff(session, DISTRICT_LOGIN), parties("")[DISTRICT])
    for row in ROWS:
        _set_up_row(session, row)


def _set_up_row(session: Session, row: str) -> None:
    stage, here = ROWS[row], parties(row)
    village = _village(session, row, stage)
    for who, role in ROLES.items():
        place = village if who != TOWN else region(session, stage.town)
        grant = {"role": role, "region": place.code, "from_on": date(2022, 1, 1)}
        entry = {"login": here[who].login, "name": who, "unit": place.name, "grants": [grant]}
        made = demo_staff.add_member(session, entry, _password(session), at(SEEDED))
        _pair(session, made, here[who])
    post = _post(session, row, village)
    people = [_person(session, row, who, village, here[who]) for who in (WORKER, MATE)]
    if stage.since is not None:
        for person in people:
            _put_on_post(session, stage, person, post)
    if stage.at_rest:
        _stop_work(session, village)
    if stage.on_notice:
        _hang_up(session, village, post, people[1])


def _village(session: Session, row: str, stage: Row) -> Region:
    town, code = region(session, stage.town), f"v-matrix-{row}"
    made = Region(parent_id=town.id, kind=RegionKind.VILLAGE, code=code, name=stage.village,
                  path=f"{town.path}{code}/")  # fmt: skip
    session.add(made)
    session.flush()
    session.add(RegionAlias(region_id=made.id, alias=stage.village))
    return made


def _post(session: Session, row: str, village: Region) -> Post:
    announced = session.scalars(select(Announcement)).first()
    assert announced is not None
    made = Post(
        announcement_id=announced.id, region_id=village.id, code=f"M-{row}"[:24], track="rural",
        name="村道路保洁员", category="public_service", duties=["村内道路保洁"], headcount=4,
    )  # fmt: skip
    session.add(made)
    session.flush()
    return made


def _person(session: Session, row: str, who: str, village: Region, party: Party) -> Person:
    person = builders.create_person(
        session, name=name(row, who), village_id=village.id, phone=party.phone, born_on=BORN_ON,
        id_number=id_number(row, who),
    )  # fmt: skip
    if party.openid:
        builders.create_contact(session, address_key=party.openid, person_id=person.id)
    else:
        writes = builders.create_contact(
            session, channel="sms", address_key=person.phone_index, person_id=person.id
        )
        writes.address = party.phone
    return person


def _put_on_post(session: Session, stage: Row, person: Person, post: Post) -> None:
    held = builders.create_engagement(
        session, person=person, village=post.region.code, starts_on=stage.since
    )
    held.first_approved_on = stage.since or held.first_approved_on
    reckoning.begin(session, held, "clock", at(SEEDED))
    held.status = EngagementStatus.ON_POST
    held.ends_on = stage.until or held.ends_on
    assert held.starts_on is not None
    session.add(
        InsuranceCover(
            engagement_id=held.id, policy_number="P-2022", from_on=held.starts_on,
            to_on=stage.insured_to, recorded_at=at(SEEDED),
            recorded_by_id=_staff(session, DISTRICT_LOGIN).id,
        )
    )  # fmt: skip
    if stage.whole_april:
        _live_april(session, held, absent={12, 13, 14} if person.name == stage.names[0] else set())


def _live_april(session: Session, held: Engagement, absent: set[int]) -> None:
    """A month's days as they will have been said, but for those of an absence."""
    month.give_account(session, held)
    month.mark_days(session, held, absent=absent)


def _stop_work(session: Session, village: Region) -> None:
    session.add(
        Stoppage(
            region_id=village.id, kind="weather", from_on=date(2022, 4, 6),
            to_on=date(2022, 12, 31), reason="汛期停工", declared_at=at(SEEDED),
            declared_by_id=_staff(session, DISTRICT_LOGIN).id,
        )
    )  # fmt: skip


def _hang_up(session: Session, village: Region, post: Post, person: Person) -> None:
    """A public notice with the mate on it."""
    hung = PublicNotice(
        region_id=village.id, title=f"{village.name}公益性岗位拟安置人员公示", code="M-0001",
        working_days=5, published_at=at(SEEDED), posted_on=date(2022, 4, 6),
        last_on=calendar.last_notice_day(date(2022, 4, 6), 5),
    )  # fmt: skip
    hung.items = [
        PublicNoticeItem(
            name=person.name, village_id=village.id, post_name=post.name, number_tail="0029"
        )
    ]
    session.add(hung)


def _pair(session: Session, staff: Staff, party: Party) -> None:
    """A member of staff with WeChat paired and a phone number."""
    staff.phone = party.phone
    contact = builders.create_contact(session, address_key=party.openid)
    now = at(SEEDED)
    session.add(
        StaffContact(staff_id=staff.id, contact_id=contact.id, code_index="-", offered_at=now,
                     expires_at=now, bound_at=now)
    )  # fmt: skip
    session.flush()


def _staff(session: Session, login: str) -> Staff:
    return session.scalars(select(Staff).where(Staff.login == login)).one()


def _password(session: Session) -> str:
    """The demonstration's."""
    return str(_staff(session, DISTRICT_LOGIN).password_hash)
