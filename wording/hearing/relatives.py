"""Whom somebody speaks for: 给俺娘报名 · 俺爹六十三了 · 替俺家属问."""

from __future__ import annotations

import re

_RELATIVES: tuple[tuple[str, str], ...] = (
    ("in_law", r"公公|婆婆|公婆|岳父|岳母|丈人|丈母娘|老丈人"),
    (
        "parent",
        r"俺娘|俺爹|俺妈|俺爸|俺大大|我妈|我爸|我娘|我爹|父亲|母亲|俺爸妈|老娘|老爹|爸妈|爹娘",
    ),
    ("spouse", r"媳妇|对象|老伴|老头子|家属|俺家里的|俺外头人|丈夫|老公|老婆|俺当家的|俺那口子"),
    (
        "other",
        r"家里人|俺哥|俺姐|俺弟|俺妹|俺叔|俺婶|俺大爷|俺大娘|俺姑|俺姨|俺舅|奶奶|爷爷|姥姥|姥爷|亲戚|邻居|别人|儿子|闺女|俺儿",
    ),
)
_HAND = re.compile(r"(?:俺|我)?(?:儿|闺女|儿子|孙子|孙女)?的?手机")


def hear_relative(text: str) -> str | None:
    """parent, spouse, in_law or other, when the text speaks for somebody else; else None."""
    plain = _HAND.sub("", text)
    return next((kin for kin, words in _RELATIVES if re.search(words, plain)), None)
