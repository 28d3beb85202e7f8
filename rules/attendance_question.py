"""The desk's question about a day: the facts of the truth table, each as `rules.attendance.FACTS`
names it; what is left out holds its first value.

    {"ask": "day", "own": "in", "head": "confirmed", "phase": "evening"}
"""

from __future__ import annotations

from datetime import date
from typing import Any

from rules import attendance
from rules.messages import Language
from rules.question_keys import Keys


def answer(keys: Keys, _today: date, _language: Language) -> dict[str, Any]:
    """How the day stands, and the row that decided."""
    given = {
        name: keys.choice_or_none(name, allowed) or allowed[0]
        for name, allowed in attendance.FACTS.items()
    }
    keys.finish()
    verdict = attendance.derive(attendance.Facts(**given))
    return {"state": verdict.state, "counted": verdict.counted, "row": verdict.row}
