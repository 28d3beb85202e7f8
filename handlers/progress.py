"""Where does my application stand: what happened, who holds it, and by when (R-4.1a)."""

from __future__ import annotations

from datetime import datetime

from dialog import Say
from handlers import binding
from handlers.counter import Asked, Counter, Outcome
from handlers.desk import Desk
from models import Application, ApplicationStatus
from services import cases, materials, quotas
from services.clock import business_date
from wording.hearing import mask_name

MOST_SHOWN = 3


def open_progress(desk: Desk, asked: Asked) -> Outcome:
    if desk.person is None:
        return Outcome((Say("progress.bind_first"),), (binding.needed_first(desk),), then=(asked,))
    found = cases.of_contact(desk.session, desk.contact)
    if not found:
        return Outcome((Say("progress.none"),))
    shown = _those_meant(found, asked.heard.text)[:MOST_SHOWN]
    says = [say for application in shown for say in tell(desk, application)]
    if len(found) > len(shown):
        says.append(Say("progress.more", {"count": len(found) - len(shown)}))
    return Outcome((*says, *_photos_to_send_again(desk), *_what_can_be_done(shown)))


def _those_meant(found: tuple[Application, ...], text: str) -> tuple[Application, ...]:
    """The applications whose number's last digits stand in the message, else all."""
    tails = [
        application
        for application in found
        if application.number in text or application.number[-4:] in text
    ]
    return tuple(tails) or found


def tell(desk: Desk, application: Application) -> tuple[Say, ...]:
    """One application: whose, where it stands, what happened on the way, who acts next by when."""
    head = Say(
        "progress.head",
        {
            "number": application.number,
            "name": mask_name(application.person.name),
            "submitted_on": _day(application.submitted_at),
        },
    )
    status = ApplicationStatus(application.status)
    slots = {
        "since_on": _day(application.status_at),
        "holder": application.holder.name if application.holder else "",
        "phone": desk.office.district_phone,
    }
    stands = Say(f"progress.status_{status.value}", slots)
    return (head, stands, *_why(desk, application), *_by_when(desk, application))


def _why(desk: Desk, application: Application) -> tuple[Say, ...]:
    """The reason of a refusal, and the place in the line of whoever waits for a vacancy."""
    rank = quotas.waiting_rank(desk.session, application)
    if rank is not None:
        return (Say("progress.rank", {"rank": rank}),)
    if application.status != ApplicationStatus.REFUSED:
        return ()
    steps = cases.events_of(desk.session, application)
    if not steps or steps[-1].reason_code is None:
        return ()
    return (Say("progress.because", {"why": Say(f"reasons.{steps[-1].reason_code}")}),)


def _by_when(desk: Desk, application: Application) -> tuple[Say, ...]:
    """The deadline of whoever holds the case, and an apology when it has passed."""
    if application.due_on is None:
        return ()
    by = Say("progress.by", {"due_on": application.due_on.isoformat()})
    return (by, Say("progress.overdue")) if application.due_on < desk.today else (by,)


def _photos_to_send_again(desk: Desk) -> tuple[Say, ...]:
    """Photos that could not be kept: said here too, for whom no message reached."""
    return tuple(
        Say(f"materials.{photo.state}", {"sent_on": _day(photo.received_at)})
        for photo in materials.unsaved(desk.session, desk.contact)[-MOST_SHOWN:]
    )


def _what_can_be_done(shown: tuple[Application, ...]) -> tuple[Say, ...]:
    if any(ApplicationStatus(item.status) in cases.WITHDRAWABLE for item in shown):
        return (Say("progress.choices"),)
    return ()


def _day(at: datetime) -> str:
    return business_date(at).isoformat()


COUNTER = Counter(
    name="progress",
    intents=frozenset({"progress"}),
    open=open_progress,
)
