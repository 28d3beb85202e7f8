"""Short messages: they fit the parts that they declare, and register as the provider wants."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.sms.gateway import segments
from channels.sms.providers import PROVIDERS
from wording import load_book
from wording.book import Book, WordingError
from wording.sms import (
    REPLY_SEGMENTS,
    SIGN,
    SmsTemplate,
    cut,
    cut_reply,
    price,
    room,
    sms_templates,
    units,
)

BOOK = load_book()
TEMPLATES = sms_templates(BOOK)
FIXED = [template for template in TEMPLATES.values() if template.longest is not None]


@pytest.mark.parametrize("template", FIXED, ids=lambda template: template.name)
def test_a_template_fits_its_segments_with_the_longest_slots(template: SmsTemplate) -> None:
    assert template.longest is not None
    text = BOOK.text(f"sms.{template.name}", "sms", **template.longest)
    assert segments(f"【{BOOK.text(SIGN)}】{text}") <= template.segments


@pytest.mark.parametrize("template", TEMPLATES.values(), ids=lambda template: template.name)
def test_the_longest_slots_are_those_of_the_text(template: SmsTemplate) -> None:
    if template.longest is not None:
        assert set(template.longest) == set(template.slots)


def test_the_registered_text_numbers_its_places() -> None:
    code = TEMPLATES["one_time_code"]
    assert code.registered == "验证码{1}，{2}分钟内有效。工作人员不会向您要验证码。"
    assert code.fill({"minutes": 10, "code": "012345"}) == ["012345", "10"]


def test_slots_are_worded_as_in_the_book() -> None:
    template = SmsTemplate("pay", "{due_on}前{pay_fen}", ("due_on", "pay_fen"), 1, {})
    assert template.fill({"due_on": "2022-04-30", "pay_fen": 83334}) == [
        "2022年4月30日",
        "833.34元",
    ]


def test_a_missing_slot_is_an_error_not_a_gap() -> None:
    with pytest.raises(WordingError, match="minutes"):
        TEMPLATES["one_time_code"].fill({"code": "012345"})


def test_a_phrase_without_declaration_is_refused() -> None:
    with pytest.raises(WordingError, match="same templates"):
        sms_templates(Book({**BOOK.phrases, "sms.stray": {"": "…"}}))


@given(
    st.text(st.characters(codec="utf-8", exclude_characters="\r"), max_size=400),
    st.integers(20, 201),
)
def test_a_cut_text_fits_and_loses_nothing(text: str, limit: int) -> None:
    first, rest = cut(text, limit)
    assert units(first) <= limit
    assert "".join((first + rest).split()) == "".join(text.split())


def test_three_parts_hold_a_reply_with_its_signature() -> None:
    sign = BOOK.text(SIGN)
    first, rest = cut("您好。" * 200, room(3, sign))
    assert rest
    assert segments(f"【{sign}】{first}") == 3


def test_a_long_reply_says_that_there_is_more_and_keeps_it() -> None:
    said = "".join(f"第{n}条，要带身份证。" for n in range(60))
    first, rest = cut_reply(said, BOOK)
    hint = "\n" + BOOK.text("dialog.more_hint", "sms")
    assert first.endswith(hint)
    assert first.removesuffix(hint) + rest == said
    assert segments("【兖州区人力资源社会保障】" + first) <= REPLY_SEGMENTS
    assert TEMPLATES["reply"].segments == REPLY_SEGMENTS


def test_a_short_reply_stays_as_it_is() -> None:
    assert cut_reply("您好！", BOOK) == ("您好！", "")


@pytest.mark.parametrize(
    ("text", "parts"),
    [("好", 1), ("好" * 64, 1), ("好" * 65, 2), ("好" * 128, 2), ("好" * 129, 3), ("好" * 500, 3)],
)
def test_a_message_is_priced_with_its_signature(text: str, parts: int) -> None:
    assert price(TEMPLATES["reply"], {"text": text}, "兖州人社") == parts


def test_the_price_is_the_gateways() -> None:
    text = "好" * 100
    assert price(TEMPLATES["reply"], {"text": text}, "兖州人社") == segments(f"【兖州人社】{text}")


def test_each_provider_writes_variables_in_its_own_way() -> None:
    code = TEMPLATES["one_time_code"]
    assert "{1}" in code.registered
    text = code.registered_with(PROVIDERS["aliyun"].place)
    assert "${p1}" in text
    assert "${p2}" in text
