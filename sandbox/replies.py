"""How a passive reply or a customer-service message looks on the phone."""

from collections.abc import Mapping
from typing import Any

Shown = tuple[str, str, dict[str, Any]]


def passive(fields: Mapping[str, Any]) -> Shown | None:
    """Kind, text and details of a decrypted passive reply; None when nothing is shown."""
    kind = str(fields.get("MsgType", ""))
    if kind == "transfer_customer_service":
        return None
    if kind == "text":
        return kind, str(fields.get("Content") or ""), {}
    if kind == "news":
        articles = _list(_below(fields, "Articles").get("item"))
        cards = [
            {
                "title": one.get("Title"),
                "description": one.get("Description"),
                "url": one.get("Url"),
                "picture": one.get("PicUrl"),
            }
            for one in articles
        ]
        return "news", _first_line(cards), {"cards": cards}
    medium = _below(fields, kind.capitalize())
    return kind, f"[{kind}]", {"media_id": medium.get("MediaId", "")}


def customer_service(body: Mapping[str, Any]) -> Shown:
    """Kind, text and details of the JSON body of message/custom/send or a mass message."""
    kind = str(body.get("msgtype", ""))
    content = body.get(kind) if isinstance(body.get(kind), Mapping) else {}
    assert isinstance(content, Mapping)
    if kind == "text":
        return kind, str(content.get("content", "")), {}
    if kind == "msgmenu":
        options = [
            {"id": str(one.get("id", "")), "text": str(one.get("content", ""))}
            for one in content.get("list", [])
        ]
        lines = [content.get("head_content", ""), *(one["text"] for one in options)]
        text = "\n".join(str(line) for line in [*lines, content.get("tail_content", "")] if line)
        return kind, text, {"options": options, "head": str(content.get("head_content", ""))}
    if kind == "news":
        cards = [
            {
                "title": one.get("title"),
                "description": one.get("description"),
                "url": one.get("url"),
                "picture": one.get("picurl"),
            }
            for one in content.get("articles", [])
        ]
        return kind, _first_line(cards), {"cards": cards}
    return (
        kind,
        f"[{kind}] {content.get('title', '')}".strip(),
        {"media_id": content.get("media_id", "")},
    )


def template_card(data: Mapping[str, Any]) -> list[dict[str, str]]:
    """The rows of a template or subscription message: name and value."""
    return [{"name": str(name), "value": str(_value(field))} for name, field in data.items()]


def _value(field: object) -> object:
    return field.get("value", "") if isinstance(field, Mapping) else field


def _first_line(cards: list[dict[str, Any]]) -> str:
    return "\n".join(f"{one['title']}：{one['description'] or ''}".rstrip("：") for one in cards)


def _below(fields: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = fields.get(name)
    return value if isinstance(value, Mapping) else {}


def _list(value: object) -> list[Mapping[str, Any]]:
    many = value if isinstance(value, list) else [value]
    return [one for one in many if isinstance(one, Mapping)]
