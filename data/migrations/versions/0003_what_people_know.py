# SPDX-License-Identifier: EUPL-1.2
"""Data truth: refused rows, areas, sector titles and coefficients, calls, dossiers, outcomes, decisions, reviews."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "change_log",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("subject", sa.String(length=20), nullable=False),
        sa.Column("subject_id", sa.String(length=36), nullable=False),
        sa.Column("act", sa.String(length=20), nullable=False),
        sa.Column("moment", sa.String(length=40), nullable=False),
        sa.Column("before", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_change_log")),
    )
    op.create_index("ix_change_log_subject_id", "change_log", ["subject_id"], unique=False)
    op.create_table(
        "column_map",
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("source", sa.String(length=60), nullable=False),
        sa.Column("columns", sa.Text(), nullable=False),
        sa.Column("saved", sa.String(length=40), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_column_map")),
    )
    op.create_table(
        "dossier",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("source", sa.String(length=60), nullable=False),
        sa.Column("key", sa.String(length=400), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=True),
        sa.Column("need", sa.Text(), nullable=True),
        sa.Column("municipalities", sa.Text(), nullable=False),
        sa.Column("themes", sa.Text(), nullable=False),
        sa.Column("instrument", sa.String(length=80), nullable=True),
        sa.Column("call", sa.Text(), nullable=True),
        sa.Column("act_kind", sa.String(length=40), nullable=True),
        sa.Column("act_title", sa.Text(), nullable=True),
        sa.Column("deadline", sa.Date(), nullable=True),
        sa.Column("status", sa.String(length=40), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("objective", sa.String(length=80), nullable=True),
        sa.Column("created", sa.Date(), nullable=False),
        sa.Column("closed", sa.Date(), nullable=True),
        sa.Column("visibility", sa.String(length=12), nullable=False),
        sa.Column("ended", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dossier")),
    )
    op.create_index("ix_dossier_source_key", "dossier", ["source", "key"], unique=False)
    op.create_table(
        "duplicate_decision",
        sa.Column("one", sa.String(length=36), nullable=False),
        sa.Column("other", sa.String(length=36), nullable=False),
        sa.Column("verdict", sa.String(length=12), nullable=False),
        sa.Column("probability", sa.Double(), nullable=False),
        sa.Column("method", sa.String(length=40), nullable=False),
        sa.Column("decided", sa.String(length=40), nullable=False),
        sa.PrimaryKeyConstraint("one", "other", name=op.f("pk_duplicate_decision")),
    )
    op.create_table(
        "membership_change",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("federation", sa.String(length=80), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("organisation_id", sa.String(length=36), nullable=True),
        sa.Column("key", sa.String(length=400), nullable=False),
        sa.Column("before", sa.Text(), nullable=False),
        sa.Column("after", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("list_date", sa.Date(), nullable=True),
        sa.Column("found", sa.String(length=40), nullable=False),
        sa.Column("decided", sa.String(length=40), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_membership_change")),
    )
    op.create_index(
        op.f("ix_membership_change_organisation_id"), "membership_change", ["organisation_id"], unique=False
    )
    op.create_index("ix_membership_change_state_kind", "membership_change", ["state", "kind"], unique=False)
    op.create_table(
        "area",
        sa.Column("source", sa.String(length=60), nullable=False),
        sa.Column("key", sa.String(length=400), nullable=False),
        sa.Column("level", sa.String(length=60), nullable=False),
        sa.Column("code", sa.String(length=80), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("municipality", sa.String(length=6), nullable=False),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.Column("load_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["load_id"], ["load.id"], name=op.f("fk_area_load_id")),
        sa.ForeignKeyConstraint(["municipality"], ["municipality.istat"], name=op.f("fk_area_municipality")),
        sa.PrimaryKeyConstraint("source", "key", name=op.f("pk_area")),
    )
    op.create_index("ix_area_level_code", "area", ["level", "code"], unique=False)
    op.create_table(
        "call",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("source", sa.String(length=60), nullable=False),
        sa.Column("key", sa.String(length=400), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=True),
        sa.Column("opens", sa.Date(), nullable=True),
        sa.Column("closes", sa.Date(), nullable=True),
        sa.Column("state", sa.String(length=20), nullable=True),
        sa.Column("beneficiaries", sa.Text(), nullable=False),
        sa.Column("municipalities", sa.Text(), nullable=False),
        sa.Column("instrument", sa.String(length=80), nullable=True),
        sa.Column("amount", sa.Double(), nullable=True),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("read_on", sa.Date(), nullable=True),
        sa.Column("visibility", sa.String(length=12), nullable=False),
        sa.Column("load_id", sa.Integer(), nullable=False),
        sa.Column("ended_load_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["ended_load_id"], ["load.id"], name=op.f("fk_call_ended_load_id")),
        sa.ForeignKeyConstraint(["load_id"], ["load.id"], name=op.f("fk_call_load_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call")),
    )
    op.create_index("ix_call_source_key", "call", ["source", "key"], unique=False)
    op.create_table(
        "coefficient",
        sa.Column("source", sa.String(length=60), nullable=False),
        sa.Column("key", sa.String(length=400), nullable=False),
        sa.Column("from_sector", sa.String(length=20), nullable=False),
        sa.Column("to_sector", sa.String(length=20), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("value", sa.Double(), nullable=False),
        sa.Column("load_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["load_id"], ["load.id"], name=op.f("fk_coefficient_load_id")),
        sa.PrimaryKeyConstraint("source", "key", "to_sector", name=op.f("pk_coefficient")),
    )
    op.create_table(
        "contact_outcome",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("asker_id", sa.String(length=36), nullable=False),
        sa.Column("partner_id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("step", sa.String(length=20), nullable=False),
        sa.Column("date", sa.Date(), nullable=False),
        sa.Column("reason", sa.String(length=60), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("by_role", sa.String(length=120), nullable=True),
        sa.Column("mutual", sa.Boolean(), nullable=False),
        sa.Column("dossier_id", sa.String(length=36), nullable=True),
        sa.Column("objective", sa.String(length=80), nullable=True),
        sa.Column("visibility", sa.String(length=12), nullable=False),
        sa.Column("written", sa.String(length=40), nullable=False),
        sa.Column("ended", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["asker_id"], ["organisation.id"], name=op.f("fk_contact_outcome_asker_id")),
        sa.ForeignKeyConstraint(["partner_id"], ["organisation.id"], name=op.f("fk_contact_outcome_partner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact_outcome")),
    )
    op.create_index(op.f("ix_contact_outcome_asker_id"), "contact_outcome", ["asker_id"], unique=False)
    op.create_index(op.f("ix_contact_outcome_partner_id"), "contact_outcome", ["partner_id"], unique=False)
    op.create_table(
        "dossier_event",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("dossier_id", sa.String(length=36), nullable=False),
        sa.Column("date", sa.Date(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("by_role", sa.String(length=120), nullable=True),
        sa.Column("role", sa.Text(), nullable=True),
        sa.Column("role_id", sa.String(length=36), nullable=True),
        sa.Column("organisation_id", sa.String(length=36), nullable=True),
        sa.Column("changed", sa.Text(), nullable=False),
        sa.Column("before", sa.Text(), nullable=True),
        sa.Column("written", sa.String(length=40), nullable=False),
        sa.Column("ended", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["dossier_id"], ["dossier.id"], name=op.f("fk_dossier_event_dossier_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dossier_event")),
    )
    op.create_index(op.f("ix_dossier_event_dossier_id"), "dossier_event", ["dossier_id"], unique=False)
    op.create_table(
        "dossier_role",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("dossier_id", sa.String(length=36), nullable=False),
        sa.Column("source", sa.String(length=60), nullable=False),
        sa.Column("key", sa.String(length=400), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("needs", sa.Text(), nullable=False),
        sa.Column("organisation_id", sa.String(length=36), nullable=True),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("resources", sa.Text(), nullable=True),
        sa.Column("since", sa.Date(), nullable=True),
        sa.Column("ended", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["dossier_id"], ["dossier.id"], name=op.f("fk_dossier_role_dossier_id")),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_dossier_role_organisation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dossier_role")),
    )
    op.create_index(op.f("ix_dossier_role_dossier_id"), "dossier_role", ["dossier_id"], unique=False)
    op.create_index(op.f("ix_dossier_role_organisation_id"), "dossier_role", ["organisation_id"], unique=False)
    op.create_table(
        "rejection",
        sa.Column("load_id", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(length=80), nullable=False),
        sa.Column("field", sa.String(length=80), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("file", sa.Text(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["load_id"], ["load.id"], name=op.f("fk_rejection_load_id")),
        sa.PrimaryKeyConstraint("load_id", "reason", "field", name=op.f("pk_rejection")),
    )
    op.create_table(
        "sector_title",
        sa.Column("source", sa.String(length=60), nullable=False),
        sa.Column("key", sa.String(length=400), nullable=False),
        sa.Column("version", sa.String(length=4), nullable=False),
        sa.Column("code", sa.String(length=12), nullable=False),
        sa.Column("parent", sa.String(length=12), nullable=True),
        sa.Column("title_it", sa.Text(), nullable=False),
        sa.Column("title_en", sa.Text(), nullable=True),
        sa.Column("load_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["load_id"], ["load.id"], name=op.f("fk_sector_title_load_id")),
        sa.PrimaryKeyConstraint("source", "key", name=op.f("pk_sector_title")),
    )
    op.add_column("organisation", sa.Column("chain_stages", sa.Text(), nullable=True))
    op.add_column("organisation", sa.Column("themes", sa.Text(), nullable=True))
    op.add_column("declaration", sa.Column("period", sa.String(length=20), nullable=True))
    op.add_column("site", sa.Column("address", sa.Text(), nullable=True))
    op.add_column("site", sa.Column("use", sa.Text(), nullable=True))
    op.add_column("site", sa.Column("owner", sa.Text(), nullable=True))
    op.add_column("site", sa.Column("assignee", sa.Text(), nullable=True))
    op.add_column("figure", sa.Column("told_by", sa.Text(), nullable=True))
    op.add_column("figure", sa.Column("licence", sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column("figure", "licence")
    op.drop_column("figure", "told_by")
    op.drop_column("site", "assignee")
    op.drop_column("site", "owner")
    op.drop_column("site", "use")
    op.drop_column("site", "address")
    op.drop_column("declaration", "period")
    op.drop_column("organisation", "themes")
    op.drop_column("organisation", "chain_stages")
    op.drop_table("sector_title")
    op.drop_table("rejection")
    op.drop_index(op.f("ix_dossier_role_organisation_id"), table_name="dossier_role")
    op.drop_index(op.f("ix_dossier_role_dossier_id"), table_name="dossier_role")
    op.drop_table("dossier_role")
    op.drop_index(op.f("ix_dossier_event_dossier_id"), table_name="dossier_event")
    op.drop_table("dossier_event")
    op.drop_index(op.f("ix_contact_outcome_partner_id"), table_name="contact_outcome")
    op.drop_index(op.f("ix_contact_outcome_asker_id"), table_name="contact_outcome")
    op.drop_table("contact_outcome")
    op.drop_table("coefficient")
    op.drop_index("ix_call_source_key", table_name="call")
    op.drop_table("call")
    op.drop_index("ix_area_level_code", table_name="area")
    op.drop_table("area")
    op.drop_index("ix_membership_change_state_kind", table_name="membership_change")
    op.drop_index(op.f("ix_membership_change_organisation_id"), table_name="membership_change")
    op.drop_table("membership_change")
    op.drop_table("duplicate_decision")
    op.drop_index("ix_dossier_source_key", table_name="dossier")
    op.drop_table("dossier")
    op.drop_table("column_map")
    op.drop_index("ix_change_log_subject_id", table_name="change_log")
    op.drop_table("change_log")
