"""Every kind has its words on each of its channels, and they fit."""

from __future__ import annotations

import pytest

from services.telling_kinds import Audience, Channel, Kind, kinds
from wording import load_book
from wording.cards import load_cards
from wording.sms import sms_templates

BOOK = load_book()
TEMPLATES = sms_templates(BOOK)
CARDS = load_cards()
KINDS = list(kinds().values())


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_it_has_its_words(kind: Kind) -> None:
    assert kind.phrase in BOOK.phrases
    if kind.sms is not None:
        assert kind.sms in TEMPLATES, "a registered template, whose length another test holds"
    if kind.template is not None:
        assert kind.template in CARDS


@pytest.mark.parametrize(
    "kind", [one for one in KINDS if not one.for_staff], ids=lambda kind: kind.name
)
def test_a_phone_of_a_whole_family_is_told_whom_it_is_for(kind: Kind) -> None:
    if kind.sms is not None and kind.audience is not Audience.RESIDENT:
        assert "name" in TEMPLATES[kind.sms].slots
    if Channel.VISIT in kind.channels:
        assert not kind.refusable
