# SPDX-License-Identifier: EUPL-1.2
"""The history of the schema. Once released, a migration is never edited: changes are new files."""

# The newest revision; a test keeps it equal to what Alembic finds in `versions/`.
HEAD = "0005"

# What the database holds beside our tables: PostGIS's coordinate systems, and the index that only PostGIS can have.
NOT_COMPARED = frozenset({"spatial_ref_sys", "ix_boundary_geometry"})
