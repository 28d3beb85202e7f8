"""How often the label is right, on phrases that the model has not been trained on."""

from pathlib import Path

import pytest

from bot.intents import understand

HERE = Path(__file__).parent


def read_labelled(name: str) -> list[tuple[str, str]]:
    rows = (line.split("\t") for line in (HERE / name).read_text("utf-8").splitlines())
    return [(label, phrase) for label, phrase in rows]


@pytest.mark.parametrize(("name", "floor"), [("utterances.tsv", 0.95), ("heldout.tsv", 0.95)])
def test_labels_hold_for_phrases_never_trained_on(name: str, floor: float) -> None:
    rows = read_labelled(name)
    wrong = [
        f"{label} -> {found}: {phrase}"
        for label, phrase in rows
        if (found := understand(phrase).intent) != label
    ]
    assert 1 - len(wrong) / len(rows) >= floor, "\n".join(wrong)
