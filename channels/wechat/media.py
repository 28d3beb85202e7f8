"""Pictures and papers that residents send: fetched within limits, and known by their content."""

from __future__ import annotations

from dataclasses import dataclass

from channels.wechat.errors import Action, BadAnswer
from channels.wechat.line import Line, read_answer

MAX_MEDIA = 10 * 1024 * 1024
MAX_SECONDS = 60.0

HEIC_BRANDS = frozenset({b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1"})


@dataclass(frozen=True)
class Media:
    """What somebody sent. `content_type` is what the bytes are, whatever a header claimed."""

    content: bytes
    content_type: str


def fetch_media(line: Line, media_id: str) -> Media:
    """The picture or PDF behind a media id (kept by the platform for 3 days). Raises `WechatError`:
    `Refusal` 40007 when it is gone, `BadAnswer` with action `CONTENT` when it is larger than 10 MB
    or of a kind that is not taken.
    """
    return line.with_token(lambda token: _fetch(line, media_id, token))


def _fetch(line: Line, media_id: str, token: str) -> Media:
    content = line.download(
        "cgi-bin/media/get",
        params={"access_token": token, "media_id": media_id},
        limit=MAX_MEDIA,
        seconds=MAX_SECONDS,
    )
    if content_type := sniff(content):
        return Media(content, content_type)
    if content[:1] in (b"{", b"<", b""):
        # An errcode comes as JSON with HTTP 200; HTML is something between us and the platform.
        read_answer(content)
    raise BadAnswer(Action.CONTENT, "neither a picture nor a PDF")


def sniff(content: bytes) -> str | None:
    """The type that the first bytes tell: JPEG, PNG, GIF, WebP, HEIC or PDF; None for any other."""
    for magic, content_type in MAGIC.items():
        if content.startswith(magic):
            return content_type
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "image/webp"
    if content[4:8] == b"ftyp" and content[8:12] in HEIC_BRANDS:
        return "image/heic"
    return None


MAGIC = {
    b"\xff\xd8\xff": "image/jpeg",
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"GIF87a": "image/gif",
    b"GIF89a": "image/gif",
    b"%PDF-": "application/pdf",
}
