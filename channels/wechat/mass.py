"""Mass messages by tag, and the tags (platform.md 2): four reach a follower in a calendar month.

Our own `clientmsgid` makes a mass message idempotent: asked for again, the platform answers 45065
with the number of the first one, and that is success.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from channels.wechat.errors import Action, BadAnswer, Refusal, Unsendable
from channels.wechat.line import Line

MAX_KEY_BYTES = 64
MAX_TEXT_BYTES = 2048
MAX_TAG_BYTES = 30
TAGGED_AT_ONCE = 50


class MassMail:
    """Mass messages of one account. Safe to share between threads."""

    def __init__(self, line: Line) -> None:
        self._line = line

    def send_text(self, text: str, *, client_msg_id: str, tag: int) -> str:
        """A text to all followers with a tag. Returns the number that MASSSENDJOBFINISH will name.
        The same `client_msg_id` (at most 64 bytes) is sent once, for ever; after refusal 45066 ask
        again in a minute."""
        if not 0 < len(client_msg_id.encode()) <= MAX_KEY_BYTES:
            raise Unsendable(f"a clientmsgid has 1 to {MAX_KEY_BYTES} bytes")
        if not 0 < len(text.encode()) <= MAX_TEXT_BYTES:
            raise Unsendable(f"a mass text has 1 to {MAX_TEXT_BYTES} bytes")
        message = {
            "filter": {"is_to_all": False, "tag_id": tag},
            "msgtype": "text",
            "text": {"content": text},
            "clientmsgid": client_msg_id,
        }
        try:
            answer = self._line.post("cgi-bin/message/mass/sendall", message)
        except Refusal as refusal:
            if refusal.action is not Action.DONE:
                raise
            answer = dict(refusal.answer)
        number = answer.get("msg_id")
        if not number:
            raise BadAnswer(Action.UNKNOWN, "the answer holds no msg_id")
        return str(number)

    def status(self, number: str) -> str:
        """What became of the job of that number: SEND_SUCCESS, SENDING, SEND_FAIL or DELETE."""
        answer = self._line.post("cgi-bin/message/mass/get", {"msg_id": number})
        return str(answer.get("msg_status", ""))

    def renew_tag(self, name: str) -> int:
        """A tag of this name that nobody carries: an old one of the name goes. See `create_tag`."""
        for known, number in self.tags().items():
            if known == name:
                self._line.post("cgi-bin/tags/delete", {"tag": {"id": number}})
        return self.create_tag(name)

    def create_tag(self, name: str) -> int:
        """A new tag of at most 30 bytes; an account has at most 100."""
        if not 0 < len(name.encode()) <= MAX_TAG_BYTES:
            raise Unsendable(f"a tag's name has 1 to {MAX_TAG_BYTES} bytes")
        made = self._line.post("cgi-bin/tags/create", {"tag": {"name": name}}).get("tag")
        number = made.get("id") if isinstance(made, dict) else None
        if not isinstance(number, int):
            raise BadAnswer(Action.TRANSIENT, "the answer holds no tag")
        return number

    def tags(self) -> dict[str, int]:
        """All tags of the account: name → number."""
        answer = self._line.post("cgi-bin/tags/get", None, method="GET")
        return {str(row["name"]): int(row["id"]) for row in answer.get("tags", [])}

    def tag_people(self, tag: int, openids: Iterable[str]) -> None:
        """Give followers a tag, fifty a call; who has it already keeps it."""
        for some in _batches(openids):
            body = {"tagid": tag, "openid_list": some}
            self._line.post("cgi-bin/tags/members/batchtagging", body)

    def untag_people(self, tag: int, openids: Iterable[str]) -> None:
        """Take a tag from followers, fifty a call."""
        for some in _batches(openids):
            body = {"tagid": tag, "openid_list": some}
            self._line.post("cgi-bin/tags/members/batchuntagging", body)


def _batches(openids: Iterable[str]) -> Iterator[Sequence[str]]:
    waiting = iter(openids)
    while some := list(islice(waiting, TAGGED_AT_ONCE)):
        yield some
