"""A linear model over `features_of`: one row of small weights a feature, one column a label.

``weights.json`` holds ``labels``, ``scale`` and ``rows``: feature -> one printable character a
label, whose code minus `ZERO` times `scale` is the weight. That keeps the file small and lets
`zip` add up whole rows of bytes.
"""

import json
import math
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

from bot.intents.features import features_of

ZERO = 79  # the character code of weight nought
LEAST, MOST = 33, 125  # printable ASCII


@dataclass(frozen=True)
class Model:
    """Weights as loaded; `rows` are bytes of one length, one byte a label."""

    labels: tuple[str, ...]
    scale: float
    rows: dict[str, bytes]

    def score(self, plain: str) -> list[tuple[str, float]]:
        """Every label with its probability, likeliest first."""
        rows = [row for name in features_of(plain) if (row := self.rows.get(name))]
        sums = [sum(column) for column in zip(*rows, strict=True)] or [0] * len(self.labels)
        highest = max(sums)
        grown = [math.exp((value - highest) * self.scale) for value in sums]
        total = sum(grown)
        shares = [(label, value / total) for label, value in zip(self.labels, grown, strict=True)]
        return sorted(shares, key=lambda share: -share[1])


@lru_cache(maxsize=1)
def model() -> Model:
    """The shipped model, read on first use."""
    content = json.loads(files(__package__).joinpath("weights.json").read_text(encoding="utf-8"))
    rows = {name: row.encode("ascii") for name, row in content["rows"].items()}
    return Model(labels=tuple(content["labels"]), scale=content["scale"], rows=rows)
