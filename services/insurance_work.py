"""What the insurance puts on the district's worklist: workers without cover."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from services import insurance_gaps
from services.acting import Acting
from services.insurance import MAY_BUY
from services.worklist import Item, source


@source
class Gaps:
    """Each gap that goes on, overdue since its first day."""

    kind = "insurance"

    def items(self, session: Session, acting: Acting, now: datetime, limit: int) -> Sequence[Item]:
        if acting.role not in MAY_BUY or acting.region is None:
            return ()
        return [
            Item(
                self.kind,
                "insurance.work_gap",
                {"name": gap.engagement.person.name, "place": gap.engagement.post.region.name},
                gap.from_on,
                "console.insurance",
            )
            for gap in insurance_gaps.open_gaps(session, acting.region, limit)
        ]
