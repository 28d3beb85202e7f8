"""Nothing private gets on to a public text, however it is written (requirements 2.6)."""

from __future__ import annotations

import pytest

from services.masking import Audience, check_rows, check_text, name_for
from wording.hearing.exposed import exposed

ID = "370899197706150029"


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        (f"王桂兰{ID}", ["id_number"]),
        ("王桂兰３７０８９９ 19770615 0029", ["id_number"]),
        ("3708 9919 7706 1500 29", ["id_number"]),
        ("370899-19770615-0029", ["id_number"]),
        ("37089919680520004X", ["id_number"]),
        ("37089919680520004x", ["id_number"]),
        ("370899\u200b197706150029", ["id_number"]),
        ("370899770615002", ["id_number"]),
        ("6222021234567890123", ["bank_card"]),
        ("6222 0212 3456 7890", ["bank_card"]),
        ("13800001234", ["phone"]),
        ("138-0000-1234", ["phone"]),
        ("+86 138 0000 1234", ["phone"]),
        ("一三八零零零零一二三四", ["phone"]),
        ("幺三八〇〇〇〇一二三四", ["phone"]),
        ("王桂兰（残疾）", ["private_word"]),
        ("低 保 户", ["private_word"]),
        (f"残疾，证{ID}，电话13800001234", ["id_number", "phone", "private_word"]),
    ],
)
def test_what_may_not_be_public_is_found(text: str, kinds: list[str]) -> None:
    assert sorted(found.kind for found in exposed(text)) == sorted(kinds)


@pytest.mark.parametrize(
    "text",
    [
        "王桂兰",
        "欧阳小满",
        "古丽·阿不都",
        "扶残助残员",
        "疾病预防宣传员",
        "0537-3412345",
        "2022000017",
        "2022年4月8日至2022年4月15日",
        "2022.04.13-2022.04.19",
        "三组五十四号",
    ],
)
def test_what_may_be_public_passes(text: str) -> None:
    assert exposed(text) == ()


def test_a_row_is_named_by_its_number_and_field_and_no_number_is_written_out() -> None:
    rows = [{"name": "王桂兰", "post": "保洁员"}, {"name": f"李桂香{ID}", "post": "低保户保洁员"}]
    first, second = check_rows(rows)
    assert (first.slots["row"], first.slots["field"].key) == (2, "exposure.field_name")
    assert first.slots["what"].key == "exposure.id_number"
    assert ID not in str(first)
    assert (second.slots["field"].key, second.slots["what"].slots["word"]) == (
        "exposure.field_post",
        "低保",
    )
    assert check_text("王家庄村公示", "title") == ()


@pytest.mark.parametrize(
    ("name", "masked"),
    [("王桂兰", "王*兰"), ("王兰", "王*"), ("欧阳小满", "欧阳*满"), ("欧阳满", "欧阳*")],
)
def test_the_web_masks_and_the_board_does_not(name: str, masked: str) -> None:
    assert name_for(Audience.WEB, name) == masked
    assert name_for(Audience.VILLAGE_BOARD, name) == name
