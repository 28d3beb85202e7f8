"""Understanding: from a resident's phrase to an intent, without ever acting on a guess."""

from bot.intents.understanding import Understanding, label_lines, understand

__all__ = ["Understanding", "label_lines", "understand"]
