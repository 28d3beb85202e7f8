"""The pages of docs/ that are written from the code: `python -m tests.house.pages`.

A test holds them equal, so that no setting and no assumption goes undocumented.
"""

from __future__ import annotations

import json
import typing
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from pydantic.fields import FieldInfo

from rules.parameters import InForce, all_parameters
from settings import REQUIRED_OUTSIDE_SANDBOX, SANDBOX_DEFAULTS, Settings
from tests.house.tree import ROOT

HEAD = "<!-- Written by `make docs` from the code: do not edit. -->\n\n"


def settings_page() -> str:
    """Every GYG_ variable with its type, default and meaning."""
    rows = [_setting(name, field) for name, field in Settings.model_fields.items()]
    return (
        HEAD
        + "# Settings\n\n"
        + "All settings are environment variables, read once when a process starts. What is "
        + "missing or malformed is named in one sentence, and the process does not start.\n\n"
        + "**Needed** says whether the service starts without it outside sandbox mode. In sandbox "
        + "mode (`GYG_SANDBOX=1`) a missing variable gets the value in the last column: known to "
        + "everybody, so worth nothing elsewhere.\n\n"
        + "| Variable | Values | Needed | Default | What it does | In the sandbox |\n"
        + "|---|---|---|---|---|---|\n"
        + "\n".join(rows)
        + "\n"
    )


def _setting(name: str, field: FieldInfo) -> str:
    sandbox = f"`{SANDBOX_DEFAULTS[name]}`" if name in SANDBOX_DEFAULTS else ""
    return _row(
        f"`GYG_{name.upper()}`", _values(field), _needed(name), _default(field), field.description,
        sandbox,
    )  # fmt: skip


def _needed(name: str) -> str:
    if name in REQUIRED_OUTSIDE_SANDBOX:
        return "yes"
    if name == "wechat_aes_key":
        return "unless mode is plain"
    if name == "sms_callback_secret":
        return "with an SMS provider"
    if name == "wechat_mini_app_secret":
        return "with a mini-program"
    if name == "wechat_mini_aes_key":
        return "with its token, unless mode is plain"
    return ""


def _values(field: FieldInfo) -> str:
    choices = typing.get_args(field.annotation)
    if choices and all(isinstance(choice, str) for choice in choices):
        return " · ".join(f"`{choice}`" for choice in choices)
    named = str(field.annotation)
    kinds = {"bool": "yes or no", "int": "number", "Secret": "secret", "dict": "JSON object"}
    return next((shown for kind, shown in kinds.items() if kind in named), "text")


def _default(field: FieldInfo) -> str:
    if field.default_factory is not None:
        return "`{}`"
    return "" if field.default is None else f"`{json.dumps(field.default).strip(chr(34))}`"


def parameters_page() -> str:
    """Every number that the plan does not fix, or fixes, with its source and certainty."""
    return (
        HEAD
        + "# Parameters of the rules\n\n"
        + "Each line is a value in `rules/parameters/`, from its day on. **assumed** "
        + "and **memory** mean that the plan and the papers at hand are silent: the district "
        + "should confirm these. Staff see them marked as assumptions.\n\n"
        + "| Parameter | From | Value | Unit | Certainty | Source | What it is |\n"
        + "|---|---|---|---|---|---|---|\n"
        + "\n".join(_parameters())
        + "\n"
    )


def _parameters() -> Iterator[str]:
    for parameter in all_parameters():
        for value in parameter.values:
            yield _row(
                f"`{parameter.name}`",
                value.since.isoformat(),
                _shown(value),
                value.unit,
                value.status if value.is_certain else f"**{value.status}**",
                value.reference,
                parameter.description,
            )


def _shown(value: InForce) -> str:
    text = json.dumps(value.value, ensure_ascii=False, default=str)
    return f"`{text if len(text) < 90 else text[:87] + '…'}`"


def _row(*cells: Any) -> str:
    shown = (str(cell).replace("|", r"\|").replace("\n", " ") for cell in cells)
    return "| " + " | ".join(shown) + " |"


PAGES: dict[Path, Callable[[], str]] = {
    ROOT / "docs" / "settings.md": settings_page,
    ROOT / "docs" / "parameters.md": parameters_page,
}

if __name__ == "__main__":
    for path, write in PAGES.items():
        path.write_text(write(), "utf-8")
