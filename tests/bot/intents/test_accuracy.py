"""How often the label is right.

Every `blindN.tsv` was written, and kept, before anything was measured on it; the first measure is
the honest number, for afterwards the classes of its errors are taught. Right at first, 2026-11-24,
by the model as it then was, and by the one that the day began with:

    blind2  503 phrases   93.0 %   (93.0 %)
    blind3  294           91.5     (89.5)
    blind4  300           92.3     (89.3)
    blind5  294           90.1     (89.1)
    blind6  188           92.0     (87.2)
    blind7  113           92.9     (91.2), by the shipped model
    blind8  400           96.8

2,762 phrases of three other hands, written without sight of any of this, were added to the corpus
after that (85 to 87 in 100 of them were right before): blind7 then 93.8, blind8 98.2.

The sets up to blind7 were written by whoever taught the model, and are harder than the sample that
the labels come from; blind8 by somebody who had seen neither model nor corpus, in the sample's own
distribution. What goes wrong is mostly what sits between two labels (a complaint or an objection,
a list that was asked for or a case), and no wrong label sets off an act (see `test_acts.py`).

`heldout.tsv`, `blind5.tsv` and `blind6.tsv` are not trained on, but their classes of error were
taught. `utterances.tsv` and the earlier blind sets are trained on, three times each. With
`utterances.tsv` and all that is word for word one of its phrases left out, 99.6 % of it are right:
that says little, for the corpus was shaped after it. From `blind7.tsv` and `blind8.tsv` nothing
was taught yet.
"""

from functools import lru_cache
from pathlib import Path

import pytest

from bot.intents import understand
from bot.intents.corpus import labelled_phrases
from bot.intents.train import PER_PATTERN

HERE = Path(__file__).parent
FLOOR = 0.95
FRESH_FLOOR = 0.90  # of phrases from which nothing was taught


def read_labelled(name: str) -> list[tuple[str, str]]:
    rows = (line.split("\t") for line in (HERE / name).read_text("utf-8").splitlines())
    return [(label, phrase) for label, phrase in rows]


@lru_cache(maxsize=1)
def trained_phrases() -> frozenset[str]:
    return frozenset(phrase for _, phrase in labelled_phrases(PER_PATTERN))


def assert_mostly_right(rows: list[tuple[str, str]], *, floor: float = FLOOR) -> None:
    wrong = [
        f"{label} -> {found}: {phrase}"
        for label, phrase in rows
        if (found := understand(phrase).intent) != label
    ]
    assert 1 - len(wrong) / len(rows) >= floor, "\n".join(wrong)


@pytest.mark.parametrize("name", ["utterances.tsv", "blind2.tsv", "blind3.tsv", "blind4.tsv"])
def test_labels_hold_for_phrases_that_were_trained_on(name: str) -> None:
    assert_mostly_right(read_labelled(name))


@pytest.mark.parametrize("name", ["heldout.tsv", "blind5.tsv", "blind6.tsv"])
def test_labels_hold_for_phrases_that_were_not(name: str) -> None:
    assert_mostly_right(read_labelled(name))


def test_labels_hold_for_phrases_from_which_nothing_was_taught() -> None:
    assert_mostly_right(read_labelled("blind7.tsv"), floor=FRESH_FLOOR)
    assert_mostly_right(read_labelled("blind8.tsv"))


@pytest.mark.parametrize("name", ["heldout.tsv", "blind5.tsv", "blind6.tsv"])
def test_labels_hold_for_phrases_that_the_corpus_never_spells_out(name: str) -> None:
    rows = [row for row in read_labelled(name) if row[1] not in trained_phrases()]
    assert len(rows) >= 100
    assert_mostly_right(rows)


def test_the_corpus_knows_every_label_of_the_sample() -> None:
    labels = {label for label, _ in labelled_phrases(1)}
    assert labels == {label for label, _ in read_labelled("utterances.tsv")}
