"""The plan's numbers and the law's, each with the date from which it holds and its source.

One file per parameter, ``<topic>/<name>.yaml``, known as ``topic.name``::

    description: …
    unit: years
    values:
      2022-01-01: {value: 45, reference: …, status: found}

``status`` tells how far a value may be trusted: ``found`` (in the plan or a public source),
``verified`` (checked by the district), ``memory`` (believed, not confirmed), ``assumed`` (nobody
has ruled; our proposal). Staff are shown every value that is not found or verified.
"""

from rules.parameters.shelf import (
    STATUSES,
    InForce,
    Parameter,
    all_parameters,
    assumptions,
    dates_of_change,
    in_force,
    in_force_or_first,
    load_folder,
)

__all__ = [
    "STATUSES",
    "InForce",
    "Parameter",
    "all_parameters",
    "assumptions",
    "dates_of_change",
    "in_force",
    "in_force_or_first",
    "load_folder",
]
