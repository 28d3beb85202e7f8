"""Registered template texts, loaded by whoever starts the demonstration.

Tencent writes {1} {2}, Aliyun ${name}; one text serves both when Aliyun's names are p1, p2, ….
Without a registered text the phone shows the template's id and its parameters, so that nothing
needs to be registered for a send to be seen.
"""

import re
import threading
from collections.abc import Mapping

_PLACE = re.compile(r"\$?\{p?(\w+)\}")


class TemplateTable:
    """Texts by template id."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._texts: dict[str, str] = {}

    def load(self, texts: Mapping[str, str]) -> int:
        """Add or replace texts; how many are known now."""
        with self._lock:
            self._texts.update({str(key): str(text) for key, text in texts.items()})
            return len(self._texts)

    def text(self, template_id: str) -> str | None:
        """The text as registered."""
        with self._lock:
            return self._texts.get(template_id)

    def fits(self, template_id: str, params: Mapping[str, str]) -> bool:
        """Whether the parameters are those of the registered text; an unknown one takes any."""
        text = self.text(template_id)
        return text is None or set(_PLACE.findall(text)) == set(_numbered(params))

    def render(self, template_id: str, params: Mapping[str, str]) -> str:
        """The text with its parameters, or the id and the parameters."""
        text = self.text(template_id)
        if text is None:
            return f"[模板 {template_id}] {' · '.join(params.values())}".strip()
        known = _numbered(params)
        return _PLACE.sub(lambda place: known.get(place[1], place[0]), text)


def _numbered(params: Mapping[str, str]) -> dict[str, str]:
    """The parameters under their bare names: p1 is 1."""
    return {re.sub(r"^p(?=\w)", "", name): value for name, value in params.items()}
