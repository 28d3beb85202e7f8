"""Excel files that go out."""

from __future__ import annotations

from werkzeug.wrappers import Response

from services import sheets_out


def xlsx(content: bytes, file_name: str) -> Response:
    """An Excel file to keep."""
    answer = Response(content, mimetype=sheets_out.CONTENT_TYPE)
    answer.headers["Content-Disposition"] = f'attachment; filename="{file_name}"'
    return answer
