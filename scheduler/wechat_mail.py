"""How cards and mass messages travel: what WeChat delivers outside an open window.

A delivery's key is `card.<name>` (wording/wechat_cards.yaml, mini_cards.yaml); of a mass message
it is a phrase.
What carries our own key may be repeated while the platform remembers it; the others not.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

from channels.wechat.api import WechatApi
from channels.wechat.errors import Action, Unsendable, WechatError
from channels.wechat.mass import MassMail
from channels.wechat.subscriptions import Subscriptions
from scheduler.carriers import judge_wechat
from services import wechat_reports
from services.dispatch import Answer, Fate, Parcel
from services.uncertain import Finding, Known, Question
from wording import Book
from wording.book import WordingError, sheet
from wording.cards import CARD, Card

PROVIDER = wechat_reports.PROVIDER

TEMPLATE_KEY_LIVES = timedelta(minutes=9)
"""The platform sends a client_msg_id once within ten minutes (platform.md 2.1)."""

MASS_KEY_LIVES = timedelta(days=1)
"""The platform remembers a clientmsgid for good; after a day the announcement is old."""

MASS_TEXT_BYTES = 2048


@dataclass(frozen=True)
class Cards:
    """Our cards, and the platform's ids of their templates."""

    cards: Mapping[str, Card]
    ids: Mapping[str, str]

    def fill(self, parcel: Parcel) -> tuple[str, dict[str, str]]:
        """The template's id and its fields. Raises `WordingError`."""
        name = parcel.key.removeprefix(CARD)
        if name not in self.cards or name not in self.ids:
            raise WordingError(f"no template id for {parcel.key}")
        return self.ids[name], self.cards[name].fill(parcel.slots)


@dataclass(frozen=True)
class TemplateCarrier:
    """Template messages: to followers, caused by a service of theirs."""

    api: WechatApi
    cards: Cards

    def carry(self, parcel: Parcel) -> Answer:
        def send() -> str:
            template_id, fields = self.cards.fill(parcel)
            return self.api.send_template(
                parcel.address, template_id, fields=fields, client_msg_id=str(parcel.id)
            )

        return _judged(send)

    def find_out(self, question: Question) -> Finding:
        """It carries our key: asked again within ten minutes it goes out once."""
        until = question.called_at + TEMPLATE_KEY_LIVES
        return Finding(Known.REPEATABLE, repeat_until=until)


@dataclass(frozen=True)
class SubscriptionCarrier:
    """Subscription messages of the service account, or with `mini` of the mini-program. A tap on
    one opens `page`, where its reader ticks for the next: each tick pays for one."""

    subscriptions: Subscriptions
    cards: Cards
    mini: bool = False
    page: str | None = None

    def carry(self, parcel: Parcel) -> Answer:
        def send() -> str | None:
            template_id, fields = self.cards.fill(parcel)
            post = self.subscriptions.send_mini if self.mini else self.subscriptions.send
            return post(parcel.address, template_id, fields=fields, page=self.page)

        answer = _judged(send)
        return replace(answer, provider=wechat_reports.MINI_PROVIDER) if self.mini else answer

    def find_out(self, question: Question) -> Finding:
        """It has no key of ours: only the platform's own report can tell."""
        return Finding(Known.NEVER)


@dataclass(frozen=True)
class MassCarrier:
    """Mass messages: the address is the number of a tag. Never to all followers: some want none."""

    mass: MassMail
    book: Book

    def carry(self, parcel: Parcel) -> Answer:
        def send() -> str:
            text = self.book.text(parcel.key, "wechat", **parcel.slots)
            return self.mass.send_text(
                sheet(text, MASS_TEXT_BYTES)[0],
                client_msg_id=str(parcel.id),
                tag=int(parcel.address),
            )

        return _judged(send)

    def find_out(self, question: Question) -> Finding:
        """It carries our key: asked again it goes out once, and tells the number of the first."""
        return Finding(Known.REPEATABLE, repeat_until=question.called_at + MASS_KEY_LIVES)


def _judged(send: Callable[[], str | None]) -> Answer:
    try:
        number = send()
    except (WordingError, Unsendable) as error:
        return Answer(Fate.REFUSED, PROVIDER, error=str(error))
    except WechatError as error:
        if error.action is Action.DONE:
            return Answer(Fate.ACCEPTED, PROVIDER)
        return judge_wechat(error)
    return Answer(Fate.ACCEPTED, PROVIDER, number)
