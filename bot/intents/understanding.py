"""What a phrase wants, in the labels of requirements section 5, and whether it asks for it now."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from bot.intents.acts import ACTS, asks_for
from bot.intents.lexicon import lexicon
from bot.intents.model import model
from bot.intents.precedence import ORDER, ruled_intent
from bot.intents.reading import Reading, read
from bot.intents.signals import signals_in

_RULED = 0.99  # confidence of a rule
_SURE = 0.6  # a part must be this sure to count as a request of its own
_GRAVE = ORDER[:3]
_LEAST_PART = 2  # characters
_LONGEST_READ = 400  # characters; the rest of an essay does not change what it is about
_SAID_BY_MANY = 8  # characters; what is longer is somebody's own words, and is not remembered
_AROUND_SIGN = frozenset({"checkin", "confirm", "leave", "pay"})
_AFTER_SIGN = frozenset({"leave", "pay"})  # what a sign-in often goes on to
# Small talk and slot answers are no second request.
_NO_REQUEST = frozenset({"greeting", "unclear", "provide_info"})


@dataclass(frozen=True)
class Understanding:
    """One message understood.

    `intent` is a label of requirements section 5. `act` is true only when the writer asks, now and
    for themselves, for the act that the intent names (checkin, confirm, unsubscribe, leave): never
    for questions, negations, quotations, reports about others or other days. `queued` holds further
    intents of the same message, in order. `signals`: see `bot.intents.signals`. `confidence` is
    between 0 and 1.
    """

    intent: str
    act: bool
    queued: tuple[str, ...]
    signals: frozenset[str]
    confidence: float


def understand(text: str, *, channel: str = "wechat", open_question: bool = False) -> Understanding:
    """The meaning of one message; never raises, whatever `text` holds.

    `channel` is "wechat" or "sms": bare T, TD and R unsubscribe at once only by SMS. With
    `open_question` a bare digit or letter is an answer, never a wish to leave.
    """
    if len(text) <= _SAID_BY_MANY:
        return _remembered(text, channel, open_question)
    return _understand(text[:_LONGEST_READ], channel, open_question)


def _understand(text: str, channel: str, open_question: bool) -> Understanding:  # noqa: FBT001
    reading = read(text)
    signals = signals_in(reading)
    intent, confidence = _decide(reading.plain, signals)
    if open_question and _is_choice(reading.plain):
        return Understanding("unclear", act=False, queued=(), signals=signals, confidence=_RULED)
    if (after := _after_sign(reading, intent)) is not None:
        return Understanding(
            "checkin", act=False, queued=(after,), signals=signals, confidence=confidence
        )
    intent, queued = _rank(reading, intent, signals)
    act = not queued and asks_for(intent, reading, channel=channel)
    return Understanding(intent, act, queued, signals, confidence)


_remembered = lru_cache(maxsize=2048)(_understand)
"""Every morning thousands of workers write the same few words."""


def label_lines(lines: Iterable[str]) -> Iterator[str]:
    """``intent<TAB>phrase`` for every line, in order; a blank line is an unclear phrase."""
    for line in lines:
        phrase = line.rstrip("\r\n")
        yield f"{understand(phrase).intent}\t{phrase}"


def _is_choice(plain: str) -> bool:
    """A bare digit or letter; "0" stays the way to a person."""
    return len(plain) == 1 and plain.isascii() and plain.isalnum() and plain != "0"


def _decide(plain: str, signals: frozenset[str]) -> tuple[str, float]:
    if not plain:
        return "unclear", _RULED
    if ruled := ruled_intent(plain, signals):
        return ruled, _RULED
    return model().score(plain)[0]


def _rank(reading: Reading, intent: str, signals: frozenset[str]) -> tuple[str, tuple[str, ...]]:
    """The intent that goes first, and the further requests of the same message after it."""
    requests = _linked_requests(reading) or _acts_beside(reading, intent)
    wanted = [label for label in requests if label not in _NO_REQUEST]
    if "despair" in signals or intent == "accident" or not wanted:
        first = intent
    else:
        first = min([*wanted, intent] if len(wanted) < 2 else wanted, key=_rank_of)
    return first, tuple(label for label in dict.fromkeys(wanted) if label != first)


def _rank_of(label: str) -> int:
    return ORDER.index(label) if label in ORDER else len(ORDER)


def _linked_requests(reading: Reading) -> list[str]:
    """What each part asks for, when the writer says that there is one more thing."""
    parts = [part.strip(",") for part in lexicon().links.split(reading.plain)]
    parts = [part for part in parts if len(part) >= _LEAST_PART]
    if len(parts) < 2:
        return []
    found = [_decide(part, frozenset()) for part in parts]
    return [label for label, share in found if share >= _SURE]


def _after_sign(reading: Reading, intent: str) -> str | None:
    """What a message goes on to once its first clauses have signed in: "I am here, and …"."""
    if intent not in _AROUND_SIGN:
        return None
    clauses = reading.plain.split(",")
    for count in range(len(clauses) - 1, 0, -1):
        if _asks("checkin", sign := ",".join(clauses[:count])):
            rest = reading.plain[len(sign) + 1 :]
            if intent == "confirm":  # a head's report, unless the closed grammar knows better
                return "leave" if _asks("leave", rest) else None
            label, share = _decide(rest, frozenset())
            return label if label in _AFTER_SIGN and share >= _SURE else None
    return None


def _asks(act: str, plain: str) -> bool:
    return asks_for(act, Reading(raw=plain, written=plain, plain=plain), channel="wechat")


def _acts_beside(reading: Reading, intent: str) -> list[str]:
    """Acts that one clause asks for while the message as a whole is about something graver."""
    if intent not in _GRAVE:
        return []
    clauses = [clause for clause in reading.plain.split(",") if len(clause) >= _LEAST_PART]
    if len(clauses) < 2:
        return []
    return [act for act in ACTS if act != intent and any(_asks(act, part) for part in clauses)]
