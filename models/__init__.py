"""Tables, constraints, legal transitions, engine and session factory.

Import the tables from here: importing this package registers every table on `Base.metadata`.
"""

from models.attachments import Attachment
from models.base import Base, new_id
from models.cases import (
    Application,
    ApplicationEvent,
    Decision,
    ExclusionCheck,
    KinshipDeclaration,
    Material,
)
from models.credit import ChannelWindow, MonthlyCount, TemplateConsent
from models.engine import make_engine, session_factory
from models.gateways import SmsHealth
from models.messages import Message, MessageState, Visit
from models.notices import (
    BoardPhoto,
    Objection,
    PageSubmission,
    PublicNotice,
    PublicNoticeItem,
)
from models.onpost import (
    Agreement,
    BankAccount,
    Engagement,
    EngagementStatus,
    InsuranceCover,
    InsuranceGap,
    IntegratedBatch,
    Sighting,
    SocialInsurance,
    Training,
)
from models.people import Consent, Contact, OneTimeCode, Person
from models.places import Region, RegionAlias
from models.plan import (
    Announcement,
    NumberSeries,
    PlanVersion,
    Post,
    PostChange,
    PostStatus,
    Quota,
)
from models.procedure import ApplicationStatus
from models.reviews import AttendeeRole, Review, ReviewAttendee, ReviewResult
from models.staff import Role, Staff, StaffContact, StaffGrant, StaffKin, StaffSession
from models.talk import Conversation, Inbound, Ticket, TicketStep
from models.telling import ChannelToken, Delivery, Receipt
from models.terms import (
    EngagementPause,
    Exit,
    Extension,
    FollowUpCase,
    FollowUpContact,
    OtherSupport,
    Referral,
    TermEvent,
    TermNotice,
    TermRecord,
    Vacancy,
)
from models.timekeeping import JobRun, JobState, Lease
from models.trust import AuditEntry, AuditSeal, ClockShift, ParameterOverride

__all__ = [
    "Agreement",
    "Announcement",
    "Application",
    "ApplicationEvent",
    "ApplicationStatus",
    "Attachment",
    "AttendeeRole",
    "AuditEntry",
    "AuditSeal",
    "BankAccount",
    "Base",
    "BoardPhoto",
    "ChannelToken",
    "ChannelWindow",
    "ClockShift",
    "Consent",
    "Contact",
    "Conversation",
    "Decision",
    "Delivery",
    "Engagement",
    "EngagementPause",
    "EngagementStatus",
    "ExclusionCheck",
    "Exit",
    "Extension",
    "FollowUpCase",
    "FollowUpContact",
    "Inbound",
    "InsuranceCover",
    "InsuranceGap",
    "IntegratedBatch",
    "JobRun",
    "JobState",
    "KinshipDeclaration",
    "Lease",
    "Material",
    "Message",
    "MessageState",
    "MonthlyCount",
    "NumberSeries",
    "Objection",
    "OneTimeCode",
    "OtherSupport",
    "PageSubmission",
    "ParameterOverride",
    "Person",
    "PlanVersion",
    "Post",
    "PostChange",
    "PostStatus",
    "PublicNotice",
    "PublicNoticeItem",
    "Quota",
    "Receipt",
    "Referral",
    "Region",
    "RegionAlias",
    "Review",
    "ReviewAttendee",
    "ReviewResult",
    "Role",
    "Sighting",
    "SmsHealth",
    "SocialInsurance",
    "Staff",
    "StaffContact",
    "StaffGrant",
    "StaffKin",
    "StaffSession",
    "TemplateConsent",
    "TermEvent",
    "TermNotice",
    "TermRecord",
    "Ticket",
    "TicketStep",
    "Training",
    "Vacancy",
    "Visit",
    "make_engine",
    "new_id",
    "session_factory",
]
