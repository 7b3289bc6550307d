# SPDX-License-Identifier: EUPL-1.2
"""The tables. Migrations create them; `alembic check` in the tests keeps the two the same.

Three ideas hold it together:
- `organisation` is a wide row of the winning public values; `restricted` holds winners that are not public; both are
  computed from `assertion`, which never forgets.
- `source_record` remembers the digest of every row that a source ever gave, so that a load can tell added, changed,
  unchanged and gone for every kind of record in the same way.
- everything that a load wrote points to its `load`.
"""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    Date,
    Double,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
)

from data.store.geometry import Outline

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

state = Table(
    "state",
    metadata,
    Column("name", String(40), primary_key=True),
    Column("value", Integer, nullable=False),
)

load = Table(
    "load",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("source", String(60), nullable=False, index=True),
    Column("files", Text, nullable=False),
    Column("finished", String(40), nullable=False),
    Column("data_date", Date),
    Column("read", Integer, nullable=False),
    Column("added", Integer, nullable=False),
    Column("changed", Integer, nullable=False),
    Column("unchanged", Integer, nullable=False),
    Column("rejected", Integer, nullable=False),
    Column("out_of_area", Integer, nullable=False),
    Column("gone", Integer, nullable=False),
)

source_record = Table(
    "source_record",
    metadata,
    Column("source", String(60), primary_key=True),
    Column("key", String(400), primary_key=True),
    Column("digest", String(32), nullable=False),
    Column("load_id", Integer, ForeignKey("load.id"), nullable=False),
    Column("gone_load_id", Integer, ForeignKey("load.id")),
)

organisation = Table(
    "organisation",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("name", Text, nullable=False),
    Column("kind", String(20), nullable=False),
    Column("municipality", String(6), index=True),
    Column("province", String(3)),
    Column("lon", Double),
    Column("lat", Double),
    Column("precision", String(20), nullable=False),
    Column("sector", String(12)),
    Column("sector_version", String(4)),
    Column("category", String(80)),
    Column("social_type", String(4)),
    Column("legal_form", String(120)),
    Column("body_type", String(40)),
    Column("status", String(40)),
    Column("federation", String(80)),
    Column("founded", Integer),
    Column("employees", Integer),
    Column("members", Integer),
    Column("revenue", Double),
    Column("prevalent_mutuality", Boolean),
    Column("third_sector", Boolean),
    Column("disadvantaged_share", Double),
    Column("social_share", Double),
    Column("certifications", Text),
    Column("chain_stages", Text),
    Column("themes", Text),
    Column("purpose", Text),
    Column("website", Text),
    Column("pec", String(320)),
    Column("demonstration", Boolean, nullable=False),
    Column("visibility", String(12), nullable=False),
    Column("listed", Boolean, nullable=False),
    Column("provenance", Text, nullable=False),
    Index("ix_organisation_lon_lat", "lon", "lat"),
)

restricted = Table(
    "restricted",
    metadata,
    Column("organisation_id", String(36), ForeignKey("organisation.id"), primary_key=True),
    Column("field", String(40), primary_key=True),
    Column("value", Text, nullable=False),
    Column("provenance", Text, nullable=False),
    Column("visibility", String(12), nullable=False),
)

identifier = Table(
    "identifier",
    metadata,
    Column("scheme", String(80), primary_key=True),
    Column("value", String(200), primary_key=True),
    Column("organisation_id", String(36), ForeignKey("organisation.id"), nullable=False, index=True),
)

# Which rows say that a body has an identifier, and how openly; an identifier ends with the last row that says it.
identifier_source = Table(
    "identifier_source",
    metadata,
    Column("source", String(60), primary_key=True),
    Column("key", String(400), primary_key=True),
    Column("scheme", String(80), primary_key=True),
    Column("value", String(200), primary_key=True),
    Column("visibility", String(12), nullable=False),
    Index("ix_identifier_source_scheme_value", "scheme", "value"),
)

redirect = Table(
    "redirect",
    metadata,
    Column("old_id", String(36), primary_key=True),
    Column("new_id", String(36), ForeignKey("organisation.id"), nullable=False),
    Column("reason", Text, nullable=False),
    Column("moved", Text, nullable=False),
    Column("load_id", Integer, ForeignKey("load.id"), nullable=False),
)

