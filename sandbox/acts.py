"""What a person does on the phone, as the XML fields that the platform pushes for it."""

from collections.abc import Callable, Mapping
from typing import Any

Said = Mapping[str, Any]


class ActError(ValueError):
    """An act that no phone can do; the text says why."""


# Named places stand in for the map. The coordinates lie in open fields of the district.
PLACES: dict[str, tuple[float, float]] = {
    "村委会": (35.5486, 116.7702),
    "村文化广场": (35.5493, 116.7718),
    "村东路口": (35.5480, 116.7764),
    "镇便民服务中心": (35.5601, 116.8125),
    "县城": (35.5526, 116.8280),
}


def text_of(said: Said, name: str) -> str:
    """The text under `name`; ActError when it is missing."""
    value = said.get(name)
    if value is None or value == "":
        raise ActError(f"{said.get('kind')} needs {name!r}")
    return str(value)


def _text(said: Said) -> dict[str, Any]:
    fields: dict[str, Any] = {"MsgType": "text", "Content": text_of(said, "text")}
    if said.get("bizmsgmenuid"):
        fields["bizmsgmenuid"] = str(said["bizmsgmenuid"])
    return fields


def _image(said: Said) -> dict[str, Any]:
    return {
        "MsgType": "image",
        "PicUrl": text_of(said, "picture_url"),
        "MediaId": text_of(said, "media_id"),
    }


def _voice(said: Said) -> dict[str, Any]:
    fields = {"MsgType": "voice", "MediaId": text_of(said, "media_id"), "Format": "amr"}
    # Absent, not empty, when the platform did not recognise anything.
    if said.get("recognition"):
        fields["Recognition"] = str(said["recognition"])
    return fields


def _video(said: Said) -> dict[str, Any]:
    media_id = text_of(said, "media_id")
    return {"MsgType": said["kind"], "MediaId": media_id, "ThumbMediaId": f"{media_id}-thumb"}


def _location(said: Said) -> dict[str, Any]:
    place = said.get("place")
    latitude, longitude = _point(said)
    return {
        "MsgType": "location",
        "Location_X": f"{latitude:.6f}",
        "Location_Y": f"{longitude:.6f}",
        "Scale": 16,
        "Label": str(said.get("label") or place or ""),
    }


def _point(said: Said) -> tuple[float, float]:
    place = said.get("place")
    if place is not None:
        if place not in PLACES:
            raise ActError(f"no place is called {place!r}; there are {'、'.join(PLACES)}")
        return PLACES[str(place)]
    try:
        return float(said["latitude"]), float(said["longitude"])
    except (KeyError, TypeError, ValueError) as error:
        raise ActError("a location needs a place, or latitude and longitude") from error


def _link(said: Said) -> dict[str, Any]:
    return {
        "MsgType": "link",
        "Title": text_of(said, "title"),
        "Description": str(said.get("description", "")),
        "Url": text_of(said, "url"),
    }


def _event(said: Said) -> dict[str, Any]:
    fields: dict[str, Any] = {"MsgType": "event", "Event": text_of(said, "event")}
    if said.get("key") is not None:
        fields["EventKey"] = str(said["key"])
    extra = said.get("fields", {})
    if not isinstance(extra, Mapping):
        raise ActError("the extra fields of an event must be an object")
    return {**fields, **extra}


def _enter_location(said: Said) -> dict[str, Any]:
    latitude, longitude = _point(said)
    return {
        "MsgType": "event",
        "Event": "LOCATION",
        "Latitude": f"{latitude:.6f}",
        "Longitude": f"{longitude:.6f}",
        "Precision": str(said.get("precision", "30.0")),
    }


def accepts(said: Said) -> bool:
    """Whether the person agreed; a scenario can only write the word, JSON the truth value."""
    return said.get("accept", True) not in (False, "no", "false")


def _consent(said: Said) -> dict[str, Any]:
    answer = "accept" if accepts(said) else "reject"
    row = {
        "TemplateId": text_of(said, "template_id"),
        "SubscribeStatusString": answer,
        "PopupScene": "0",
    }
    return {
        "MsgType": "event",
        "Event": "subscribe_msg_popup_event",
        "SubscribeMsgPopupEvent": {"List": row},
    }


def _raw(said: Said) -> dict[str, Any]:
    fields = said.get("fields")
    if not isinstance(fields, Mapping) or not fields:
        raise ActError("raw needs fields, an object of element names and texts")
    return dict(fields)


def _follow(said: Said) -> dict[str, Any]:
    return {"MsgType": "event", "Event": "subscribe", "EventKey": str(said.get("key", ""))}


BUILDERS: dict[str, Callable[[Said], dict[str, Any]]] = {
    "text": _text,
    "image": _image,
    "voice": _voice,
    "video": _video,
    "shortvideo": _video,
    "location": _location,
    "link": _link,
    "event": _event,
    "scan": _event,
    "enter_location": _enter_location,
    "consent": _consent,
    "raw": _raw,
    "follow": _follow,
    "unfollow": lambda _: {"MsgType": "event", "Event": "unsubscribe", "EventKey": ""},
    "click": lambda said: {
        "MsgType": "event",
        "Event": "CLICK",
        "EventKey": text_of(said, "key"),
    },
    "view": lambda said: {"MsgType": "event", "Event": "VIEW", "EventKey": text_of(said, "key")},
}


def fields_for(said: Said) -> dict[str, Any]:
    """The fields of MsgType and below for an act; ActError when it is no act or lacks something."""
    builder = BUILDERS.get(str(said.get("kind", "")))
    if builder is None:
        raise ActError(f"kind must be one of {', '.join(sorted(BUILDERS))}")
    return builder(said)


def shown_as(said: Said) -> str:
    """The act as one line of a chat, for the page and for a scenario read as prose."""
    kind = said.get("kind")
    voice = said.get("recognition")
    lines = {
        "text": said.get("text"),
        "image": f"[照片] {said.get('picture', '')}".strip(),
        "voice": f"[语音] {voice}" if voice else "[语音] （没有转成文字）",
        "location": f"[位置] {said.get('place') or said.get('label') or '地图上的一点'}",
        "link": f"[链接] {said.get('title')}",
        "video": "[视频]",
        "shortvideo": "[小视频]",
        "follow": "关注了公众号",
        "unfollow": "取消了关注",
        "scan": f"扫了二维码 {said.get('label') or said.get('scene')}",
        "click": f"点了菜单「{said.get('label') or said.get('key')}」",
        "view": f"打开了菜单里的网页 {said.get('key')}",
        "consent": "同意接收通知" if accepts(said) else "没有同意接收通知",
        "enter_location": "进入对话，上报了位置",
        "event": f"事件 {said.get('event')}",
    }
    return str(lines.get(str(kind), f"[{kind}]"))
