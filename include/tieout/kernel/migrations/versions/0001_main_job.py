"""The main job: order entry, vendors, settlement, exceptions.

Revision ID: 0001
"""

from tieout.kernel.schema import apply_folder

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Apply include/sql/schema/0001."""
    apply_folder(revision)
