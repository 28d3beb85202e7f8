"""Every kind of message and event on the wire, in each mode, against the table beside this file."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from channels.inbound import Inbound
from tests.channels.wechat.envelopes import NOW, create_door, letter_xml, seal, signed_args

CASES: list[dict[str, Any]] = yaml.safe_load(
    Path(__file__).with_name("arrivals.yaml").read_text(encoding="utf-8")
)
by_name = pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])


def expected(fields: Mapping[str, Any] | None) -> Inbound | None:
    if fields is None:
        return None
    sent_at = datetime(2022, 4, 6, tzinfo=UTC)
    return Inbound(channel="wechat", sender="oVillager1", sent_at=sent_at, **fields)


@by_name
def test_a_plain_letter_says(case: dict[str, Any]) -> None:
    body = letter_xml(case["xml"]).encode()
    letter = create_door(mode="plain").open(signed_args(), body, now=NOW)
    assert letter.inbound == expected(case["inbound"])
    assert bool(letter.flaw) == (case["inbound"] is None)


@by_name
def test_a_sealed_letter_says_the_same(case: dict[str, Any]) -> None:
    args, body = seal(letter_xml(case["xml"]))
    for mode in ("safe", "compatible"):
        letter = create_door(mode=mode).open(args, body, now=NOW)
        assert letter.inbound == expected(case["inbound"])


def test_a_repost_has_the_same_key_and_two_unnamed_bodies_have_two() -> None:
    door = create_door(mode="plain")
    xml = letter_xml("<MsgType>text</MsgType><Content>{}</Content>")
    keys = []
    for words in ("1", "1", "2"):
        inbound = door.open(signed_args(), xml.format(words).encode(), now=NOW).inbound
        assert inbound is not None
        keys.append(inbound.dedupe_key)
    assert keys[0] == keys[1] != keys[2]


def test_a_long_event_key_keeps_its_difference_in_a_key_that_fits_the_column() -> None:
    keys = set()
    for tail in ("a", "b"):
        event = f"<MsgType>event</MsgType><Event>VIEW</Event><EventKey>{'x' * 900}{tail}</EventKey>"
        letter = create_door(mode="plain").open(signed_args(), letter_xml(event).encode(), now=NOW)
        assert letter.inbound is not None
        keys.add(letter.inbound.dedupe_key)
    assert len(keys) == 2
    assert {len(key) for key in keys} == {200}


@pytest.mark.parametrize(
    "time", ["", "soon", "-5", "１６４９２０３２００", "1649203200000", "9" * 400]
)
def test_a_bad_creation_time_costs_only_the_time(time: str) -> None:
    xml = letter_xml("<MsgType>text</MsgType><Content>好</Content><MsgId>1</MsgId>")
    body = xml.replace("1649203200", time).encode()
    inbound = create_door(mode="plain").open(signed_args(), body, now=NOW).inbound
    assert inbound is not None
    assert (inbound.text, inbound.sent_at) == ("好", None)
