"""Temporary media: what people sent can be fetched, what the service uploads can be sent."""

from typing import Any

from flask import Blueprint, Response, request

from sandbox.wechat.answers import Desk, RefusedError, body

BAD_MEDIA_ID = 40007
BAD_TYPE = 40004
NO_FILE = 41005
TYPES = frozenset({"image", "voice", "video", "thumb"})


def add_endpoints(door: Blueprint, desk: Desk) -> None:
    """media get, upload, uploadimg, uploadnews."""
    world = desk.world

    @door.get("/cgi-bin/media/get")
    def get_media() -> Response:
        medium = world.media.get(request.args.get("media_id", ""), world.clock.now())
        if medium is None:
            raise RefusedError(BAD_MEDIA_ID)
        ending = medium.mime.rpartition("/")[2]
        return Response(
            medium.content,
            content_type=medium.mime,
            headers={"Content-Disposition": f'attachment; filename="{medium.media_id}.{ending}"'},
        )

    @door.post("/cgi-bin/media/upload")
    def upload_media() -> dict[str, Any]:
        sort = request.args.get("type", "")
        if sort not in TYPES:
            raise RefusedError(BAD_TYPE, "invalid media type")
        medium_id = _keep_upload(desk)
        created = int(world.clock.now().timestamp())
        return {"type": sort, "media_id": medium_id, "created_at": created}

    @door.post("/cgi-bin/media/uploadimg")
    def upload_image() -> dict[str, Any]:
        return {"url": f"{world.config.own_url}/phone/pictures/{_keep_upload(desk)}"}

    @door.post("/cgi-bin/media/uploadnews")
    def upload_news() -> dict[str, Any]:
        articles = body().get("articles")
        if not isinstance(articles, list) or not articles:
            raise RefusedError(BAD_TYPE, "articles are missing")
        titles = "\n".join(str(one.get("title", "")) for one in articles)
        now = world.clock.now()
        medium = world.media.put(titles.encode(), mime="text/plain", name="news", at=now)
        return {"type": "news", "media_id": medium.media_id, "created_at": int(now.timestamp())}


def _keep_upload(desk: Desk) -> str:
    upload = request.files.get("media")
    content = upload.read() if upload else b""
    if not upload or not content:
        raise RefusedError(NO_FILE, "media data missing")
    now = desk.world.clock.now()
    mime = upload.mimetype or "application/octet-stream"
    return desk.world.media.put(content, mime=mime, name=upload.filename or "", at=now).media_id
