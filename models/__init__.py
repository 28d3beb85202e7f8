"""Tables, constraints, legal transitions, engine and session factory.

Import the tables from here: importing this package registers every table on `Base.metadata`.
"""

from models.base import Base, new_id
from models.cases import (
    APPLICATION_EDGES,
    Application,
    ApplicationEvent,
    ApplicationStatus,
    Decision,
    KinshipDeclaration,
    Material,
)
from models.engine import make_engine, session_factory
from models.notices import PublicNotice, PublicNoticeItem
from models.people import Consent, Contact, OneTimeCode, Person
from models.places import Region, RegionAlias
from models.plan import Announcement, NumberSeries, PlanVersion, Post, Quota
from models.talk import Conversation, Inbound, Ticket
from models.telling import ChannelToken, Delivery, JobRun, Lease, Receipt
from models.trust import AuditEntry, ClockShift

__all__ = [
    "APPLICATION_EDGES",
    "Announcement",
    "Application",
    "ApplicationEvent",
    "ApplicationStatus",
    "AuditEntry",
    "Base",
    "ChannelToken",
    "ClockShift",
    "Consent",
    "Contact",
    "Conversation",
    "Decision",
    "Delivery",
    "Inbound",
    "JobRun",
    "KinshipDeclaration",
    "Lease",
    "Material",
    "NumberSeries",
    "OneTimeCode",
    "Person",
    "PlanVersion",
    "Post",
    "PublicNotice",
    "PublicNoticeItem",
    "Quota",
    "Receipt",
    "Region",
    "RegionAlias",
    "Ticket",
    "make_engine",
    "new_id",
    "session_factory",
]
