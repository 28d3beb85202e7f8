"""Printed sheets: a Word template each, filled from plain values.

`render("review_sheet", …)` gives the finished file. Values are escaped: a name with `<` or `&` in
it stays a name. The templates are Word files that the district may restyle in Word; they were made
from `layouts/*.yaml` by `python -m services.documents.build`, which also says how to add one.
"""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import Any

import jinja2
from docxtpl import DocxTemplate

from services.documents.days import chinese_date

FOLDER = Path(__file__).parent
CONTENT_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


class NoSuchDocument(LookupError):
    """There is no template of that name."""


def render(name: str, context: Mapping[str, Any]) -> bytes:
    """The document of that name with these values in it, as a .docx file.

    Values are plain: texts, numbers, dates (`{{ day|date }}` writes 2022年4月6日), lists of dicts.
    A value that the template names and the context lacks is an error, never a blank on a form.
    """
    path = FOLDER / f"{name}.docx"
    if not path.exists():
        raise NoSuchDocument(name)
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined)
    environment.filters["date"] = chinese_date
    template = DocxTemplate(path)
    template.render(dict(context), environment, autoescape=True)
    finished = BytesIO()
    template.save(finished)
    return finished.getvalue()
