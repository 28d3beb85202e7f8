"""The tree of places: district → town, street or park committee → village (R-0.1, R-A2b)."""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base


class RegionKind(StrEnum):
    DISTRICT = "district"
    TOWN = "town"
    STREET = "street"
    PARK = "park"
    VILLAGE = "village"


class Region(Base):
    """A place with an account to give. `path` is `code/code/…/` so that a subtree is a prefix."""

    __tablename__ = "region"

    id: Mapped[int] = mapped_column(primary_key=True)
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("region.id"))
    kind: Mapped[RegionKind] = mapped_column(String(16))
    code: Mapped[str] = mapped_column(String(32), unique=True)
    name: Mapped[str] = mapped_column(String(64))
    path: Mapped[str] = mapped_column(String(255), unique=True)

    parent: Mapped[Region | None] = relationship(remote_side=[id], lazy="joined", join_depth=2)


class RegionAlias(Base):
    """Another name people use for a place (R-A2b). Two villages may share one."""

    __tablename__ = "region_alias"
    __table_args__ = (UniqueConstraint("alias", "region_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    region_id: Mapped[int] = mapped_column(ForeignKey("region.id"), index=True)
    alias: Mapped[str] = mapped_column(String(64), index=True)
