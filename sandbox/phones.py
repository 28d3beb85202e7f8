"""The hands on the phones: does an act in WeChat and shows what the service answered."""

from dataclasses import dataclass
from typing import Any

from sandbox import replies
from sandbox.acts import ActError, Said, accepts, fields_for, shown_as, text_of
from sandbox.courier import Outcome, Push
from sandbox.faults import Fault
from sandbox.people import Follower
from sandbox.phone.pictures import SAMPLE_VOICE, sample_picture
from sandbox.world import World

SYSTEM_LINE = "该公众号暂时无法提供服务，请稍后再试"
# The platform shows no answer to these, whatever the service says.
SILENT_KINDS = frozenset({"unfollow", "view", "consent", "enter_location"})
CLICKS = frozenset({"click", "follow", "scan"})


@dataclass(frozen=True, kw_only=True)
class Held:
    """A message kept back so that the next one of the same person arrives before it."""

    push: Push
    said: Said
    label: str


class Phones:
    """All WeChat apps of the sandbox."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._held: dict[str, Held] = {}

    def openid_of(self, said: Said) -> str:
        """Whose phone an act is for; ActError when nobody is named or they have no WeChat."""
        if said.get("openid"):
            return str(said["openid"])
        person = self._world.directory.find(str(said.get("person", "")))
        if person is None:
            raise ActError("say whose phone it is: openid, or person by name")
        if person.openid is None:
            raise ActError(f"{person.name} has no WeChat; use the SMS door")
        return person.openid

    def act(self, said: Said) -> dict[str, Any]:
        """Do an act, wait for the service, and say what the person saw.

        `replies` are the bubbles, `status` the HTTP status (null when there was no answer),
        `problem` what the platform holds against the answer, else null.
        """
        openid = self.openid_of(said)
        follower = self._world.directory.follower(openid)
        whole = self._with_media(self._as_scan(said, follower))
        fields = self._addressed(openid, whole, fields_for(whole))
        self._note(follower, whole)
        label = str(fields.get("MsgId") or f"{fields.get('Event')}@{fields.get('CreateTime')}")
        self._world.ledger.write(
            lane="wechat",
            writer="person",
            who=openid,
            kind=str(whole["kind"]),
            text=shown_as(whole),
            msg_id=label,
            picture=whole.get("picture_url", ""),
        )
        return self._push(self._world.courier.pack(fields), whole, label)

    def _as_scan(self, said: Said, follower: Follower) -> Said:
        if said.get("kind") != "scan":
            return said
        code = self._world.scenes.find(text_of(said, "scene"), self._world.clock.now())
        event = "SCAN" if follower.following else "subscribe"
        key = code.scene if follower.following else f"qrscene_{code.scene}"
        follower.scene = code.scene
        shown = {"scene": code.scene, "label": code.label, "kind": "scan"}
        return {**shown, "event": event, "key": key, "fields": {"Ticket": code.ticket}}

    def _with_media(self, said: Said) -> Said:
        kind, now = said.get("kind"), self._world.clock.now()
        if kind == "image":
            medium = None
            if said.get("media_id"):
                medium = self._world.media.get(str(said["media_id"]), now)
            if medium is None:
                name = str(said.get("picture") or "id_front")
                label, content = sample_picture(name)
                medium = self._world.media.put(content, mime="image/png", name=label, at=now)
            url = f"{self._world.config.own_url}/phone/pictures/{medium.media_id}"
            return {
                **said,
                "media_id": medium.media_id,
                "picture": medium.name,
                "picture_url": url,
            }
        if kind in ("voice", "video", "shortvideo"):
            mime = "audio/amr" if kind == "voice" else "video/mp4"
            medium = self._world.media.put(SAMPLE_VOICE, mime=mime, name=str(kind), at=now)
            return {**said, "media_id": medium.media_id}
        return said

    def _addressed(self, openid: str, said: Said, fields: dict[str, Any]) -> dict[str, Any]:
        world = self._world
        head: dict[str, Any] = {
            "ToUserName": world.config.wechat_original_id,
            "FromUserName": openid,
            "CreateTime": int(world.clock.now().timestamp()),
        }
        if fields.get("MsgType") == "event":
            event = f"{fields.get('Event')}|{fields.get('EventKey', '')}"
            head["CreateTime"] = world.event_second(openid, event)
            return head | fields
        message = head | fields
        message.setdefault("MsgId", world.next_number())
        return message

    def _note(self, follower: Follower, said: Said) -> None:
        world, now, kind = self._world, self._world.clock.now(), str(said["kind"])
        if kind == "unfollow":
            follower.following = False
            follower.tags.clear()
            world.windows.shut(follower.openid)
            return
        if not follower.following:
            follower.following, follower.followed_at = True, now
        if kind == "consent":
            template = text_of(said, "template_id")
            world.windows.consent(follower.openid, template, accepted=accepts(said))
        elif kind in CLICKS:
            world.windows.open(follower.openid, "event", now)
        elif kind not in ("event", "enter_location", "view"):
            world.windows.open(follower.openid, "message", now)

    def _push(self, push: Push, said: Said, label: str) -> dict[str, Any]:
        world, fault = self._world, self._world.faults.take("webhook")
        held = self._held.pop(push.openid, None)
        if fault and fault.kind == "reorder" and held is None:
            return self._hold(push, said, label, fault)
        if fault and fault.kind == "delay":
            world.background.later(fault.seconds, lambda: self._deliver(push, said, label))
            return _answer(Outcome(status=None, problem="delayed on purpose"), [], label)
        if fault and fault.kind == "duplicate":
            # At the same time, not one after the other: that is what finds a missing unique key.
            world.background.later(0, lambda: world.courier.post(push))
        lost = bool(fault and fault.kind == "lost_answer")
        answer = self._deliver(push, said, label, lose_answers=lost)
        if held:
            self._deliver(held.push, held.said, held.label)
        return answer

    def _hold(self, push: Push, said: Said, label: str, fault: Fault) -> dict[str, Any]:
        held = Held(push=push, said=said, label=label)
        self._held[push.openid] = held

        def release() -> None:
            if self._held.get(push.openid) is held:
                self._held.pop(push.openid)
                self._deliver(push, said, label)

        self._world.background.later(fault.seconds, release)
        return _answer(Outcome(status=None, problem="held back on purpose"), [], label)

    def _deliver(
        self, push: Push, said: Said, label: str, *, lose_answers: bool = False
    ) -> dict[str, Any]:
        outcome = self._world.courier.post(push, lose_answers=lose_answers)
        shown: list[dict[str, Any]] = []
        if said["kind"] not in SILENT_KINDS:
            shown = self._show(push.openid, outcome, label)
        return _answer(outcome, shown, label)

    def _show(self, openid: str, outcome: Outcome, label: str) -> list[dict[str, Any]]:
        if outcome.problem:
            self._world.ledger.write(
                lane="wechat", writer="system", who=openid, kind="notice", text=SYSTEM_LINE
            )
            return []
        bubble = replies.passive(outcome.reply) if outcome.reply else None
        if bubble is None:
            return []
        kind, text, detail = bubble
        entry = self._world.ledger.write(
            lane="wechat",
            writer="service",
            who=openid,
            kind=kind,
            text=text,
            channel="passive",
            reply_to=label,
            **detail,
        )
        return [entry.as_json()]

    def push_event(self, openid: str, fields: dict[str, Any], *, mini: bool = False) -> None:
        """Let the platform itself report something, such as the end of a send job; with `mini` to
        the mini-program's own address."""
        whole = self._addressed(openid, {}, {"MsgType": "event", **fields})
        courier = self._world.mini_courier if mini else self._world.courier
        if mini:
            whole["ToUserName"] = self._world.config.wechat_mini_original_id
        courier.post(courier.pack(whole))

    def report(
        self, openid: str, fields: dict[str, Any], failed: dict[str, Any], *, mini: bool = False
    ) -> None:
        """Report on a message of the service's a moment later, by the fault that is due or as
        usual; `failed` are the fields of a failure."""
        fault = self._world.faults.take("wechat_report")
        kind = fault.kind if fault else ""
        if kind == "before":
            self.push_event(openid, fields, mini=mini)
            return
        told = {**fields, **failed} if kind == "failed" else fields
        delays = {"never": [], "twice": [0.0, 0.2]}.get(kind, [0.0])
        if fault and kind == "late":
            delays = [fault.seconds]
        for delay in delays:
            wait = self._world.config.event_delay_seconds + delay
            self._world.background.later(wait, lambda: self.push_event(openid, told, mini=mini))


def _answer(outcome: Outcome, shown: list[dict[str, Any]], label: str) -> dict[str, Any]:
    return {
        "replies": shown,
        "status": outcome.status,
        "problem": outcome.problem,
        "attempts": outcome.attempts,
        "elapsed_ms": outcome.elapsed_ms,
        "msg_id": label,
    }
