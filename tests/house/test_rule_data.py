"""Every number that decides something has its date, its source, and says how sure it is."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from rules.parameters.shelf import STATUSES
from tests.house.tree import ROOT

FILES = sorted((ROOT / "rules" / "parameters").glob("*/*.yaml"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}.{file.stem}")
def test_a_parameter_says_where_each_value_comes_from(file: Path) -> None:
    document = yaml.safe_load(file.read_text("utf-8"))
    assert document["description"]
    assert document["unit"]
    assert list(document["values"]) == sorted(document["values"])
    for value in document["values"].values():
        assert value["status"] in STATUSES
        assert len(value["reference"]) > 2
