"""What was written down stays: the database itself refuses to change or delete it

Revision 0002, follows 0001. Audit entries and seals, steps of applications, changes of posts, and
the traces of decisions. One thing may be done to a trace: a person who is forgotten is taken out of
it (facts, trace and contact emptied; when, by which rules and with which outcome stay).
A screening that belongs to no application is its asker's own and may go.
"""

from collections.abc import Iterator

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

NEVER = (
    "audit_entry",
    "audit_seal",
    "application_event",
    "post_change",
    "term_record",
    "term_event",
    "follow_up_contact",
    "month_step",
    "subsidy_record",
    "claw_back_receipt",
    "budget",
    "fund_entry",
    "result_file",
    "attendance_event",
    "spot_draw",
)
"""Neither changed nor deleted, whatever for."""

ERASED = " AND ".join(
    (
        "NEW.id = OLD.id",
        "NEW.application_id IS NOT DISTINCT FROM OLD.application_id",
        "NEW.decided_at = OLD.decided_at",
        "NEW.ruleset = OLD.ruleset",
        "NEW.outcome = OLD.outcome",
        "NEW.contact_id IS NULL",
    )
)
EMPTY = {
    "sqlite": "NEW.facts = '{}' AND NEW.matched = '[]' AND NEW.trace = '[]'",
    "postgresql": "NEW.facts = '{}'::jsonb AND NEW.matched = '[]'::jsonb"
    " AND NEW.trace = '[]'::jsonb",
}


LOCKED = "OLD.month_sheet_id IS NOT NULL"
UNLOCKED = " AND ".join(
    ["NEW.month_sheet_id IS NULL"]
    + [
        f"NEW.{name} IS NOT DISTINCT FROM OLD.{name}"
        for name in ("engagement_id", "day_on", "state", "counted", "minutes", "late", "settled_at")
    ]
)
"""A day that a month sheet locked may only be let go again, just as it is (R-3.5d, invariant 7)."""


def upgrade() -> None:
    for statement in _made(op.get_bind().dialect.name):
        op.execute(statement)


def downgrade() -> None:
    dialect = op.get_bind().dialect.name
    for name, table, _event, _condition in _laws(dialect):
        on = f" ON {table}" if dialect == "postgresql" else ""
        op.execute(f"DROP TRIGGER {name}{on}")
    if dialect == "postgresql":
        op.execute("DROP FUNCTION refuse_change()")


def _laws(dialect: str) -> Iterator[tuple[str, str, str, str]]:
    """Name, table, event and condition of every trigger."""
    for table in NEVER:
        for event in ("UPDATE", "DELETE"):
            yield f"{table}_refuse_{event.lower()}", table, event, ""
    erased = ERASED.replace("IS NOT DISTINCT FROM", "IS") if dialect == "sqlite" else ERASED
    changed = f"NOT ({erased} AND {EMPTY[dialect]})"
    yield "decision_refuse_update", "decision", "UPDATE", changed
    yield "decision_refuse_delete", "decision", "DELETE", "OLD.application_id IS NOT NULL"
    let_go = UNLOCKED.replace("IS NOT DISTINCT FROM", "IS") if dialect == "sqlite" else UNLOCKED
    yield "attendance_day_refuse_update", "attendance_day", "UPDATE", f"{LOCKED} AND NOT ({let_go})"
    yield "attendance_day_refuse_delete", "attendance_day", "DELETE", LOCKED
    for event in ("UPDATE", "DELETE"):
        yield f"month_line_refuse_{event.lower()}", "month_line", event, "OLD.locked_at IS NOT NULL"
    if dialect == "postgresql":
        for table in (*NEVER, "decision", "month_line"):
            yield f"{table}_refuse_truncate", table, "TRUNCATE", ""


def _made(dialect: str) -> Iterator[str]:
    if dialect == "postgresql":
        yield (
            "CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            "RAISE EXCEPTION 'rows of % are only ever added', TG_TABLE_NAME "
            "USING ERRCODE = 'integrity_constraint_violation'; END $$"
        )
    for name, table, event, condition in _laws(dialect):
        when = f" WHEN ({condition})" if condition else ""
        if dialect == "postgresql":
            each = "STATEMENT" if event == "TRUNCATE" else "ROW"
            yield (
                f"CREATE TRIGGER {name} BEFORE {event} ON {table} FOR EACH {each}{when} "
                "EXECUTE FUNCTION refuse_change()"
            )
        else:
            refuse = f"SELECT RAISE(ABORT, 'rows of {table} are only ever added')"
            yield f"CREATE TRIGGER {name} BEFORE {event} ON {table}{when} BEGIN {refuse}; END"