assertion = Table(
    "assertion",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("organisation_id", String(36), ForeignKey("organisation.id"), nullable=False, index=True),
    Column("field", String(40), nullable=False),
    Column("value", Text, nullable=False),
    Column("evidence", String(20), nullable=False),
    Column("confidence", Double, nullable=False),
    Column("visibility", String(12), nullable=False),
    Column("note", Text, nullable=False),
    Column("date", Date),
    Column("source", String(60), nullable=False),
    Column("key", String(400), nullable=False),
    Column("load_id", Integer, ForeignKey("load.id"), nullable=False),
    Column("ended_load_id", Integer, ForeignKey("load.id")),
    Index("ix_assertion_source_key", "source", "key"),
)

participation = Table(
    "participation",
    metadata,
    Column("project", String(300), primary_key=True),
    Column("organisation_id", String(36), ForeignKey("organisation.id"), primary_key=True),
    Column("lot", String(300), index=True),
    Column("role", String(60)),
    Column("outcome", String(20)),
    Column("date", Date),
    Column("kind", String(40), nullable=False),
    Column("text", Text),
    Column("amount", Double),
    Column("buyer", Text),
    Column("buyer_municipality", String(6)),
    Column("buyer_identifier", String(300)),
    Column("source", String(60), nullable=False),
    Column("demonstration", Boolean, nullable=False),
    Column("load_id", Integer, ForeignKey("load.id"), nullable=False),
    Column("ended_load_id", Integer, ForeignKey("load.id")),
    Index("ix_participation_organisation_id", "organisation_id"),
    Index("ix_participation_buyer_identifier", "buyer_identifier"),
)

participation_source = Table(
    "participation_source",
    metadata,
    Column("source", String(60), primary_key=True),
    Column("key", String(400), primary_key=True),
    Column("project", String(300), nullable=False),
    Column("organisation_id", String(36), nullable=False),
    Index("ix_participation_source_project_organisation_id", "project", "organisation_id"),
)

project_alias = Table(
    "project_alias",
    metadata,
    Column("source", String(60), primary_key=True),
    Column("project", String(300), primary_key=True),
    Column("stored", String(300), nullable=False),
)

declaration = Table(
    "declaration",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("organisation_id", String(36), ForeignKey("organisation.id"), nullable=False, index=True),
    Column("says", String(10), nullable=False),
    Column("what", Text, nullable=False),
    Column("quantity", Double),
    Column("unit", String(40)),
    Column("period", String(20)),
    Column("municipality", String(6)),
    Column("valid_from", Date),
    Column("valid_until", Date),
    Column("visibility", String(12), nullable=False),
    Column("date", Date),
    Column("evidence", String(20), nullable=False),
    Column("source", String(60), nullable=False),
    Column("key", String(400), nullable=False),
    Column("load_id", Integer, ForeignKey("load.id"), nullable=False),
    Column("ended_load_id", Integer, ForeignKey("load.id")),
    Index("ix_declaration_source_key", "source", "key"),
)

site = Table(
    "site",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("source", String(60), nullable=False),
    Column("key", String(400), nullable=False),
    Column("name", Text, nullable=False),
    Column("kind", String(60), nullable=False),
    Column("category", Text),
    Column("subcategory", Text),
    Column("municipality", String(6), index=True),
    Column("lon", Double),
    Column("lat", Double),
    Column("precision", String(20), nullable=False),
    Column("owner_type", String(60)),
    Column("title", Text),
    Column("condition", Text),
    Column("area_m2", Double),
    Column("availability", String(40), nullable=False),
    Column("measure", Text),
    Column("address", Text),
    Column("use", Text),
    Column("owner", Text),
    Column("assignee", Text),
    Column("date", Date),
    Column("visibility", String(12), nullable=False),
    Column("evidence", String(20), nullable=False),
    Column("load_id", Integer, ForeignKey("load.id"), nullable=False),
    Column("ended_load_id", Integer, ForeignKey("load.id")),
    Index("ix_site_source_key", "source", "key"),
)

landmark = Table(
    "landmark",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("source", String(60), nullable=False),
    Column("kind", String(40), nullable=False),
    Column("municipality", String(6), nullable=False, index=True),
    Column("lon", Double, nullable=False),
    Column("lat", Double, nullable=False),
    Column("name", Text),
    Column("load_id", Integer, ForeignKey("load.id"), nullable=False),
    Column("ended_load_id", Integer, ForeignKey("load.id")),
)

