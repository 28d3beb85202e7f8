"""Who follows and has not written for two days hears by a card that the post ends or rests."""

from __future__ import annotations

import json
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from channels.wechat.cards import fit_field
from models import Delivery, Message
from models.term_steps import PauseCause
from services.telling_kinds import kinds
from services.terms import exits, leaving, notices, pauses
from tests.builders import create_contact
from tests.services.terms.stage import company, noon, on_post, worker
from wording.cards import load_cards

TODAY = date(2023, 5, 10)


def _cards(session: Session) -> dict[str, dict[str, str]]:
    """Kind → the fields of its card, as the platform would take them."""
    session.flush()
    rows = session.execute(
        select(Message, Delivery)
        .join(Delivery, Delivery.message_id == Message.id)
        .where(Delivery.channel == "template")
    )
    found = {}
    for message, delivery in rows.tuples():
        card = kinds()[message.kind].template
        assert card is not None
        assert delivery.key == f"card.{card}"
        fields = load_cards()[card].fill(json.loads(delivery.slots or ""))
        assert {name: fit_field(name, text) for name, text in fields.items()} == fields
        found[message.kind] = fields
    return found


def test_an_exit_and_its_undoing(seeded: Session) -> None:
    engagement = on_post(seeded)
    create_contact(seeded, person_id=engagement.person_id)
    made = exits.resign(seeded, engagement, TODAY, worker(seeded, engagement), noon(TODAY))
    notices.end_over(seeded, noon(date(2023, 5, 11)))
    leaving.undo(seeded, made, noon(date(2023, 5, 12)))
    fields = _cards(seeded)
    assert fields["exit_resigned"]["date2"] == "2023年5月10日"
    assert fields["exit_undone"]["date2"] == "2023年5月12日"


def test_a_suspension(seeded: Session) -> None:
    engagement, staff = on_post(seeded), company(seeded)
    create_contact(seeded, person_id=engagement.person_id)
    pauses.begin(
        seeded, engagement, cause=PauseCause.LIST_HIT, from_on=TODAY, words="核对",
        acting=staff.town_clerk, now=noon(TODAY),
    )  # fmt: skip
    assert _cards(seeded)["pause_begun"]["date2"] == "2023年5月10日"
