"""The mini-program's log-in: from the code of wx.login to the openid (platform.md 5).

    LoginRefused    `.why` says what to tell the person
        bad_code      the code was used, has expired, or was never one
        too_often     this person logs in more often than the platform allows
        risky         the platform holds the account for one that is up to no good
        unavailable   the platform did not answer, or our credentials are wrong; later, or never

The session key that comes with the openid is not looked at: whoever has it can read and forge what
the platform encrypts for this person. It leaves with the answer that it came in.
"""

from __future__ import annotations

from channels.wechat.errors import Refusal, WechatError
from channels.wechat.line import Line

REFUSALS = {40029: "bad_code", 40163: "bad_code", 45011: "too_often", 40226: "risky"}
LONGEST_CODE = 128


class LoginRefused(Exception):
    """Nobody is logged in."""

    def __init__(self, why: str) -> None:
        self.why = why
        super().__init__(why)


class MiniProgram:
    """Logs people in. Safe to share between threads; one call of the platform each."""

    def __init__(self, line: Line) -> None:
        self._line = line

    def log_in(self, code: str) -> str:
        """The mini-program's openid of whoever got this code, which works once, for five minutes.
        Raises `LoginRefused`."""
        if not 0 < len(code) <= LONGEST_CODE:
            raise LoginRefused("bad_code")
        own = self._line.credentials
        asked = {
            "appid": own.app_id,
            "secret": own.app_secret,
            "js_code": code,
            "grant_type": "authorization_code",
        }
        try:
            openid = self._line.ask("GET", "sns/jscode2session", params=asked).get("openid")
        except Refusal as refusal:
            why = REFUSALS.get(refusal.code or 0, "unavailable")
        except WechatError:
            why = "unavailable"
        else:
            if isinstance(openid, str) and 0 < len(openid) <= 64:
                return openid
            why = "unavailable"
        raise LoginRefused(why)
