"""Comments."""

import sqlalchemy as sa
from sqlalchemy import Column, Integer, Table

metadata = sa.MetaData()
Table(
    "t",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("a", Integer, comment="it's 100% 'new': \\"),
    Column("b", Integer),
    Column("c", Integer, comment="ü\n-- DOWN\n;"),
    comment="new",
)
