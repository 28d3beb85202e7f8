"""Names of people as they are typed: 俺叫王桂兰 · 王桂兰，桂花的桂 · 张庆山 弓长张."""

from __future__ import annotations

import re

from wording.hearing.numbers import tidy
from wording.hearing.words import words

_LEAD = re.compile(
    r"^(?:您好|你好)?[,，。\s]*(?:我|俺|他|她|俺娘|俺爹|俺妈|俺爸|姓名|名字)*\s*(?:的名字)?(?:名字)?(?:叫|是|姓名)?[:：\s]*"
)
_NAME = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]{1,15}(?:·[\u3400-\u4dbf\u4e00-\u9fff]{1,15})*")
_SPACED = re.compile(r"[\u4e00-\u9fff](?:\s+[\u4e00-\u9fff]{1,2}|(?:\s+[\u4e00-\u9fff]){2,3})")
_NOT_NAMES = words("not_names")
COMPOUND = words("compound_surnames")


def hear_name(text: str) -> str | None:
    """A Chinese personal name of 2-4 characters (longer with ·), explanations cut off; else None."""
    plain = tidy(text).replace("•", "·").replace("・", "·")
    if _SPACED.fullmatch(plain):
        plain = "".join(plain.split())
    first = re.split(r"[,，。;；:：\s(（]", _LEAD.sub("", plain, count=1).strip())[0]
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
