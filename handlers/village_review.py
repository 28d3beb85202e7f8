"""A democratic review from the village's phone: who was there, the votes, the photo of the signed
sheet, and closing the meeting. What the console asks besides (who stepped out) is entered there."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence

from dialog import Answers, Ask, Flow, Heard, Json, Option, Reading, Say, Value, Wrong
from handlers.counter import Asked, Counter, Outcome, Start
from handlers.desk import Desk
from handlers.readers import choice, words
from models import AttendeeRole, Review
from services import materials, review_checks, review_photos, reviews, village_desk
from services.acting import Acting
from services.clock import business_date
from services.guards import Obstacle
from services.procedure import Hindered
from services.reviews import RowResult, Vote
from wording.hearing import hear_later, tidy
from wording.hearing.staff_words import hear_people, hear_votes

FLOW = "village_review"
ENTER, PHOTO, CLOSE = "enter", "photo", "close"


def meeting_options(_answers: Answers, desk: Desk) -> Sequence[Option]:
    who = village_desk.acting(desk.session, desk.contact, desk.now)
    return [
        Option(str(one.id), Say("village_review.meeting", _slots(one)))
        for one in (_open_meetings(desk, who) if who else ())
    ]


def act_options(answers: Answers, desk: Desk) -> Sequence[Option]:
    """Before the result is entered there is one thing to do."""
    meeting = _meeting(desk, answers)
    if meeting is None or not meeting.attendees:
        return [Option(ENTER, Say("village_review.act_enter"))]
    photo = Option(PHOTO, Say("village_review.act_photo"))
    close = Option(CLOSE, Say("village_review.act_close"))
    first = (close, photo) if meeting.photo_id else (photo, close)
    return [*first, Option(ENTER, Say("village_review.act_again"))]


def sure_options(_answers: Answers, _desk: Desk) -> Sequence[Option]:
    return [
        Option(value=True, label=Say("village_review.sure_yes")),
        Option(value=False, label=Say("village_review.sure_no")),
    ]


def attendees(heard: Heard, _reading: Reading) -> Value | Wrong:
    """Who was there, each with what they are."""
    text = words(heard)
    if isinstance(text, Wrong):
        return text
    people = hear_people(text)
    if not people:
        return Wrong(Say("village_review.wrong_people"))
    return Value([list(one) for one in people])


def votes(heard: Heard, reading: Reading) -> Value | Wrong:
    """For, against and abstaining, for each applicant in the order shown."""
    text = words(heard)
    if isinstance(text, Wrong):
        return text
    meeting = _meeting(reading.desk, reading.answers)
    found = hear_votes(tidy(text), len(meeting.results)) if meeting else None
    if not found:
        return Wrong(Say("village_review.wrong_votes"))
    return Value([list(row) for row in found])


def photo(heard: Heard, _reading: Reading) -> Value | Wrong:
    """A photo of the signed sheet, or later."""
    if heard.kind == "image" and heard.media_id:
        return Value(heard.media_id)
    if hear_later(heard.text) or heard.affirms is False:
        return Value(None)
    return Wrong(Say("village_review.wrong_photo"), complete=True)


def _does(*acts: str) -> Callable[[Answers], bool]:
    return lambda answers: answers.get("act") in acts


def _names(answers: Answers, desk: Desk) -> Mapping[str, Json]:
    meeting = _meeting(desk, answers)
    rows = meeting.results if meeting else []
    return {"menu": [row.application.person.name for row in rows]}


def _tally(answers: Answers, desk: Desk) -> Mapping[str, Json]:
    """What is about to count, for a last look."""
    meeting = _meeting(desk, answers)
    return {
        "tally": [
            Say(
                "village_review.tally",
                {
                    "name": row.application.person.name,
                    "for": row.votes_for,
                    "against": row.votes_against,
                    "abstained": row.abstained,
                },
            )
            for row in (meeting.results if meeting else [])
        ]
    }


FORM = Flow(
    FLOW,
    (
        Ask("meeting", choice(meeting_options), options=meeting_options, alone=True),
        Ask("act", choice(act_options), options=act_options, alone=True),
        Ask("people", attendees, when=_does(ENTER), free=True),
        Ask("votes", votes, when=_does(ENTER), fill=_names),
        Ask("photo", photo, when=_does(ENTER, PHOTO)),
        Ask("sure", choice(sure_options), when=_does(ENTER), options=sure_options),
        Ask("sure_close", choice(sure_options), when=_does(CLOSE), options=sure_options,
            fill=_tally),
    ),
)  # fmt: skip


def open_review(desk: Desk, _asked: Asked) -> Outcome:
    who = village_desk.acting(desk.session, desk.contact, desk.now)
    if who is None:
        return Outcome((Say("village_staff.pair_first"),))
    meetings = _open_meetings(desk, who)
    if not meetings:
        return Outcome((Say("village_review.no_meeting"),))
    return Outcome(_unsaved(desk, meetings), (Start(FLOW),))


def _unsaved(desk: Desk, meetings: Sequence[Review]) -> tuple[Say, ...]:
    """A photo that came to nothing, where its meeting still has none."""
    wanting = {one.id for one in meetings if one.photo_id is None}
    gone = [
        one for one in materials.unsaved(desk.session, desk.contact) if one.review_id in wanting
    ]
    if not gone or review_photos.is_on_its_way(desk.session, gone[-1].review_id):
        return ()
    sent_on = business_date(gone[-1].received_at).isoformat()
    return (Say("village_review.photo_unsaved", {"sent_on": sent_on}),)


def finish_review(desk: Desk, _flow: str, answers: Answers) -> Outcome:
    who = village_desk.acting(desk.session, desk.contact, desk.now)
    if who is None:
        return Outcome((Say("village_staff.pair_first"),))
    meeting = _meeting(desk, answers)
    if meeting is None:
        return Outcome((Say("village_review.no_meeting"),))
    if answers.get("sure") is False or answers.get("sure_close") is False:
        return Outcome((Say("village_review.dropped"),))
    try:
        if answers["act"] == CLOSE:
            return _close(desk, meeting, who)
        return _enter(desk, meeting, who, answers)
    except Hindered as hindered:
        return Outcome((Say("village_review.not_taken"), *_say(hindered.obstacles)))


def _enter(desk: Desk, meeting: Review, who: Acting, answers: Answers) -> Outcome:
    """The result, the photo, or both; then what is still lacking, or the way on."""
    if answers["act"] == ENTER:
        reviews.enter(desk.session, meeting, _sheet(meeting, answers), who, desk.now)
    if answers["photo"]:
        media_id = answers["photo"]
        review_photos.send(desk.session, meeting, desk.contact, media_id, who, desk.now)
    lacking = review_checks.unfinished(desk.session, meeting, desk.now)
    comes = review_photos.is_on_its_way(desk.session, meeting.id)
    lacking = tuple(one for one in lacking if not (comes and one.key == "review.no_photo"))
    done = Say("village_review.entered" if answers["act"] == ENTER else "village_review.photo_here")
    if lacking:
        return Outcome((done, Say("village_review.lacking"), *_say(lacking)))
    return Outcome((done, Say("village_review.may_close")), offers=("staff_review",))


def _sheet(meeting: Review, answers: Answers) -> reviews.Sheet:
    counted = zip(meeting.results, answers["votes"], strict=True)
    return reviews.Sheet(
        held_on=meeting.held_on,
        place=meeting.place,
        attendees=tuple((name, AttendeeRole(role)) for name, role in answers["people"]),
        votes=tuple(
            Vote(row.application_id, votes_for=vote[0], votes_against=vote[1], abstained=vote[2])
            for row, vote in counted
        ),
    )


def _close(desk: Desk, meeting: Review, who: Acting) -> Outcome:
    if meeting.photo_id is None and review_photos.is_on_its_way(desk.session, meeting.id):
        return Outcome((Say("village_review.photo_comes"),), offers=("staff_review",))
    rows = reviews.close(desk.session, meeting, who, desk.now)
    return Outcome((Say("village_review.closed"), *(_row(row) for row in rows)))


def _row(row: RowResult) -> Say:
    name = row.application.person.name
    if row.obstacles:
        return Say("village_review.row_not_done", {"name": name, "why": _say(row.obstacles)})
    return Say("village_review.row_passed" if row.passed else "village_review.row_failed",
               {"name": name})  # fmt: skip


def _say(obstacles: Sequence[Obstacle]) -> tuple[Say, ...]:
    return tuple(Say(obstacle.key, dict(obstacle.slots)) for obstacle in obstacles)


def _slots(one: Review) -> dict[str, Json]:
    return {"held_on": one.held_on.isoformat(), "place": one.place, "count": len(one.results)}


def _open_meetings(desk: Desk, who: Acting) -> list[Review]:
    assert who.region is not None
    found = reviews.of_place(desk.session, who.region)
    return [one for one in found if one.closed_at is None]


def _meeting(desk: Desk, answers: Answers) -> Review | None:
    """The meeting of the form, where it is still theirs to enter."""
    who = village_desk.acting(desk.session, desk.contact, desk.now)
    key = answers.get("meeting")
    if who is None or not key:
        return None
    return next((one for one in _open_meetings(desk, who) if one.id == uuid.UUID(key)), None)


COUNTER = Counter(
    name="village_review",
    intents=frozenset({"staff_review"}),
    open=open_review,
    flows=(FORM,),
    finish=finish_review,
)
