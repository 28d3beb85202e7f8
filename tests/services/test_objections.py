"""An objection stops one case, is looked into above the accused, and is answered to both sides."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import (
    Application,
    ApplicationStatus,
    Delivery,
    Objection,
    PublicNotice,
    Role,
    Ticket,
)
from models.talk import TicketKind
from services import (
    notice_paper,
    notice_publishing,
    objection_answers,
    objections,
    outbox,
    public_notices,
    ticket_answers,
    tickets,
)
from services.acting import CLOCK, Acting
from services.masking import Audience
from services.objections import Complaint, Receipt
from services.procedure import Hindered
from tests.builders import (
    at,
    create_acting,
    create_application,
    create_contact,
    create_conversation,
    create_person,
    phone,
    region,
)

VILLAGE, TOWN = "v-xinyan-wangjiazhuang", "xinyan"
POSTED, NEXT_DAY = at("2022-04-28 10:00"), at("2022-04-29 10:00")
OVER = at("2022-05-10 00:05")
WORDS = "她家开着超市"


@pytest.fixture
def head(seeded: Session) -> Acting:
    return create_acting(seeded, Role.TOWN_HEAD, TOWN)


@pytest.fixture
def notice(seeded: Session, head: Acting) -> PublicNotice:
    """Two people on a notice: 李桂香 and 王桂兰."""
    cases = [
        create_application(
            seeded,
            person=create_person(seeded, name=name),
            status=ApplicationStatus.TO_PUBLISH,
        )
        for name in ("李桂香", "王桂兰")
    ]
    chosen = {case.id for case in cases}
    made = public_notices.draft(seeded, region(seeded, VILLAGE), chosen, head, POSTED)
    notice_publishing.publish(seeded, made, head, POSTED)
    return made


def case_of(notice: PublicNotice, order: int) -> Application:
    case = notice.items[order].application
    assert case is not None
    return case


def raised(session: Session, notice: PublicNotice, order: int = 0, **other: Any) -> Receipt:
    complaint = Complaint(**{"words": WORDS, **other})
    return objections.raise_against(session, notice.items[order], complaint, CLOCK, NEXT_DAY)


def decide(
    session: Session, objection: Objection, acting: Acting, *, upheld: bool, reply: str = "核了"
) -> None:
    objection_answers.write_findings(session, objection, "查了营业执照", acting, NEXT_DAY)
    objection_answers.decide(
        session, objection, upheld=upheld, reply=reply, acting=acting, now=NEXT_DAY
    )


def keys(hindered: pytest.ExceptionInfo[Hindered]) -> list[str]:
    return [obstacle.key for obstacle in hindered.value.obstacles]


def test_it_stops_one_person_and_nobody_else(
    seeded: Session, head: Acting, notice: PublicNotice
) -> None:
    raised(seeded, notice)
    assert (case_of(notice, 0).status, case_of(notice, 1).status) == ("objection", "on_notice")
    assert notice_publishing.close_if_over(seeded, notice, OVER) == 1
    assert (case_of(notice, 0).status, case_of(notice, 1).status) == (
        "objection",
        "district_clerk",
    )
    assert notice.closed_at is None


def test_a_dismissed_one_lets_the_case_go_on(
    seeded: Session, head: Acting, notice: PublicNotice
) -> None:
    receipt = raised(seeded, notice)
    decide(seeded, receipt.objection, head, upheld=False)
    assert case_of(notice, 0).status == "on_notice"
    assert notice_publishing.close_if_over(seeded, notice, OVER) == 2
    assert notice.closed_at == OVER


def test_an_upheld_one_takes_one_person_off_the_list(
    seeded: Session, head: Acting, notice: PublicNotice
) -> None:
    receipt = raised(seeded, notice)
    decide(seeded, receipt.objection, head, upheld=True)
    seeded.expire_all()
    assert case_of(notice, 0).status == "refused"
    shown = notice_paper.paper(notice, Audience.VILLAGE_BOARD).lines
    assert [line.name for line in shown] == ["王桂兰"]
    ticket = receipt.objection.ticket
    assert ticket is not None
    assert (ticket.closed_as, ticket.closed_at) == ("upheld", NEXT_DAY)


def test_the_case_waits_for_every_objection_and_one_that_holds_is_enough(
    seeded: Session, head: Acting, notice: PublicNotice
) -> None:
    first, second = raised(seeded, notice), raised(seeded, notice, words="还有别的")
    decide(seeded, first.objection, head, upheld=True)
    assert case_of(notice, 0).status == "objection"
    decide(seeded, second.objection, head, upheld=False)
    assert case_of(notice, 0).status == "refused"


def test_no_decision_without_findings_and_a_reply_that_may_be_read(
    seeded: Session, head: Acting, notice: PublicNotice
) -> None:
    objection = raised(seeded, notice).objection

    def decided(reply: str) -> list[str]:
        with pytest.raises(Hindered) as hindered:
            objection_answers.decide(
                seeded, objection, upheld=True, reply=reply, acting=head, now=NEXT_DAY
            )
        return keys(hindered)

    assert decided("核了") == ["obstacle.findings_lacking"]
    objection_answers.write_findings(seeded, objection, "查了", head, NEXT_DAY)
    assert decided(" ") == ["objections.no_reply"]
    assert decided("她是低保户，电话13800001234") == ["exposure.in_text", "exposure.in_text"]
    assert (objection.decided_at, case_of(notice, 0).status) == (None, "objection")


def test_a_decision_stands(seeded: Session, head: Acting, notice: PublicNotice) -> None:
    objection = raised(seeded, notice).objection
    decide(seeded, objection, head, upheld=False)
    with pytest.raises(Hindered) as hindered:
        decide(seeded, objection, head, upheld=True)
    assert keys(hindered) == ["objections.decided_already"]


@pytest.mark.parametrize(
    ("role", "place", "key"),
    [
        (Role.VILLAGE_HEAD, VILLAGE, "obstacle.not_your_role"),
        (Role.TOWN_HEAD, "xiaomeng", "obstacle.not_your_place"),
        (Role.TOWN_CLERK, TOWN, "obstacle.not_your_role"),
    ],
)
def test_others_do_not_decide(
    seeded: Session, head: Acting, notice: PublicNotice, role: Role, place: str, key: str
) -> None:
    objection = raised(seeded, notice).objection
    objection_answers.write_findings(seeded, objection, "查了", head, NEXT_DAY)
    acting = create_acting(seeded, role, place)
    with pytest.raises(Hindered) as hindered:
        objection_answers.decide(
            seeded, objection, upheld=True, reply="核了", acting=acting, now=NEXT_DAY
        )
    assert keys(hindered) == [key]


def test_the_accused_never_see_it(seeded: Session, head: Acting, notice: PublicNotice) -> None:
    village, town, district = (region(seeded, code) for code in (VILLAGE, TOWN, "yanzhou"))
    of_village, of_town = raised(seeded, notice), raised(seeded, notice, 1, against_town=True)
    assert list(objections.waiting(seeded, village)) == []
    assert list(objections.waiting(seeded, town)) == [of_village.objection]
    assert set(objections.waiting(seeded, district)) == {of_village.objection, of_town.objection}
    with pytest.raises(Hindered) as hindered:
        decide(seeded, of_town.objection, head, upheld=False)
    assert keys(hindered) == ["obstacle.not_your_place"]
    clerk = create_acting(seeded, Role.DISTRICT_CLERK, "yanzhou")
    decide(seeded, of_town.objection, clerk, upheld=False)
    assert case_of(notice, 1).status == "on_notice"


@pytest.mark.parametrize("anonymous", [False, True])
def test_nobody_decides_on_their_own_complaint_named_or_not(
    seeded: Session, notice: PublicNotice, anonymous: bool
) -> None:
    person = create_person(seeded, name="周桂兰")
    contact = create_contact(seeded, person_id=person.id)
    head = create_acting(seeded, Role.TOWN_HEAD, TOWN, person_id=person.id)
    request = tickets.Request(
        TicketKind.OBJECTION,
        words=WORDS,
        contact=contact,
        place=region(seeded, VILLAGE),
        accused=region(seeded, VILLAGE),
        anonymous=anonymous,
        notice_id=notice.id,
    )
    ticket = tickets.open_ticket(seeded, request, NEXT_DAY)
    clerk = create_acting(seeded, Role.TOWN_CLERK, TOWN)
    objection = objections.assign(seeded, ticket, notice.items[0], clerk, NEXT_DAY)
    with pytest.raises(Hindered) as hindered:
        decide(seeded, objection, head, upheld=False)
    assert keys(hindered) == ["obstacle.conflict_complaint"]


def test_one_from_the_chat_holds_the_notice_until_it_is_said_whom_it_concerns(
    seeded: Session, notice: PublicNotice
) -> None:
    contact = create_contact(seeded)
    request = tickets.Request(
        TicketKind.OBJECTION,
        words=WORDS,
        contact=contact,
        place=region(seeded, VILLAGE),
        accused=region(seeded, VILLAGE),
        notice_id=notice.id,
    )
    ticket = tickets.open_ticket(seeded, request, NEXT_DAY)
    assert list(objections.unassigned(seeded, region(seeded, TOWN))) == [ticket]
    assert list(objections.unassigned(seeded, region(seeded, VILLAGE))) == []
    assert notice_publishing.close_if_over(seeded, notice, OVER) == 0
    clerk = create_acting(seeded, Role.TOWN_CLERK, TOWN)
    first = objections.assign(seeded, ticket, notice.items[0], clerk, NEXT_DAY)
    assert objections.assign(seeded, ticket, notice.items[0], clerk, NEXT_DAY) is first
    assert list(objections.unassigned(seeded, region(seeded, TOWN))) == []
    assert notice_publishing.close_if_over(seeded, notice, OVER) == 1
    assert (case_of(notice, 0).status, case_of(notice, 1).status) == (
        "objection",
        "district_clerk",
    )


def test_the_objector_is_answered_by_chat_within_the_window_else_by_phone(
    seeded: Session, head: Acting, notice: PublicNotice
) -> None:
    contact = create_contact(seeded)
    create_conversation(seeded, contact_id=contact.id, turned_at=POSTED)
    for receipt in (
        raised(seeded, notice, contact=contact),
        raised(seeded, notice, words="另一条", phone=phone(7)),
        raised(seeded, notice, words="没留名"),
    ):
        decide(seeded, receipt.objection, head, upheld=False, reply="没查到营业执照")
    about = Delivery.cause.startswith("ticket_step:")
    sent = seeded.scalars(select(Delivery).where(about).order_by(Delivery.channel)).all()
    assert [one.channel for one in sent] == ["sms", "wechat"]
    assert all("没查到营业执照" in str(outbox.slots_of(one)) for one in sent)


def test_who_left_no_name_asks_with_number_and_code(
    seeded: Session, head: Acting, notice: PublicNotice
) -> None:
    receipt = raised(seeded, notice)
    ticket = receipt.objection.ticket
    assert ticket is not None
    assert (ticket.anonymous, ticket.contact_id, ticket.phone) == (True, None, None)
    found = objections.numbered(seeded, receipt.number, receipt.code.lower())
    assert found == (ticket, receipt.objection)
    assert objections.numbered(seeded, receipt.number, "AAAAAA") is None
    assert ticket_answers.answers_to(ticket, NEXT_DAY) == []
    decide(seeded, receipt.objection, head, upheld=False, reply="没查到")
    assert ticket_answers.answers_to(ticket, NEXT_DAY) == ["没查到"]


@pytest.mark.parametrize("when", [OVER, at("2022-04-27 10:00")])
def test_outside_its_days_nothing_can_be_objected_to(
    seeded: Session, notice: PublicNotice, when: Any
) -> None:
    if when < POSTED:
        notice.taken_down_at = when
    with pytest.raises(Hindered) as hindered:
        objections.raise_against(seeded, notice.items[0], Complaint(WORDS), CLOCK, when)
    assert keys(hindered) == ["objections.notice_over"]


def test_an_address_can_send_so_many_an_hour(seeded: Session) -> None:
    for _ in range(5):
        objections.count_submission(seeded, "203.0.113.7", POSTED)
    with pytest.raises(Hindered) as hindered:
        objections.count_submission(seeded, "203.0.113.7", POSTED)
    assert keys(hindered) == ["objections.too_many"]
    objections.count_submission(seeded, "203.0.113.8", POSTED)
    objections.count_submission(seeded, "203.0.113.7", at("2022-04-28 11:01"))


def from_chat(session: Session, notice: PublicNotice) -> Ticket:
    request = tickets.Request(
        TicketKind.OBJECTION,
        words="公示栏叫人撕了",
        contact=create_contact(session),
        place=region(session, VILLAGE),
        accused=region(session, VILLAGE),
        notice_id=notice.id,
    )
    return tickets.open_ticket(session, request, NEXT_DAY)


def test_one_that_concerns_nobody_is_answered_and_the_notice_goes_on(
    seeded: Session, head: Acting, notice: PublicNotice
) -> None:
    ticket = from_chat(seeded, notice)
    with pytest.raises(Hindered) as hindered:
        objection_answers.close_unassigned(seeded, ticket, "打13800001234", head, NEXT_DAY)
    assert keys(hindered) == ["exposure.in_text"]
    objection_answers.close_unassigned(seeded, ticket, "已经重新贴上了", head, NEXT_DAY)
    assert ticket_answers.answers_to(ticket, NEXT_DAY) == ["已经重新贴上了"]
    assert notice_publishing.close_if_over(seeded, notice, OVER) == 2
    with pytest.raises(Hindered) as hindered:
        objection_answers.close_unassigned(seeded, ticket, "再说一遍", head, NEXT_DAY)
    assert keys(hindered) == ["objections.closed_already"]


def test_one_that_names_somebody_cannot_be_answered_away(
    seeded: Session, head: Acting, notice: PublicNotice
) -> None:
    ticket = from_chat(seeded, notice)
    objections.assign(seeded, ticket, notice.items[0], head, NEXT_DAY)
    with pytest.raises(Hindered) as hindered:
        objection_answers.close_unassigned(seeded, ticket, "没事", head, NEXT_DAY)
    assert keys(hindered) == ["objections.is_assigned"]


def test_taken_back_by_its_writer_the_town_still_says_so(
    seeded: Session, head: Acting, notice: PublicNotice
) -> None:
    ticket = from_chat(seeded, notice)
    objection = objections.assign(seeded, ticket, notice.items[0], head, NEXT_DAY)
    tickets.withdraw(ticket, NEXT_DAY)
    assert list(objections.waiting(seeded, region(seeded, TOWN))) == [objection]
    decide(seeded, objection, head, upheld=False)
    assert (case_of(notice, 0).status, ticket.closed_as) == ("on_notice", "withdrawn")
