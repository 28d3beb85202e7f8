"""The grammar of a conversation: a flow is a paper form, its position is derived.

Knows no table, no channel and no Chinese. `open_form`, `turn` and `step_back` are pure: state and
input in, state and things to say out. Effects happen elsewhere, once, when a form is finished.
"""

from dialog.engine import Turn, open_form, prompt, step_back, turn
from dialog.grammar import (
    Answers,
    Ask,
    Flow,
    Heard,
    Json,
    Option,
    Reader,
    Reading,
    Reopen,
    Say,
    State,
    Suggest,
    Value,
    Wrong,
)

__all__ = [
    "Answers",
    "Ask",
    "Flow",
    "Heard",
    "Json",
    "Option",
    "Reader",
    "Reading",
    "Reopen",
    "Say",
    "State",
    "Suggest",
    "Turn",
    "Value",
    "Wrong",
    "open_form",
    "prompt",
    "step_back",
    "turn",
]
