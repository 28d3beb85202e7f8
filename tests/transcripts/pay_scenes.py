"""Scenes of a month's end, for the writer who is on a post: `! worked absent=6,7`,
`! month on_view`."""

from __future__ import annotations

from datetime import date

from sqlalchemy import select

from models import Contact, Engagement, PaymentBatch
from services.pay import batches, news, results, signing
from tests import builders
from tests.builders import at
from tests.services import month as stage
from tests.talk import Talk

VILLAGE = stage.VILLAGE


def worked(talk: Talk, absent: str = "") -> None:
    """The writer is bound and has been on 王家庄's post since 2022-04-01, with April's days."""
    person = builders.create_person(
        talk.session,
        name="李桂香",
        phone=builders.phone(1),
        village_id=builders.region(talk.session, VILLAGE).id,
    )
    key = f"o-{talk.who}"
    contact = talk.session.scalars(select(Contact).where(Contact.address_key == key)).first()
    contact = contact or builders.create_contact(talk.session, address_key=key)
    contact.person_id, contact.bound_at = person.id, talk.clock.at
    engagement = stage.create_worker(talk.session, person=person, account=False)
    stage.give_account(talk.session, engagement, order=99_000_001)
    days = {int(day) for day in absent.split(",") if day}
    stage.mark_days(talk.session, engagement, absent=days)


def month(talk: Talk, state: str) -> None:
    """April, carried on to a state: signed, on_view, approved, at_bank, paid or failed."""
    office = stage.create_office(talk.session)
    sheet = stage.gather(talk.session, office)
    signing.take(talk.session, sheet, "sign", office["head"], at(stage.SIGNS))
    if state == "signed":
        return
    signing.take(talk.session, sheet, "check", office["town"], at(stage.CHECKS))
    news.tell_results(talk.session, at(stage.CHECKS))
    if state == "on_view":
        return
    signing.take(talk.session, sheet, "approve", office["approver"], at(stage.APPROVES))
    if state == "approved":
        return
    batch = batches.make(talk.session, "rural", office["clerk"], at("2022-05-13 09:00"))
    if state != "at_bank":
        settle(talk, batch, office, "退票" if state == "failed" else "成功")


def settle(talk: Talk, batch: PaymentBatch, office: stage.Office, said: str) -> None:
    """The bank's answer, and what the clock says of it."""
    reason = "户名不符" if said == "退票" else ""
    file = stage.result_file(talk.session, batch, said, reason=reason)
    results.read(talk.session, file, office["finance"], at("2022-05-14 09:00"))
    news.tell_payments(talk.session, at("2022-05-14 09:00"))
    news.ask_received(talk.session, at("2022-05-17 10:00"))


def engagement_of(talk: Talk) -> Engagement:
    """The writer's."""
    return talk.session.scalars(
        select(Engagement).where(Engagement.starts_on == date(2022, 4, 1))
    ).one()
