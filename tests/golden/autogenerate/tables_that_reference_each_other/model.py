"""Tables that reference each other."""

import sqlalchemy as sa
from sqlalchemy import Column, Integer, Table

metadata = sa.MetaData()
Table(
    "t",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("u_id", sa.ForeignKey("u.id", ondelete="SET NULL")),
)
Table(
    "u",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("t_id", sa.ForeignKey("t.id", deferrable=True, initially="DEFERRED")),
)
