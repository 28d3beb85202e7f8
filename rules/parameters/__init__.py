"""The plan's numbers and the law's, each with the date from which it holds and its source.

One file per parameter, ``<topic>/<name>.yaml``, known as ``topic.name``::

    description: …
    unit: years
    values:
      2022-01-01: {value: 45, reference: …, status: found}

``status`` tells how far a value may be trusted: ``found`` (in the plan or a public source),
``verified`` (checked by the district), ``memory`` (believed, not confirmed), ``assumed`` (nobody
has ruled; our proposal). Staff are shown every value that is not found or verified.

A district may give a parameter its own value from a day on (``use_overrides``); it stands among the
others by its date.
"""

from rules.parameters.layers import Override, choices, layered, misfit
from rules.parameters.shelf import (
    STATUSES,
    all_parameters,
    assumptions,
    dates_of_change,
    edition,
    in_force,
    in_force_or_first,
    load_folder,
    printed,
    use_overrides,
)
from rules.parameters.values import InForce, Parameter

__all__ = [
    "STATUSES",
    "InForce",
    "Override",
    "Parameter",
    "all_parameters",
    "assumptions",
    "choices",
    "dates_of_change",
    "edition",
    "in_force",
    "in_force_or_first",
    "layered",
    "load_folder",
    "misfit",
    "printed",
    "use_overrides",
]
