"""From what was typed or spoken to plain speech: width, fillers, homophones, dialect, numerals."""

import re
import unicodedata
from dataclasses import dataclass

from bot.intents.lexicon import Lexicon, lexicon

_INVISIBLE = re.compile("[\u200b-\u200f\u2028-\u202e\ufe0e\ufe0f\ufeff\x00-\x08\x0b-\x1f\x7f]")
_SEPARATORS = re.compile(r"[\s,，.。!！;；:：、~～…·\"'“”‘’()（）《》<>\-—_*|/\\]+")
_LEAST_LEFT = 2  # characters that must remain when a filler is cut


@dataclass(frozen=True)
class Reading:
    """One phrase as written (`raw`), cleaned (`written`) and in plain speech (`plain`).

    `written` keeps the writer's own words and punctuation, full width folded, fillers cut;
    `plain` has dialect and homophones replaced, numerals as digits, separators as one comma.
    """

    raw: str
    written: str
    plain: str


def read(text: str) -> Reading:
    """The three forms of `text`; never fails, whatever the text holds."""
    table = lexicon()
    written = _cut_fillers(table.voice_mark.sub("", _fold_width(text)), table)
    plain = _restore_homophones(written, table)
    plain = table.plain_pattern.sub(lambda match: table.plain[match.group()], plain)
    plain = _SEPARATORS.sub(",", _write_digits(plain, table)).strip(",")
    return Reading(raw=text, written=written, plain=plain)


def _fold_width(text: str) -> str:
    return _INVISIBLE.sub("", unicodedata.normalize("NFKC", text)).strip().lower()


def _cut_fillers(text: str, table: Lexicon) -> str:
    while match := table.fillers.match(text):
        if len(text) - match.end() < _LEAST_LEFT:
            break
        text = text[match.end() :]
    return text


def _restore_homophones(text: str, table: Lexicon) -> str:
    sounds = [table.sounds.get(character, character) for character in text]
    pieces, at = [], 0
    while at < len(text):
        word = _word_sounding_at(text, sounds, at, table)
        pieces.append(word or text[at])
        at += len(word) or 1
    return "".join(pieces)


def _word_sounding_at(text: str, sounds: list[str], at: int, table: Lexicon) -> str:
    for syllables, word in table.by_sound.get(sounds[at], ()):
        end = at + len(syllables)
        if tuple(sounds[at:end]) == syllables and text[at:end] not in table.sound_alikes:
            return word
    return ""


def _write_digits(text: str, table: Lexicon) -> str:
    def tens(match: re.Match[str]) -> str:
        first, last = match.groups()
        if first is None and last is None:
            return "10"
        return table.numerals.get(first or "", "1") + table.numerals.get(last or "", "0")

    text = table.tens.sub(tens, text)
    return table.spelled.sub(lambda match: "".join(table.numerals[c] for c in match.group()), text)
