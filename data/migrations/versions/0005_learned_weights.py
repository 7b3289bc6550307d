# SPDX-License-Identifier: EUPL-1.2
"""Weights of signs that were learned from the store's own history, one JSON document per kind of partnership."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "learned_weights",
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("kind", name=op.f("pk_learned_weights")),
    )


def downgrade() -> None:
    op.drop_table("learned_weights")