municipality = Table(
    "municipality",
    metadata,
    Column("istat", String(6), primary_key=True),
    Column("name", Text, nullable=False),
    Column("province", String(3), nullable=False),
    Column("lon", Double, nullable=False),
    Column("lat", Double, nullable=False),
    Column("area_km2", Double, nullable=False),
    Column("tax_code", String(16)),
    Column("altitude_m", Double),
    Column("altitude_zone", Integer),
    Column("coastal", Boolean),
    Column("island", Boolean),
    Column("urbanisation", Integer),
    Column("snai_class", String(4)),
    Column("snai_minutes", Double),
    Column("snai_pole", Text),
    Column("snai_area", Text),
    Column("provenance", Text, nullable=False),
)

figure = Table(
    "figure",
    metadata,
    Column("municipality", String(6), ForeignKey("municipality.istat"), primary_key=True),
    Column("name", String(60), primary_key=True),
    Column("year", Integer, primary_key=True),
    Column("value", Double, nullable=False),
    Column("unit", String(40), nullable=False),
    Column("source", String(60), nullable=False),
    Column("told_by", Text),
    Column("licence", Text),
    Column("load_id", Integer, ForeignKey("load.id"), nullable=False),
    Column("key", String(400)),
)

# PostGIS also has a GiST index on the outline, made by the migration; SQLite reads all 378 outlines at once.
boundary = Table(
    "boundary",
    metadata,
    Column("municipality", String(6), ForeignKey("municipality.istat"), primary_key=True),
    Column("geometry", Outline, nullable=False),
    Column("year", Integer),
    Column("source", String(60), nullable=False),
    Column("load_id", Integer, ForeignKey("load.id"), nullable=False),
    Column("key", String(400)),
)

# Why rows of a load were refused, counted; the values themselves are never kept.
rejection = Table(
    "rejection",
    metadata,
    Column("load_id", Integer, ForeignKey("load.id"), primary_key=True),
    Column("reason", String(80), primary_key=True),
    Column("field", String(80), primary_key=True),
    Column("count", Integer, nullable=False),
    Column("file", Text, nullable=False),
    Column("line", Integer, nullable=False),
)

area = Table(
    "area",
    metadata,
    Column("source", String(60), primary_key=True),
    Column("key", String(400), primary_key=True),
    Column("level", String(60), nullable=False),
    Column("code", String(80), nullable=False),
    Column("name", Text, nullable=False),
    Column("municipality", String(6), ForeignKey("municipality.istat"), nullable=False),
    Column("detail", Text),
    Column("load_id", Integer, ForeignKey("load.id"), nullable=False),
    Index("ix_area_level_code", "level", "code"),
)

sector_title = Table(
    "sector_title",
    metadata,
    Column("source", String(60), primary_key=True),
    Column("key", String(400), primary_key=True),
    Column("version", String(4), nullable=False),
    Column("code", String(12), nullable=False),
    Column("parent", String(12)),
    Column("title_it", Text, nullable=False),
    Column("title_en", Text),
    Column("load_id", Integer, ForeignKey("load.id"), nullable=False),
)

coefficient = Table(
    "coefficient",
    metadata,
    Column("source", String(60), primary_key=True),
    Column("key", String(400), primary_key=True),
    Column("from_sector", String(20), nullable=False),
    Column("to_sector", String(20), primary_key=True),
    Column("year", Integer, nullable=False),
    Column("value", Double, nullable=False),
    Column("load_id", Integer, ForeignKey("load.id"), nullable=False),
)

# A call's `key` is its id in its source; an ended one stays readable where it was used.
call = Table(
    "call",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("source", String(60), nullable=False),
    Column("key", String(400), nullable=False),
    Column("title", Text, nullable=False),
    Column("body", Text),
    Column("opens", Date),
    Column("closes", Date),
    Column("state", String(20)),
    Column("beneficiaries", Text, nullable=False),
    Column("municipalities", Text, nullable=False),
    Column("instrument", String(80)),
    Column("amount", Double),
    Column("address", Text),
    Column("read_on", Date),
    Column("visibility", String(12), nullable=False),
    Column("load_id", Integer, ForeignKey("load.id"), nullable=False),
    Column("ended_load_id", Integer, ForeignKey("load.id")),
    Index("ix_call_source_key", "source", "key"),
)

dossier = Table(
    "dossier",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("source", String(60), nullable=False),
    Column("key", String(400), nullable=False),
    Column("title", Text, nullable=False),
    Column("kind", String(20), nullable=False),
    Column("purpose", Text),
    Column("need", Text),
    Column("municipalities", Text, nullable=False),
    Column("themes", Text, nullable=False),
    Column("instrument", String(80)),
    Column("call", Text),
    Column("act_kind", String(40)),
    Column("act_title", Text),
    Column("deadline", Date),
    Column("status", String(40), nullable=False),
    Column("outcome", Text),
    Column("objective", String(80)),
    Column("created", Date, nullable=False),
    Column("closed", Date),
    Column("visibility", String(12), nullable=False),
    Column("ended", Date),
    Index("ix_dossier_source_key", "source", "key"),
)

