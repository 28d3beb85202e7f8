"""The mini-program on a person's phone: its front end plays here, over the wire, what its page will
do. `POST /phone/mini` takes `{"person": …, "do": …}` (or `openid`):

    log_in      wx.login, then the service's /mini/login
    look        /mini/me
    code        the six digits to send from the service account's chat
    tick        with `templates`: wx.requestSubscribeMessage, then /mini/consents; `answer` is what
                the person taps: accept (as usual), reject, or what the platform says instead: ban,
                filter; `once` repeats an earlier one
    switch_off  with `template`: the person takes the tick back in the settings of WeChat
    leave       the mini-program forgets whose it is

and answers with the service's status and JSON. Only `switch_off`, and a tick's own event, reach the
service by the platform's push. A mini-program knows the same person by another openid than the
service account does, and has ticks of its own.
"""

import secrets
from collections.abc import Mapping
from typing import Any

import requests

from sandbox.acts import ActError, text_of
from sandbox.phones import Phones
from sandbox.world import World

MINI = "mini-"
ACCEPTS = frozenset({"accept", "acceptWithAudio", "acceptWithAlert"})


def mini_openid(openid: str) -> str:
    """By which the mini-program knows whom the service account knows by `openid`."""
    return MINI + openid


class MiniProgram:
    """The mini-program on every phone; it remembers each one's session, as its storage would."""

    def __init__(self, world: World, phones: Phones) -> None:
        self._world, self._phones = world, phones
        self._sessions: dict[str, str] = {}

    def act(self, said: Mapping[str, Any]) -> dict[str, Any]:
        """Do one act; `status` and `answer` are the service's. ActError for what is no act."""
        openid = self._phones.openid_of(dict(said))
        self._world.directory.follower(openid)
        match str(said.get("do", "")):
            case "log_in":
                return self._log_in(openid)
            case "look":
                return self._ask("GET", "/mini/me", openid)
            case "code":
                return self._ask("POST", "/mini/code", openid)
            case "tick":
                return self._tick(openid, said)
            case "switch_off":
                return self._switch_off(openid, text_of(said, "template"))
            case "leave":
                return self._ask("DELETE", "/mini/binding", openid)
            case _:
                raise ActError("do is log_in, look, code, tick, switch_off or leave")

    def _log_in(self, openid: str) -> dict[str, Any]:
        code = self._world.codes.make(openid)
        told = self._ask("POST", "/mini/login", openid, body={"code": code})
        if told["status"] == 200:
            self._sessions[openid] = str(told["answer"].get("session", ""))
        return told

    def _tick(self, openid: str, said: Mapping[str, Any]) -> dict[str, Any]:
        templates, answer = said.get("templates"), str(said.get("answer") or "accept")
        if not isinstance(templates, list) or not templates:
            raise ActError("a tick needs templates, a list")
        named = [str(one) for one in templates]
        once = str(said.get("once") or secrets.token_urlsafe(12))
        if not said.get("once"):
            for template in named if answer in ACCEPTS | {"reject"} else ():
                accepted = answer in ACCEPTS
                self._world.windows.consent(mini_openid(openid), template, accepted=accepted)
                self._push(openid, "Popup", template, "accept" if accepted else "reject")
        body = dict.fromkeys(named, answer)
        body["errMsg"] = "requestSubscribeMessage:ok"
        told = self._ask("POST", "/mini/consents", openid, body=body, once=once)
        return {**told, "once": once}

    def _switch_off(self, openid: str, template: str) -> dict[str, Any]:
        self._world.windows.consent(mini_openid(openid), template, accepted=False)
        self._push(openid, "Change", template, "reject")
        return {"status": None, "answer": None}

    def _push(self, openid: str, happening: str, template: str, answer: str) -> None:
        row = {"TemplateId": template, "SubscribeStatusString": answer, "PopupScene": "1"}
        fields = {
            "Event": f"subscribe_msg_{happening.lower()}_event",
            f"SubscribeMsg{happening}Event": {"List": row},
        }
        self._phones.push_event(mini_openid(openid), fields, mini=True)

    def _ask(
        self,
        method: str,
        path: str,
        openid: str,
        *,
        body: Mapping[str, Any] | None = None,
        once: str | None = None,
    ) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {self._sessions.get(openid, '')}"}
        if once is not None:
            headers["Idempotency-Key"] = once
        url = self._world.config.service_url.rstrip("/") + path
        try:
            with requests.Session() as session:
                session.trust_env = False
                answer = session.request(method, url, json=body, headers=headers, timeout=20)
        except requests.RequestException as error:
            raise ActError(f"nobody answers at {url}") from error
        try:
            return {"status": answer.status_code, "answer": answer.json()}
        except ValueError:  # no mini-program is configured: the service has no such page
            return {"status": answer.status_code, "answer": None}
