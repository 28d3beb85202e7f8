"""How residents say simple things: a table a clerk can read, and what must never be guessed."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wording.hearing import (
    Command,
    digits_in,
    hear_birth,
    hear_choice,
    hear_choices,
    hear_command,
    hear_integer,
    hear_later,
    hear_name,
    hear_number,
    hear_phone,
    hear_relative,
    hear_service,
    hear_yes_no,
    mask_name,
    mask_private,
    tidy,
    wants_to_apply,
)

TODAY = date(2022, 4, 6)


# --- yes, no, and the words that work everywhere ----------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "是",
        "是的",
        "对",
        "嗯",
        "好嘞",
        "中",
        "管",
        "行",
        "可以",
        "同意",
        "好的。",
        "是！",
        "嗯嗯~",
        "ＯＫ",
        "1",
        "对呀",
        "没错",
        "愿意",
    ],
)
def test_a_yes(text: str) -> None:
    assert hear_yes_no(text) is True


@pytest.mark.parametrize(
    "text",
    ["不", "不是", "不对", "没有", "木有", "不同意", "不行。", "2", "否", "不中", "别", "没有啊"],
)
def test_a_no(text: str) -> None:
    assert hear_yes_no(text) is False


@pytest.mark.parametrize(
    "text",
    [
        "是不是要身份证",
        "不知道行不行",
        "",
        "。。",
        "3",
        "俺不是要退订",
        "同意不同意都行",
        "是王桂兰",
    ],
)
def test_a_sentence_is_neither_yes_nor_no(text: str) -> None:
    assert hear_yes_no(text) is None


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("菜单", Command.MENU),
        ("返回", Command.BACK),
        ("刚才填错了", Command.BACK),
        ("取消", Command.CANCEL),
        ("不办了。", Command.CANCEL),
        ("人工", Command.HUMAN),
        ("转人工！", Command.HUMAN),
        ("更多", Command.MORE),
        ("继续", Command.RESUME),
        ("[语音]菜单", Command.MENU),
        ("　菜单　", Command.MENU),
    ],
)
def test_a_global_word(text: str, command: Command) -> None:
    assert hear_command(text) is command


@pytest.mark.parametrize(
    "text", ["俺不想取消", "咋返回工资", "人工费多少", "取消资格咋办", "继续干行不", "菜单上有啥"]
)
def test_a_global_word_inside_a_sentence_is_no_command(text: str) -> None:
    assert hear_command(text) is None


@pytest.mark.parametrize("text", ["以后", "没在手边", "回头交"])
def test_later(text: str) -> None:
    assert hear_later(text)


# --- numbers and choices ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("2", 2),
        ("２", 2),
        ("二", 2),
        ("第二个", 2),
        ("选2", 2),
        ("2、", 2),
        ("2.", 2),
        ("两", 2),
        ("十二", 12),
        ("回复3", 3),
        ("俺2", None),
        ("2022", None),
        ("2个人", None),
        ("", None),
    ],
)
def test_a_number_of_a_menu(text: str, number: int | None) -> None:
    assert hear_number(text) == number


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("63", 63),
        ("六十三", 63),
        ("一百零五", 105),
        ("十", 10),
        ("百", 100),
        ("五", 5),
        ("五六", None),
        ("岁", None),
        ("", None),
        ("1234", None),
    ],
)
def test_a_whole_number(text: str, value: int | None) -> None:
    assert hear_integer(text) == value


@pytest.mark.parametrize(
    ("text", "digits"),
    [
        ("幺三八零", "1380"),
        ("１３８", "138"),
        ("三七〇八", "3708"),
        ("六十三", ""),
        ("六十3", "3"),
        ("啥", ""),
    ],
)
def test_digits_read_out(text: str, digits: str) -> None:
    assert digits_in(text) == digits


LABELS = ["农村户口，住村里", "城镇户口，住街道社区", "城镇户口，但常年住村里"]


@pytest.mark.parametrize(
    ("text", "index"),
    [
        ("1", 0),
        ("第三个", 2),
        ("农村", 0),
        ("农村户口", 0),
        ("住街道", 1),
        ("城镇户口", None),
        ("4", None),
        ("0", None),
        ("村", None),
        ("不知道", None),
    ],
)
def test_one_of_several(text: str, index: int | None) -> None:
    assert hear_choice(text, LABELS) == index


GROUPS = ["脱贫享受政策户", "低保、低收入", "有残疾证", "都没有"]


@pytest.mark.parametrize(
    ("text", "chosen"),
    [
        ("1 3", (0, 2)),
        ("1、3", (0, 2)),
        ("13", (0, 2)),
        ("3,1,3", (0, 2)),
        ("1和3", (0, 2)),
        ("残疾证", (2,)),
        ("都没有", (3,)),
        ("1 5", None),
        ("5", None),
        ("啥意思", None),
        ("", None),
        ("低收入家庭", (1,)),
        ("俺家是低保户", (1,)),
        ("残疾证、低收入家庭", (1, 2)),
        ("俺不是低保户", None),
        ("没有低保", None),
    ],
)
def test_any_of_several(text: str, chosen: tuple[int, ...] | None) -> None:
    assert hear_choices(text, GROUPS) == chosen


# --- when somebody was born -------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "1970年5月2日",
        "1970年5月2号",
        "1970-05-02",
        "1970.5.2",
        "1970/5/2",
        "19700502",
        "70年5月2日",
        "70.5.2",
        "一九七〇年五月二日",
        "俺是1970年5月2号生的",
        "七〇年五月二号",
        "１９７０年５月２日",
        "1970 年 5 月 2 日",
        "出生日期：1970-5-2",
    ],
)
def test_a_birth_date(text: str) -> None:
    heard = hear_birth(text, TODAY)
    assert (heard.kind, heard.born_on) == ("date", date(1970, 5, 2))


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("农历1970年三月二十七", "lunar"),
        ("阴历五月初二", "lunar"),
        ("腊月二十三生的", "lunar"),
        ("1970年闰五月", "lunar"),
        ("属狗的", "zodiac"),
        ("俺属马", "zodiac"),
        ("虚岁53", "nominal_age"),
        ("52岁", "age"),
        ("五十二了", "age"),
        ("52周岁", "age"),
        ("1970年", "incomplete"),
        ("70年5月", "incomplete"),
        ("1970年2月30日", "impossible"),
        ("1901年5月2日", "impossible"),
        ("2030年5月2日", "future"),
        ("不知道", "unclear"),
        ("", "unclear"),
    ],
)
def test_what_is_no_birth_date_is_told_apart(text: str, kind: str) -> None:
    heard = hear_birth(text, TODAY)
    assert (heard.kind, heard.born_on) == (kind, None)


@given(st.dates(date(1930, 1, 1), TODAY))
def test_every_date_is_heard_as_it_is_written(day: date) -> None:
    for text in (f"{day.year}年{day.month}月{day.day}日", day.isoformat(), f"{day:%Y%m%d}"):
        assert hear_birth(text, TODAY).born_on == day


# --- names, phones, relatives -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("王桂兰", "王桂兰"),
        ("俺叫王桂兰", "王桂兰"),
        ("我的名字叫王桂兰", "王桂兰"),
        ("姓名：王桂兰", "王桂兰"),
        ("王桂兰，桂花的桂", "王桂兰"),
        ("张庆山 弓长张", "张庆山"),
        ("王 桂 兰", "王桂兰"),
        ("欧阳小满", "欧阳小满"),
        ("买买提·吐尔逊", "买买提·吐尔逊"),
        ("李四", "李四"),
        ("您好，俺叫李四", "李四"),
        ("王桂兰嘞", "王桂兰"),
        ("王", None),
        ("不知道", None),
        ("菜单", None),
        ("Wang Guilan", None),
        ("123", None),
        ("俺是村里的老百姓想问问", None),
        ("", None),
    ],
)
def test_a_name(text: str, name: str | None) -> None:
    assert hear_name(text) == name


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("王桂兰", "王*兰"),
        ("王兰", "王*"),
        ("欧阳小满", "欧阳*满"),
        ("欧阳满", "欧阳*"),
        ("欧阳", "欧*"),
        ("买买提·吐尔逊", "买*****逊"),
    ],
)
def test_a_masked_name(name: str, shown: str) -> None:
    assert mask_name(name) == shown


@given(st.text(alphabet="王李欧阳司马桂兰小满·", min_size=2, max_size=8))
def test_a_masked_name_hides_at_least_one_character(name: str) -> None:
    shown = mask_name(name)
    assert "*" in shown
    assert shown != name


@pytest.mark.parametrize(
    ("text", "mobile", "problem"),
    [
        ("13800000001", "13800000001", None),
        ("138 0000 0001", "13800000001", None),
        ("138-0000-0001", "13800000001", None),
        ("+8613800000001", "13800000001", None),
        ("008613800000001", "13800000001", None),
        ("幺三八零零零零零零零一", "13800000001", None),
        ("俺的手机是13800000001", "13800000001", None),
        ("１３８０００００００１", "13800000001", None),
        ("0537-3412345", None, "landline"),
        ("3412345", None, "landline"),
        ("1380000000", None, "short"),
        ("138000000012", None, "long"),
        ("23800000001", None, "other"),
        ("没有", None, "none"),
        ("", None, "none"),
    ],
)
def test_a_phone(text: str, mobile: str | None, problem: str | None) -> None:
    heard = hear_phone(text)
    assert (heard.mobile, heard.problem) == (mobile, problem)


@pytest.mark.parametrize(
    ("text", "kin"),
    [
        ("给俺娘报名", "parent"),
        ("俺爹六十三了", "parent"),
        ("替俺家属问", "spouse"),
        ("给俺婆婆问问", "in_law"),
        ("俺邻居想报", "other"),
        ("俺想报名", None),
        ("用俺儿的手机发的", None),
    ],
)
def test_for_whom_somebody_speaks(text: str, kin: str | None) -> None:
    assert hear_relative(text) == kin


@pytest.mark.parametrize(
    ("text", "service"),
    [
        ("报名", "apply"),
        ("进度。", "progress"),
        ("我的信息", "privacy"),
        ("恢复", "resubscribe"),
        ("报名要啥材料", None),
        ("进度咋样了", None),
        ("", None),
    ],
)
def test_a_service_word_alone(text: str, service: str | None) -> None:
    assert hear_service(text) == service


@pytest.mark.parametrize("text", ["俺要报名", "给俺娘报个名", "想申请个岗", "报名"])
def test_a_wish_to_apply(text: str) -> None:
    assert wants_to_apply(text)


@pytest.mark.parametrize("text", ["想问问报名要啥", "俺能报名不", "给俺娘报名行不"])
def test_a_question_about_applying_is_no_wish(text: str) -> None:
    assert not wants_to_apply(text)


# --- what must not stay readable --------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("我叫李四，身份证370899197005020025", "我叫李四,身份证[证件号]"),
        ("37089919700502002X", "[证件号]"),
        ("370899 19700502 0025", "[证件号]"),
        ("３７０８９９１９７００５０２００２５", "[证件号]"),
        ("电话13800000001。", "电话[手机号]。"),
        ("+86 138 0000 0001", "[手机号]"),
        ("6222020200001234567", "[卡号]"),
        ("370899700502002", "[证件号]"),
        ("2022年4月6日 1份", "2022年4月6日 1份"),
    ],
)
def test_private_numbers_are_masked(text: str, masked: str) -> None:
    assert mask_private(text) == masked


@given(
    st.from_regex(r"370899(19|20)[0-9]{9}[0-9X]", fullmatch=True), st.sampled_from(["", " ", "-"])
)
def test_no_id_number_survives_masking(number: str, gap: str) -> None:
    written = gap.join([number[:6], number[6:14], number[14:]])
    assert number[8:14] not in mask_private(f"俺的是{written}，收到没").replace(" ", "")


# --- text as it comes -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("　您好　", "您好"),
        ("[语音] 您好", "您好"),
        ("您\u200b好\x00", "您好"),
        ("ＡＢ１２", "AB12"),
        ("您好😀", "您好😀"),
        ("两\n行", "两\n行"),
    ],
)
def test_tidy(text: str, plain: str) -> None:
    assert tidy(text) == plain


HEARERS = [
    tidy, digits_in, hear_integer, hear_number, hear_yes_no, hear_command, hear_name, hear_phone,
    hear_relative, hear_service, wants_to_apply, mask_private, hear_later,
    lambda text: hear_birth(text, TODAY),
    lambda text: hear_choice(text, LABELS),
    lambda text: hear_choices(text, GROUPS),
]  # fmt: skip


@pytest.mark.parametrize("hear", HEARERS)
@given(
    text=st.text(max_size=40) | st.text(alphabet="零一二十百年月日岁0123-./ 、第选个", max_size=20)
)
def test_nothing_that_a_person_sends_breaks_a_hearer(hear, text: str) -> None:  # type: ignore[no-untyped-def]  # sixteen different functions
    hear(text)
