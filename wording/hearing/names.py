"""Names of people as they are typed: 俺叫王桂兰 · 王桂兰，桂花的桂 · 张庆山 弓长张."""

from __future__ import annotations

import re

from wording.hearing.numbers import tidy

_LEAD = re.compile(
    r"^(?:您好|你好)?[,，。\s]*(?:我|俺|他|她|俺娘|俺爹|俺妈|俺爸|姓名|名字)*\s*(?:的名字)?(?:名字)?(?:叫|是|姓名)?[:：\s]*"
)
_NAME = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]{1,15}(?:·[\u3400-\u4dbf\u4e00-\u9fff]{1,15})*")
_NOT_NAMES = frozenset(
    [
        "不知道",
        "知不道",
        "没有",
        "不想说",
        "你好",
        "您好",
        "干啥",
        "为啥",
        "什么",
        "名字",
        "姓名",
        "人工",
        "菜单",
        "返回",
        "取消",
        "报名",
        "申请",
        "打卡",
        "请假",
        "工资",
        "补贴",
        "谢谢",
        "好的",
        "可以",
        "不是",
        "图片",
        "语音",
        "身份证",
        "我不",
        "我是谁",
        "干嘛",
        "啥",
        "咋弄",
        "咋办",
    ]
)
COMPOUND = frozenset(
    [
        "欧阳",
        "司马",
        "上官",
        "诸葛",
        "东方",
        "皇甫",
        "尉迟",
        "公孙",
        "令狐",
        "慕容",
        "司徒",
        "夏侯",
        "端木",
        "闻人",
        "南宫",
        "长孙",
        "宇文",
        "鲜于",
        "司空",
        "澹台",
    ]
)


def hear_name(text: str) -> str | None:
    """A Chinese personal name of 2-4 characters (longer with ·), explanations cut off; else None."""
    plain = tidy(text).replace("•", "·").replace("・", "·")
    first = re.split(r"[,，。;；:：\s(（]", _LEAD.sub("", plain, count=1).strip())[0]
    if len(first) < 2 and re.fullmatch(r"[\u4e00-\u9fff](?:\s+[\u4e00-\u9fff]){1,3}", plain):
        first = re.sub(r"\s+", "", plain)
    first = re.sub(r"(?:嘞|呀|啊|哈)$", "", first)
    if first in _NOT_NAMES or not _NAME.fullmatch(first):
        return None
    longest = 30 if "·" in first else 4
    return first if 2 <= len(first) <= longest else None


def mask_name(name: str) -> str:
    """The name as the web may show it: 王*兰, 王*, 欧阳*, 欧阳*华 (requirements 2.6)."""
    family = 2 if name[:2] in COMPOUND and len(name) > 2 else 1
    given = name[family:]
    if len(given) <= 1:
        return name[:family] + "*"
    return name[:family] + "*" * (len(given) - 1) + given[-1]
