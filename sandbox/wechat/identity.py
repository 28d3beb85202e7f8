"""Who follows the account: follower records and tags."""

from typing import Any

from flask import Blueprint, request

from sandbox.people import Follower
from sandbox.wechat.answers import UNKNOWN_OPENID, Desk, RefusedError, agree, body

MOST_TAGS = 100
TAG_NAME_TAKEN, TAG_NAME_LONG, TOO_MANY_TAGS, UNKNOWN_TAG = 45157, 45158, 45056, 45159


def add_endpoints(door: Blueprint, desk: Desk) -> None:
    """user info and list, tags."""
    _add_users(door, desk)
    _add_tags(door, desk)


def _follower(desk: Desk, openid: object) -> Follower:
    found = desk.world.directory.known(openid)
    if found is None:
        raise RefusedError(UNKNOWN_OPENID)
    return found


def _add_users(door: Blueprint, desk: Desk) -> None:
    @door.get("/cgi-bin/user/info")
    def user_info() -> dict[str, Any]:
        one = _follower(desk, request.args.get("openid"))
        if not one.following:
            return {"subscribe": 0, "openid": one.openid}
        followed = int(one.followed_at.timestamp()) if one.followed_at else 0
        return {
            "subscribe": 1,
            "openid": one.openid,
            # Names and pictures are empty since December 2021.
            "nickname": "",
            "headimgurl": "",
            "language": "zh_CN",
            "subscribe_time": followed,
            "subscribe_scene": "ADD_SCENE_QR_CODE" if one.scene else "ADD_SCENE_SEARCH",
            "qr_scene_str": one.scene,
            "tagid_list": sorted(one.tags),
        }

    @door.get("/cgi-bin/user/get")
    def user_list() -> dict[str, Any]:
        ids = [one.openid for one in desk.world.directory.following()]
        return {
            "total": len(ids),
            "count": len(ids),
            "data": {"openid": ids},
            "next_openid": ids[-1] if ids else "",
        }


def _add_tags(door: Blueprint, desk: Desk) -> None:
    tags: dict[int, str] = {}

    @door.post("/cgi-bin/tags/create")
    def create_tag() -> dict[str, Any]:
        name = str(body().get("tag", {}).get("name", ""))
        if not 0 < len(name.encode()) <= 30:
            raise RefusedError(TAG_NAME_LONG, "tag name too long")
        if name in tags.values():
            raise RefusedError(TAG_NAME_TAKEN, "tag name taken")
        if len(tags) >= MOST_TAGS:
            raise RefusedError(TOO_MANY_TAGS, "too many tags")
        number = max(tags, default=99) + 1
        tags[number] = name
        return {"tag": {"id": number, "name": name}}

    @door.post("/cgi-bin/tags/delete")
    def delete_tag() -> dict[str, Any]:
        number = int(body().get("tag", {}).get("id", 0))
        if tags.pop(number, None) is None:
            raise RefusedError(UNKNOWN_TAG, "invalid tag")
        for one in desk.world.directory.following(tag=number):
            one.tags.discard(number)
        return agree()

    @door.get("/cgi-bin/tags/get")
    def list_tags() -> dict[str, Any]:
        counts = {one: len(desk.world.directory.following(tag=one)) for one in tags}
        return {"tags": [{"id": n, "name": tags[n], "count": counts[n]} for n in tags]}

    _add_tag_members(door, desk, tags)


def _add_tag_members(door: Blueprint, desk: Desk, tags: dict[int, str]) -> None:
    @door.post("/cgi-bin/tags/members/<act>")
    def tag_members(act: str) -> dict[str, Any]:
        asked = body()
        number = int(asked.get("tagid", 0))
        if number not in tags or act not in ("batchtagging", "batchuntagging"):
            raise RefusedError(UNKNOWN_TAG, "invalid tag")
        for openid in asked.get("openid_list", []):
            own = _follower(desk, openid).tags
            (own.add if act == "batchtagging" else own.discard)(number)
        return agree()

    @door.post("/cgi-bin/user/tag/get")
    def tag_users() -> dict[str, Any]:
        found = desk.world.directory.following(tag=int(body().get("tagid", 0)))
        return {"count": len(found), "data": {"openid": [one.openid for one in found]}}
