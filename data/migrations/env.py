# SPDX-License-Identifier: EUPL-1.2
"""Alembic's entry: runs the migrations on the connection that the store hands over."""

from __future__ import annotations

from alembic import context

from data.migrations import NOT_COMPARED
from data.store.schema import metadata


def _ours(_object: object, name: str | None, _kind: str, _reflected: bool, _compare_to: object) -> bool:
    return name not in NOT_COMPARED


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    include_object=_ours,
    render_as_batch=True,
    transaction_per_migration=False,
)
with context.begin_transaction():
    context.run_migrations()
