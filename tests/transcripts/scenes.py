"""What has to be so before a talk and no message could bring about: `! bound VILLAGE`.

A scene is a function of the talk and of the words behind its name; add yours to SCENES.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, timedelta

from sqlalchemy import select

from models import (
    ApplicationStatus,
    Contact,
    EngagementStatus,
    Person,
    Post,
    PublicNotice,
    PublicNoticeItem,
    Role,
    StaffContact,
    StaffKin,
)
from models.sealing import blind_index
from models.term_steps import PauseCause
from rules import calendar
from services import announcements, cases, quotas, registers, village_desk
from services.clock import business_date
from services.terms import notices, pauses
from tests import builders
from tests.services.cross_checks.stage import hit_by_hand
from tests.talk import Talk
from tests.transcripts import pay_scenes


def bound(
    talk: Talk, village: str = "v-xinyan-xinghualing", name: str = "", number: str = ""
) -> None:
    """The writer has proved who they are: a woman of that village, born on 1970-05-02 unless an
    ID number says otherwise."""
    number = number or builders.id_number(order=1)
    person = builders.create_person(
        talk.session,
        name=name or ("李桂香" if talk.who.isdigit() else talk.who),
        id_number=number,
        born_on=date.fromisoformat(f"{number[6:10]}-{number[10:12]}-{number[12:14]}"),
        phone=talk.who if talk.who.isdigit() else builders.phone(1),
        village_id=builders.region(talk.session, village).id,
    )
    contact = writer(talk)
    contact.person_id = person.id
    contact.bound_at = talk.clock.at


def writer(talk: Talk) -> Contact:
    """The contact of who writes now; made where they have not written yet."""
    sms = talk.who.isdigit()
    address_key = blind_index(talk.who, "phone") if sms else f"o-{talk.who}"
    known = talk.session.scalars(select(Contact).where(Contact.address_key == address_key)).first()
    if known is not None:
        return known
    contact = builders.create_contact(
        talk.session, channel="sms" if sms else "wechat", address_key=address_key
    )
    if sms:
        contact.address = talk.who
    return contact


def applied(talk: Talk) -> None:
    """The writer, bound already, has handed in an application under the open announcement."""
    contact = writer(talk)
    assert contact.person is not None
    assert contact.person.village_id is not None
    posted = announcements.open_on(talk.session, business_date(talk.clock.at))
    assert posted is not None
    request = cases.Request(
        person=contact.person,
        village_id=contact.person.village_id,
        facts={"track": "rural", "groups": []},
        post_id=None,
        papers={"id_card": (), "household": ()},
        kin_details=None,
    )
    cases.submit(talk.session, contact, posted, request, talk.clock.at)


def listed(talk: Talk) -> None:
    """The writer's application hangs on their village's notice from today on."""
    contact = writer(talk)
    application = cases.of_contact(talk.session, contact)[0]
    today = business_date(talk.clock.at)
    notice = PublicNotice(
        region_id=application.village_id,
        title=f"{application.village.name}第二批公示",
        code="listed",
        working_days=5,
        published_at=talk.clock.at,
        posted_on=today,
        last_on=calendar.last_notice_day(today, 5),
    )
    notice.items = [
        PublicNoticeItem(
            application_id=application.id,
            name=application.person.name,
            village_id=application.village_id,
            post_name="村道路保洁员",
            number_tail=application.number[-4:],
        )
    ]
    talk.session.add(notice)


def approved(talk: Talk) -> None:
    """The writer's application has been approved."""
    application = cases.of_contact(talk.session, writer(talk))[0]
    application.status = ApplicationStatus.APPROVED


def engaged(talk: Talk) -> None:
    """The writer's application has been approved for the village's post, and counts."""
    application = cases.of_contact(talk.session, writer(talk))[0]
    application.status = ApplicationStatus.APPROVED
    application.post_id = talk.session.scalars(
        select(Post.id).where(Post.region_id == application.village_id)
    ).first()
    talk.session.flush()
    quotas.take_place(talk.session, application, talk.clock.at)


def started(talk: Talk) -> None:
    """The writer's first day has come."""
    application = cases.of_contact(talk.session, writer(talk))[0]
    application.status = ApplicationStatus.ON_POST
    quotas.begin(talk.session, application, talk.clock.at)


