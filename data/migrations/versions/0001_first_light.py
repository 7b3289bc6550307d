# SPDX-License-Identifier: EUPL-1.2
"""First light: organisations with their history, links, places, territory, and the register of imports."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from data.store.geometry import Outline

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "load",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("source", sa.String(length=60), nullable=False),
        sa.Column("files", sa.Text(), nullable=False),
        sa.Column("finished", sa.String(length=40), nullable=False),
        sa.Column("data_date", sa.Date(), nullable=True),
        sa.Column("read", sa.Integer(), nullable=False),
        sa.Column("added", sa.Integer(), nullable=False),
        sa.Column("changed", sa.Integer(), nullable=False),
        sa.Column("unchanged", sa.Integer(), nullable=False),
        sa.Column("rejected", sa.Integer(), nullable=False),
        sa.Column("out_of_area", sa.Integer(), nullable=False),
        sa.Column("gone", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_load")),
    )
    op.create_index(op.f("ix_load_source"), "load", ["source"], unique=False)
    op.create_table(
        "municipality",
        sa.Column("istat", sa.String(length=6), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("province", sa.String(length=3), nullable=False),
        sa.Column("lon", sa.Double(), nullable=False),
        sa.Column("lat", sa.Double(), nullable=False),
        sa.Column("area_km2", sa.Double(), nullable=False),
        sa.Column("tax_code", sa.String(length=16), nullable=True),
        sa.Column("altitude_m", sa.Double(), nullable=True),
        sa.Column("altitude_zone", sa.Integer(), nullable=True),
        sa.Column("coastal", sa.Boolean(), nullable=True),
        sa.Column("island", sa.Boolean(), nullable=True),
        sa.Column("urbanisation", sa.Integer(), nullable=True),
        sa.Column("snai_class", sa.String(length=4), nullable=True),
        sa.Column("snai_minutes", sa.Double(), nullable=True),
        sa.Column("snai_pole", sa.Text(), nullable=True),
        sa.Column("snai_area", sa.Text(), nullable=True),
        sa.Column("provenance", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("istat", name=op.f("pk_municipality")),
    )
    op.create_table(
        "organisation",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("municipality", sa.String(length=6), nullable=True),
        sa.Column("province", sa.String(length=3), nullable=True),
        sa.Column("lon", sa.Double(), nullable=True),
        sa.Column("lat", sa.Double(), nullable=True),
        sa.Column("precision", sa.String(length=20), nullable=False),
        sa.Column("sector", sa.String(length=12), nullable=True),
        sa.Column("sector_version", sa.String(length=4), nullable=True),
        sa.Column("category", sa.String(length=80), nullable=True),
        sa.Column("social_type", sa.String(length=4), nullable=True),
        sa.Column("legal_form", sa.String(length=120), nullable=True),
        sa.Column("body_type", sa.String(length=40), nullable=True),
        sa.Column("status", sa.String(length=40), nullable=True),
        sa.Column("federation", sa.String(length=80), nullable=True),
        sa.Column("founded", sa.Integer(), nullable=True),
        sa.Column("employees", sa.Integer(), nullable=True),
        sa.Column("members", sa.Integer(), nullable=True),
        sa.Column("revenue", sa.Double(), nullable=True),
        sa.Column("prevalent_mutuality", sa.Boolean(), nullable=True),
        sa.Column("third_sector", sa.Boolean(), nullable=True),
        sa.Column("disadvantaged_share", sa.Double(), nullable=True),
        sa.Column("social_share", sa.Double(), nullable=True),
        sa.Column("certifications", sa.Text(), nullable=True),
        sa.Column("purpose", sa.Text(), nullable=True),
        sa.Column("website", sa.Text(), nullable=True),
        sa.Column("pec", sa.String(length=320), nullable=True),
        sa.Column("demonstration", sa.Boolean(), nullable=False),
        sa.Column("visibility", sa.String(length=12), nullable=False),
        sa.Column("listed", sa.Boolean(), nullable=False),
        sa.Column("provenance", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organisation")),
    )
    op.create_index("ix_organisation_lon_lat", "organisation", ["lon", "lat"], unique=False)
    op.create_index(op.f("ix_organisation_municipality"), "organisation", ["municipality"], unique=False)
    op.create_table(
        "participation_source",
        sa.Column("source", sa.String(length=60), nullable=False),
        sa.Column("key", sa.String(length=400), nullable=False),
        sa.Column("project", sa.String(length=300), nullable=False),
        sa.Column("organisation_id", sa.String(length=36), nullable=False),
        sa.PrimaryKeyConstraint("source", "key", name=op.f("pk_participation_source")),
    )
    op.create_index(
        "ix_participation_source_project_organisation_id",
        "participation_source",
        ["project", "organisation_id"],
        unique=False,
    )
    op.create_table(
        "project_alias",
        sa.Column("source", sa.String(length=60), nullable=False),
        sa.Column("project", sa.String(length=300), nullable=False),
        sa.Column("stored", sa.String(length=300), nullable=False),
        sa.PrimaryKeyConstraint("source", "project", name=op.f("pk_project_alias")),
    )
    op.create_table(
        "state",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("value", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_state")),
    )
    op.create_table(
        "assertion",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("organisation_id", sa.String(length=36), nullable=False),
        sa.Column("field", sa.String(length=40), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("evidence", sa.String(length=20), nullable=False),
        sa.Column("confidence", sa.Double(), nullable=False),
        sa.Column("visibility", sa.String(length=12), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("date", sa.Date(), nullable=True),
        sa.Column("source", sa.String(length=60), nullable=False),
        sa.Column("key", sa.String(length=400), nullable=False),
        sa.Column("load_id", sa.Integer(), nullable=False),
        sa.Column("ended_load_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["ended_load_id"], ["load.id"], name=op.f("fk_assertion_ended_load_id")),
        sa.ForeignKeyConstraint(["load_id"], ["load.id"], name=op.f("fk_assertion_load_id")),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_assertion_organisation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assertion")),
    )
    op.create_index(op.f("ix_assertion_organisation_id"), "assertion", ["organisation_id"], unique=False)
    op.create_index("ix_assertion_source_key", "assertion", ["source", "key"], unique=False)
    op.create_table(
        "boundary",
        sa.Column("municipality", sa.String(length=6), nullable=False),
        sa.Column("geometry", Outline(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=True),
        sa.Column("source", sa.String(length=60), nullable=False),
        sa.Column("load_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["load_id"], ["load.id"], name=op.f("fk_boundary_load_id")),
        sa.ForeignKeyConstraint(["municipality"], ["municipality.istat"], name=op.f("fk_boundary_municipality")),
        sa.PrimaryKeyConstraint("municipality", name=op.f("pk_boundary")),
    )
    op.create_table(
        "declaration",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("organisation_id", sa.String(length=36), nullable=False),
        sa.Column("says", sa.String(length=10), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("quantity", sa.Double(), nullable=True),
        sa.Column("unit", sa.String(length=40), nullable=True),
        sa.Column("municipality", sa.String(length=6), nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("visibility", sa.String(length=12), nullable=False),
        sa.Column("date", sa.Date(), nullable=True),
        sa.Column("evidence", sa.String(length=20), nullable=False),
        sa.Column("source", sa.String(length=60), nullable=False),
        sa.Column("key", sa.String(length=400), nullable=False),
        sa.Column("load_id", sa.Integer(), nullable=False),
        sa.Column("ended_load_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["ended_load_id"], ["load.id"], name=op.f("fk_declaration_ended_load_id")),
        sa.ForeignKeyConstraint(["load_id"], ["load.id"], name=op.f("fk_declaration_load_id")),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_declaration_organisation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_declaration")),
    )
    op.create_index(op.f("ix_declaration_organisation_id"), "declaration", ["organisation_id"], unique=False)
    op.create_index("ix_declaration_source_key", "declaration", ["source", "key"], unique=False)
    op.create_table(
        "figure",
        sa.Column("municipality", sa.String(length=6), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("value", sa.Double(), nullable=False),
        sa.Column("unit", sa.String(length=40), nullable=False),
        sa.Column("source", sa.String(length=60), nullable=False),
        sa.Column("load_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["load_id"], ["load.id"], name=op.f("fk_figure_load_id")),
        sa.ForeignKeyConstraint(["municipality"], ["municipality.istat"], name=op.f("fk_figure_municipality")),
        sa.PrimaryKeyConstraint("municipality", "name", "year", name=op.f("pk_figure")),
    )
    op.create_table(
        "identifier",
        sa.Column("scheme", sa.String(length=80), nullable=False),
        sa.Column("value", sa.String(length=200), nullable=False),
        sa.Column("organisation_id", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_identifier_organisation_id")),
        sa.PrimaryKeyConstraint("scheme", "value", name=op.f("pk_identifier")),
    )
    op.create_index(op.f("ix_identifier_organisation_id"), "identifier", ["organisation_id"], unique=False)
    op.create_table(
        "landmark",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("source", sa.String(length=60), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("municipality", sa.String(length=6), nullable=False),
        sa.Column("lon", sa.Double(), nullable=False),
        sa.Column("lat", sa.Double(), nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("load_id", sa.Integer(), nullable=False),
        sa.Column("ended_load_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["ended_load_id"], ["load.id"], name=op.f("fk_landmark_ended_load_id")),
        sa.ForeignKeyConstraint(["load_id"], ["load.id"], name=op.f("fk_landmark_load_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_landmark")),
    )
    op.create_index(op.f("ix_landmark_municipality"), "landmark", ["municipality"], unique=False)
    op.create_table(
        "participation",
        sa.Column("project", sa.String(length=300), nullable=False),
        sa.Column("organisation_id", sa.String(length=36), nullable=False),
        sa.Column("lot", sa.String(length=300), nullable=True),
        sa.Column("role", sa.String(length=60), nullable=True),
        sa.Column("outcome", sa.String(length=20), nullable=True),
        sa.Column("date", sa.Date(), nullable=True),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("text", sa.Text(), nullable=True),
        sa.Column("amount", sa.Double(), nullable=True),
        sa.Column("buyer", sa.Text(), nullable=True),
        sa.Column("buyer_municipality", sa.String(length=6), nullable=True),
        sa.Column("buyer_identifier", sa.String(length=300), nullable=True),
        sa.Column("source", sa.String(length=60), nullable=False),
        sa.Column("demonstration", sa.Boolean(), nullable=False),
        sa.Column("load_id", sa.Integer(), nullable=False),
        sa.Column("ended_load_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["ended_load_id"], ["load.id"], name=op.f("fk_participation_ended_load_id")),
        sa.ForeignKeyConstraint(["load_id"], ["load.id"], name=op.f("fk_participation_load_id")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_participation_organisation_id")
        ),
        sa.PrimaryKeyConstraint("project", "organisation_id", name=op.f("pk_participation")),
    )
    op.create_index(op.f("ix_participation_lot"), "participation", ["lot"], unique=False)
    op.create_index("ix_participation_organisation_id", "participation", ["organisation_id"], unique=False)
    op.create_table(
        "redirect",
        sa.Column("old_id", sa.String(length=36), nullable=False),
        sa.Column("new_id", sa.String(length=36), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("moved", sa.Text(), nullable=False),
        sa.Column("load_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["load_id"], ["load.id"], name=op.f("fk_redirect_load_id")),
        sa.ForeignKeyConstraint(["new_id"], ["organisation.id"], name=op.f("fk_redirect_new_id")),
        sa.PrimaryKeyConstraint("old_id", name=op.f("pk_redirect")),
    )
    op.create_table(
        "restricted",
        sa.Column("organisation_id", sa.String(length=36), nullable=False),
        sa.Column("field", sa.String(length=40), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("provenance", sa.Text(), nullable=False),
        sa.Column("visibility", sa.String(length=12), nullable=False),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_restricted_organisation_id")),
        sa.PrimaryKeyConstraint("organisation_id", "field", name=op.f("pk_restricted")),
    )
    op.create_table(
        "site",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("source", sa.String(length=60), nullable=False),
        sa.Column("key", sa.String(length=400), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(length=60), nullable=False),
        sa.Column("category", sa.Text(), nullable=True),
        sa.Column("subcategory", sa.Text(), nullable=True),
        sa.Column("municipality", sa.String(length=6), nullable=True),
        sa.Column("lon", sa.Double(), nullable=True),
        sa.Column("lat", sa.Double(), nullable=True),
        sa.Column("precision", sa.String(length=20), nullable=False),
        sa.Column("owner_type", sa.String(length=60), nullable=True),
        sa.Column("title", sa.Text(), nullable=True),
        sa.Column("condition", sa.Text(), nullable=True),
        sa.Column("area_m2", sa.Double(), nullable=True),
        sa.Column("availability", sa.String(length=40), nullable=False),
        sa.Column("measure", sa.Text(), nullable=True),
        sa.Column("date", sa.Date(), nullable=True),
        sa.Column("visibility", sa.String(length=12), nullable=False),
        sa.Column("evidence", sa.String(length=20), nullable=False),
        sa.Column("load_id", sa.Integer(), nullable=False),
        sa.Column("ended_load_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["ended_load_id"], ["load.id"], name=op.f("fk_site_ended_load_id")),
        sa.ForeignKeyConstraint(["load_id"], ["load.id"], name=op.f("fk_site_load_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_site")),
    )
    op.create_index(op.f("ix_site_municipality"), "site", ["municipality"], unique=False)
    op.create_index("ix_site_source_key", "site", ["source", "key"], unique=False)
    op.create_table(
        "source_record",
        sa.Column("source", sa.String(length=60), nullable=False),
        sa.Column("key", sa.String(length=400), nullable=False),
        sa.Column("digest", sa.String(length=32), nullable=False),
        sa.Column("load_id", sa.Integer(), nullable=False),
        sa.Column("gone_load_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["gone_load_id"], ["load.id"], name=op.f("fk_source_record_gone_load_id")),
        sa.ForeignKeyConstraint(["load_id"], ["load.id"], name=op.f("fk_source_record_load_id")),
        sa.PrimaryKeyConstraint("source", "key", name=op.f("pk_source_record")),
    )

    if op.get_bind().dialect.name == "postgresql":
        op.create_index("ix_boundary_geometry", "boundary", ["geometry"], postgresql_using="gist")


def downgrade() -> None:
    op.drop_table("source_record")
    op.drop_index("ix_site_source_key", table_name="site")
    op.drop_index(op.f("ix_site_municipality"), table_name="site")
    op.drop_table("site")
    op.drop_table("restricted")
    op.drop_table("redirect")
    op.drop_index("ix_participation_organisation_id", table_name="participation")
    op.drop_index(op.f("ix_participation_lot"), table_name="participation")
    op.drop_table("participation")
    op.drop_index(op.f("ix_landmark_municipality"), table_name="landmark")
    op.drop_table("landmark")
    op.drop_index(op.f("ix_identifier_organisation_id"), table_name="identifier")
    op.drop_table("identifier")
    op.drop_table("figure")
    op.drop_index("ix_declaration_source_key", table_name="declaration")
    op.drop_index(op.f("ix_declaration_organisation_id"), table_name="declaration")
    op.drop_table("declaration")
    op.drop_table("boundary")
    op.drop_index("ix_assertion_source_key", table_name="assertion")
    op.drop_index(op.f("ix_assertion_organisation_id"), table_name="assertion")
    op.drop_table("assertion")
    op.drop_table("state")
    op.drop_table("project_alias")
    op.drop_index("ix_participation_source_project_organisation_id", table_name="participation_source")
    op.drop_table("participation_source")
    op.drop_index(op.f("ix_organisation_municipality"), table_name="organisation")
    op.drop_index("ix_organisation_lon_lat", table_name="organisation")
    op.drop_table("organisation")
    op.drop_table("municipality")
    op.drop_index(op.f("ix_load_source"), table_name="load")
    op.drop_table("load")
