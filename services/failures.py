"""Why a message did not get through, as one of a few sorts that staff can do something about.

What the providers said stays in `Delivery.error`, word for word; `failures.yaml` sorts it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import yaml

OTHER = "other"
_SAID = re.compile(r"(?:([a-z_]+): )?(\S+)")
"""`permanent: isv.MOBILE_NUMBER_ILLEGAL`, `recipient: 43101 user refuse … rid: …`, `MK:0001`."""


def sort_of(error: str | None) -> str:
    """The end of a key `outbox.because_…`; `other` for what is on no list."""
    found = _SAID.match(error or "")
    if found is None:
        return OTHER
    codes, words = _table()
    word, code = found[1], found[2]
    return codes.get(code) or words.get(word or "") or OTHER


@cache
def _table() -> tuple[Mapping[str, str], Mapping[str, str]]:
    raw = yaml.safe_load(Path(__file__).with_suffix(".yaml").read_text(encoding="utf-8"))
    codes: dict[str, str] = {}
    for sort, some in raw["codes"].items():
        for code in some:
            if code in codes:
                raise ValueError(f"failures.yaml: {code} stands under two sorts")
            codes[code] = sort
    return codes, dict(raw["words"])