def left(talk: Talk) -> None:
    """The writer's term is over, and the clock has ended it."""
    held = registers.current_engagement(talk.session, _person(talk))
    assert held is not None
    assert held.ends_on is not None
    after = datetime.combine(held.ends_on + timedelta(days=1), time(1), builders.SHANGHAI)
    notices.end_over(talk.session, after)


def suspended(talk: Talk) -> None:
    """The town has suspended the writer: a list has somebody of that name."""
    held = registers.current_engagement(talk.session, _person(talk))
    assert held is not None
    town = held.post.region.parent
    assert town is not None
    pauses.begin(
        talk.session,
        held,
        cause=PauseCause.LIST_HIT,
        from_on=business_date(talk.clock.at),
        words="社保比对有记录",
        acting=builders.create_acting(talk.session, Role.TOWN_CLERK, town.code),
        now=talk.clock.at,
    )


def on_a_list(talk: Talk) -> None:
    """The writer stands on another department's list of people with a job."""
    hit_by_hand(talk.session, _person(talk), talk.clock.at)


def village_head(talk: Talk, village: str) -> None:
    """The writer's chat is paired with the account of that village's head."""
    head = builders.create_acting(talk.session, Role.VILLAGE_HEAD, village, name=talk.who)
    assert head.staff is not None
    code = village_desk.offer(talk.session, head.staff, talk.clock.at)
    assert village_desk.bind(talk.session, writer(talk), code, talk.clock.at) is not None


def _person(talk: Talk) -> Person:
    person = writer(talk).person
    assert person is not None
    return person


def on_post(talk: Talk, village: str = "v-xinyan-wangjiazhuang", name: str = "") -> None:
    """The writer is bound and has been on that village's post since the first of the month."""
    contact = writer(talk)
    if contact.person is None:
        bound(talk, village, name)
        talk.session.flush()
        talk.session.refresh(contact)
    assert contact.person is not None
    _engage(talk, contact.person, village)


def worker(talk: Talk, name: str, village: str = "v-xinyan-wangjiazhuang") -> None:
    """Somebody else is on that village's post, too, and writes nothing."""
    place = builders.region(talk.session, village)
    _engage(talk, builders.create_person(talk.session, name=name, village_id=place.id), village)


def _engage(talk: Talk, person: Person, village: str) -> None:
    first = business_date(talk.clock.at).replace(day=1)
    builders.create_engagement(
        talk.session,
        person=person,
        village=village,
        engagement_status=EngagementStatus.ON_POST,
        starts_on=first,
        ends_on=first.replace(year=first.year + 3) - timedelta(days=1),
    )


def paired(talk: Talk, role: str = "village_head", place: str = "v-xinyan-wangjiazhuang") -> None:
    """The writer works for that place, and their chat is paired with the account."""
    acting = builders.create_acting(
        talk.session, Role(role), place, name=talk.who, login=f"{role}-{place}"[:32]
    )
    assert acting.staff is not None
    now = talk.clock.at
    talk.session.add(
        StaffContact(
            staff_id=acting.staff.id,
            contact_id=writer(talk).id,
            code_index="-",
            offered_at=now,
            expires_at=now,
            bound_at=now,
        )
    )


def related(talk: Talk, name: str) -> None:
    """The writer, a member of staff, has declared the person of that name as a relative."""
    staff_id = talk.session.scalars(
        select(StaffContact.staff_id).where(StaffContact.contact_id == writer(talk).id)
    ).one()
    person_id = talk.session.scalars(select(Person.id).where(Person.name == name)).one()
    talk.session.add(
        StaffKin(
            staff_id=staff_id, person_id=person_id, relation="sister", declared_at=talk.clock.at
        )
    )


SCENES: dict[str, Callable[..., None]] = {
    "applied": applied,
    "approved": approved,
    "bound": bound,
    "engaged": engaged,
    "left": left,
    "listed": listed,
    "month": pay_scenes.month,
    "on_a_list": on_a_list,
    "on_post": on_post,
    "paired": paired,
    "related": related,
    "started": started,
    "suspended": suspended,
    "village_head": village_head,
    "worked": pay_scenes.worked,
    "worker": worker,
}
