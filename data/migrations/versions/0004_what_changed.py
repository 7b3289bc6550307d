# SPDX-License-Identifier: EUPL-1.2
"""What changed since a version, so that a running service reads only that; buyers of projects by their identifier."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "mark",
        sa.Column("subject", sa.String(length=20), nullable=False),
        sa.Column("subject_id", sa.String(length=36), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("subject", "subject_id", name=op.f("pk_mark")),
    )
    op.create_index("ix_mark_version", "mark", ["version"])
    op.create_index("ix_participation_buyer_identifier", "participation", ["buyer_identifier"])


def downgrade() -> None:
    op.drop_index("ix_participation_buyer_identifier", "participation")
    op.drop_index("ix_mark_version", "mark")
    op.drop_table("mark")