dossier_role = Table(
    "dossier_role",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("dossier_id", String(36), ForeignKey("dossier.id"), nullable=False, index=True),
    Column("source", String(60), nullable=False),
    Column("key", String(400), nullable=False),
    Column("role", Text, nullable=False),
    Column("needs", Text, nullable=False),
    Column("organisation_id", String(36), ForeignKey("organisation.id"), index=True),
    Column("state", String(20), nullable=False),
    Column("resources", Text),
    Column("since", Date),
    Column("ended", Date),
)

# `before` holds what a change replaced, so that it can be taken back; an event taken back has ended.
dossier_event = Table(
    "dossier_event",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("dossier_id", String(36), ForeignKey("dossier.id"), nullable=False, index=True),
    Column("date", Date, nullable=False),
    Column("kind", String(40), nullable=False),
    Column("text", Text, nullable=False),
    Column("by_role", String(120)),
    Column("role", Text),
    Column("role_id", String(36)),
    Column("organisation_id", String(36)),
    Column("changed", Text, nullable=False),
    Column("before", Text),
    Column("written", String(40), nullable=False),
    Column("ended", Date),
)

# What became of suggestions. `ended` is the day it was taken back.
contact_outcome = Table(
    "contact_outcome",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("asker_id", String(36), ForeignKey("organisation.id"), nullable=False, index=True),
    Column("partner_id", String(36), ForeignKey("organisation.id"), nullable=False, index=True),
    Column("kind", String(40), nullable=False),
    Column("step", String(20), nullable=False),
    Column("date", Date, nullable=False),
    Column("reason", String(60)),
    Column("note", Text),
    Column("by_role", String(120)),
    Column("mutual", Boolean, nullable=False),
    Column("dossier_id", String(36)),
    Column("objective", String(80)),
    Column("visibility", String(12), nullable=False),
    Column("written", String(40), nullable=False),
    Column("ended", Date),
)

# What a person decided of two bodies that look alike (`one` < `other` by id): `same` or `different`.
duplicate_decision = Table(
    "duplicate_decision",
    metadata,
    Column("one", String(36), primary_key=True),
    Column("other", String(36), primary_key=True),
    Column("verdict", String(12), nullable=False),
    Column("probability", Double, nullable=False),
    Column("method", String(40), nullable=False),
    Column("decided", String(40), nullable=False),
)

# What a membership list would change: nothing of it is applied before somebody accepts it.
membership_change = Table(
    "membership_change",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("federation", String(80), nullable=False),
    Column("kind", String(20), nullable=False),
    Column("organisation_id", String(36), index=True),
    Column("key", String(400), nullable=False),
    Column("before", Text, nullable=False),
    Column("after", Text, nullable=False),
    Column("state", String(20), nullable=False),
    Column("list_date", Date),
    Column("found", String(40), nullable=False),
    Column("decided", String(40)),
    Column("reason", Text),
    Index("ix_membership_change_state_kind", "state", "kind"),
)

column_map = Table(
    "column_map",
    metadata,
    Column("name", String(80), primary_key=True),
    Column("source", String(60), nullable=False),
    Column("columns", Text, nullable=False),
    Column("saved", String(40), nullable=False),
)

# What people changed by hand, and what stood there before (JSON), so that it can be told and undone.
change_log = Table(
    "change_log",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("subject", String(20), nullable=False),
    Column("subject_id", String(36), nullable=False),
    Column("act", String(20), nullable=False),
    Column("moment", String(40), nullable=False),
    Column("before", Text),
    Index("ix_change_log_subject_id", "subject_id"),
)

# At which version a thing changed last (`data.store.marks`): what a reader that knows an earlier version reads again.
mark = Table(
    "mark",
    metadata,
    Column("subject", String(20), primary_key=True),
    Column("subject_id", String(36), primary_key=True),
    Column("version", Integer, nullable=False),
    Index("ix_mark_version", "version"),
)

# What `land train` learned of how much each sign weighs, as JSON (`matching.learned_weights`).
learned_weights = Table(
    "learned_weights",
    metadata,
    Column("kind", String(40), primary_key=True),
    Column("document", Text, nullable=False),
)
