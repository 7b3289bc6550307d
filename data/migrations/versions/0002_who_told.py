# SPDX-License-Identifier: EUPL-1.2
"""Who told an identifier, an outline and a figure: so that they end with the row that said them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "identifier_source",
        sa.Column("source", sa.String(length=60), nullable=False),
        sa.Column("key", sa.String(length=400), nullable=False),
        sa.Column("scheme", sa.String(length=80), nullable=False),
        sa.Column("value", sa.String(length=200), nullable=False),
        sa.Column("visibility", sa.String(length=12), nullable=False),
        sa.PrimaryKeyConstraint("source", "key", "scheme", "value", name=op.f("pk_identifier_source")),
    )
    op.create_index("ix_identifier_source_scheme_value", "identifier_source", ["scheme", "value"])
    op.add_column("boundary", sa.Column("key", sa.String(length=400), nullable=True))
    op.add_column("figure", sa.Column("key", sa.String(length=400), nullable=True))


def downgrade() -> None:
    op.drop_column("figure", "key")
    op.drop_column("boundary", "key")
    op.drop_index("ix_identifier_source_scheme_value", "identifier_source")
    op.drop_table("identifier_source")
