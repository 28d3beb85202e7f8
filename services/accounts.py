"""The account that the subsidy goes to: the worker's own, and nobody else's (R-3.3a, F-12)."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Application, BankAccount, Person, new_id
from models.procedure import VILLAGE_OR_TOWN
from models.sealing import blind_index
from rules import bank_card
from services import case_news, permits
from services.acting import Acting
from services.clock import business_date
from services.guards import Obstacle
from services.procedure import Hindered
from services.trail import note


@dataclass(frozen=True)
class Account:
    """What stands on the card, as it was typed."""

    bank: str
    holder: str
    number: str


def give(
    session: Session, application: Application, account: Account, acting: Acting, now: datetime
) -> BankAccount:
    """Keep the worker's account in the place of an earlier one, and tell the worker, who can object
    to what they did not ask for. The same number again changes nothing.

    `Hindered` with a sentence: no bank, another holder, a number that does not check, a number that
    belongs to somebody else.
    """
    permits.require(session, acting, application, roles=VILLAGE_OR_TOWN, act="give_account")
    person, number = application.person, bank_card.normalise(account.number)
    index = blind_index(number, "bank_account")
    _check(session, person, account, number, index)
    former = current(session, person)
    if former is not None and former.number_index == index and former.bank == account.bank.strip():
        return former
    if former is not None:
        former.replaced_at = now
        session.flush()
    kept = _keep(session, person, account, number, acting, now)
    note(
        session,
        "account.given",
        actor=acting.name,
        at=now,
        subject=("person", person.id),
        before={"account": str(former.id)} if former else None,
        after={"account": str(kept.id), "bank": kept.bank},
    )
    case_news.tell_applicant(session, application, "account_kept", now, cause=str(kept.id))
    return kept


def current(session: Session, person: Person) -> BankAccount | None:
    """The account in use."""
    return session.scalars(
        select(BankAccount).where(
            BankAccount.person_id == person.id, BankAccount.replaced_at.is_(None)
        )
    ).first()


def tail(account: BankAccount) -> str:
    """The last four digits: enough for the worker to know the card by."""
    return (account.number or "")[-4:]


def _check(session: Session, person: Person, account: Account, number: str, index: str) -> None:
    found = []
    if not account.bank.strip():
        found.append(Obstacle("onboarding.no_bank"))
    if _plain(account.holder) != _plain(person.name):
        found.append(Obstacle("onboarding.holder_differs"))
    if not bank_card.holds(number):
        found.append(Obstacle("onboarding.card_number_wrong"))
    elif _is_somebody_elses(session, person, index):
        found.append(Obstacle("onboarding.card_of_another"))
    if found:
        raise Hindered("give_account", tuple(found))


def _is_somebody_elses(session: Session, person: Person, index: str) -> bool:
    others = select(BankAccount.id).where(
        BankAccount.number_index == index,
        BankAccount.person_id != person.id,
        BankAccount.replaced_at.is_(None),
    )
    return session.scalars(others.limit(1)).first() is not None


def _keep(
    session: Session, person: Person, account: Account, number: str, acting: Acting, now: datetime
) -> BankAccount:
    assert acting.staff is not None
    kept = BankAccount(
        id=new_id(),
        person_id=person.id,
        bank=account.bank.strip()[:64],
        holder=person.name,
        number_index=blind_index(number, "bank_account"),
        from_on=business_date(now),
        recorded_by_id=acting.staff.id,
    )
    kept.number = number
    session.add(kept)
    session.flush()
    return kept


def _plain(name: str) -> str:
    return "".join(unicodedata.normalize("NFKC", name).split())
