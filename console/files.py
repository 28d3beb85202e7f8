"""Files that come in with a form, and files that go out."""

from __future__ import annotations

from flask import request
from werkzeug.wrappers import Response

from models import Attachment
from services import attachments, documents
from services.attachments import Upload


def upload(name: str) -> Upload | None:
    """The file in a form's field; None where none was chosen."""
    file = request.files.get(name)
    if file is None or not file.filename:
        return None
    return Upload(file.filename, file.read())


def docx(content: bytes, file_name: str) -> Response:
    """A Word file to keep or print."""
    answer = Response(content, mimetype=documents.CONTENT_TYPE)
    answer.headers["Content-Disposition"] = f'attachment; filename="{file_name}"'
    return answer


def shown(attachment: Attachment) -> Response:
    """A photo, opened for this look only: kept in no cache, run by no script."""
    return picture(attachments.content_of(attachment), attachment.content_type)


def picture(content: bytes, content_type: str) -> Response:
    """The same for a picture in hand."""
    answer = Response(content, mimetype=content_type)
    answer.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    answer.headers["Content-Disposition"] = "inline"
    return answer
