"""Excel files as clerks make them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from io import BytesIO
from typing import Any

import xlsxwriter


def workbook(rows: Sequence[Sequence[Any]], *, merged: str = "") -> BytesIO:
    """A workbook of one sheet: texts as texts, numbers as numbers, dates as dates."""
    out = BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_numbers": False}) as book:
        sheet = book.add_worksheet("名单")
        days = book.add_format({"num_format": "yyyy-mm-dd"})
        for at, row in enumerate(rows):
            for place, value in enumerate(row):
                if isinstance(value, date):
                    sheet.write_datetime(at, place, value, days)
                else:
                    sheet.write(at, place, value)
        if merged:
            sheet.merge_range(merged, "合并")
    out.seek(0)
    return out
