"""Train the model on our own corpus and, for the shipped one, on labelled files as well.

    python -m bot.intents.train [--also LABELLED.tsv ...] [--out weights.json]

The shipped weights come from this, in the root of the repository (phrases that were written to
measure, and have been measured on):

    T=tests/bot/intents; python -m bot.intents.train --also $T/utterances.tsv \\
        --also $T/blind2.tsv --also $T/blind3.tsv --also $T/blind4.tsv

The same input gives the same file, byte for byte. Multinomial logistic regression with AdaGrad,
in plain Python: about a minute. Each time an example is learned, a part of its features is hidden,
so that no single turn of words carries a label alone: phrases that nobody wrote down gain by it.
"""

import argparse
import json
import math
import random
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from importlib.resources import files
from pathlib import Path

from bot.intents.corpus import LIST_WEIGHT, labelled_phrases
from bot.intents.features import features_of
from bot.intents.model import LEAST, MOST, ZERO
from bot.intents.reading import read

PER_PATTERN = 16
EPOCHS = 10
STEP = 0.05
SHRINK = 2e-6  # L2, applied to the rows an example touches
HIDDEN = 0.4  # share of an example's features that one lesson leaves out
MOST_ROWS = 80_000

Example = tuple[list[str], str]
Rows = dict[str, list[float]]


def examples_of(pairs: Iterable[tuple[str, str]]) -> list[Example]:
    """Features and label of each (label, phrase)."""
    return [(features_of(read(phrase).plain), label) for label, phrase in pairs]


def read_labelled(path: Path) -> list[tuple[str, str]]:
    """(label, phrase) rows of a tab-separated file."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return [
        (label, phrase) for label, _, phrase in (line.partition("\t") for line in lines) if phrase
    ]


def fit(examples: Sequence[Example], labels: Sequence[str], *, seed: int = 20220228) -> Rows:
    """Weights by feature; features seen once are left out."""
    counts = count_features(examples)
    width = len(labels)
    rows = {name: [0.0] * width for name, count in counts.items() if count > 1}
    squares = {name: [1e-2] * width for name in rows}
    column = {label: index for index, label in enumerate(labels)}
    known = [([n for n in names if n in rows], column[label]) for names, label in examples]
    order = list(range(len(known)))
    shuffler = random.Random(seed)  # noqa: S311 - reproducible, not secret
    for _ in range(EPOCHS):
        shuffler.shuffle(order)
        for index in order:
            names, wanted = known[index]
            shown = [name for name in names if shuffler.random() >= HIDDEN]
            _learn(shown, wanted, rows, squares)
    return rows


def count_features(examples: Iterable[Example]) -> Counter[str]:
    """How many examples hold each feature."""
    return Counter(name for names, _ in examples for name in names)


def _learn(names: list[str], wanted: int, rows: Rows, squares: Rows) -> None:
    if not names:
        return
    whole = 1 / (1 - HIDDEN)  # what is shown stands for all
    sums = [sum(column) * whole for column in zip(*(rows[name] for name in names), strict=True)]
    highest = max(sums)
    grown = [math.exp(value - highest) for value in sums]
    total = sum(grown)
    errors = [value / total for value in grown]
    errors[wanted] -= 1.0
    wrong = [(i, e, e * e) for i, e in enumerate(errors) if abs(e) > 1e-3]
    for name in names:
        row, square = rows[name], squares[name]
        for i, error, error_squared in wrong:
            square[i] += error_squared
            row[i] -= STEP * error / math.sqrt(square[i]) + SHRINK * row[i]


def pack(rows: Rows, labels: Sequence[str], counts: Mapping[str, int]) -> str:
    """The rows with most say, as the text of ``weights.json``: heavy ones, and those met often."""
    centred = {name: _centre(row) for name, row in rows.items()}
    say = {name: max(map(abs, row)) * math.sqrt(counts[name]) for name, row in centred.items()}
    kept = sorted(say, key=lambda name: (-say[name], name))[:MOST_ROWS]
    largest = max(max(map(abs, centred[name])) for name in kept)
    scale = largest / min(ZERO - LEAST, MOST - ZERO)
    written = {
        name: "".join(chr(ZERO + round(value / scale)) for value in centred[name])
        for name in sorted(kept)
    }
    content = {"labels": list(labels), "scale": round(scale, 9), "rows": written}
    return json.dumps(content, ensure_ascii=False, indent=0) + "\n"


def _centre(row: list[float]) -> list[float]:
    mean = sum(row) / len(row)
    return [value - mean for value in row]


def main() -> None:
    """Read the corpus, fit, write the weights."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--also", type=Path, action="append", default=[])
    parser.add_argument("--out", type=Path, default=Path(str(files(__package__))) / "weights.json")
    asked = parser.parse_args()
    pairs = list(labelled_phrases(PER_PATTERN))
    for path in asked.also:
        pairs += read_labelled(path) * LIST_WEIGHT
    labels = sorted({label for label, _ in pairs})
    examples = examples_of(pairs)
    packed = pack(fit(examples, labels), labels, count_features(examples))
    asked.out.write_text(packed, encoding="utf-8")


if __name__ == "__main__":
    main()
