"""How this process logs: one line an event, with ids, and never what a resident wrote.

Tracebacks name files and lines. What the frames held (words, phones, ID numbers) stays out.
"""

from __future__ import annotations

import structlog
from structlog.typing import Processor

from settings import Settings


def set_up_logs(settings: Settings) -> None:
    """Configure structlog for the process, as GYG_LOG_FORMAT says."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    if settings.log_format == "json":
        shared += [
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ]
    else:
        plain = structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
        shared.append(plain)
    structlog.configure(processors=shared)
