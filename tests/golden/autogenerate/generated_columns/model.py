"""Generated columns."""

import sqlalchemy as sa
from sqlalchemy import Column, Integer, Table, text

metadata = sa.MetaData()
Table(
    "t",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("a", Integer),
    Column("b", Integer, sa.Computed("a * 3", persisted=True)),
    Column("c", Integer, sa.Computed("a", persisted=True)),
    Column("d", Integer),
    Column("e", Integer, sa.Computed("a+2", persisted=True)),
    Column("f", Integer, sa.Computed("g + 1", persisted=True)),
    Column("g", Integer),
    sa.UniqueConstraint("b", "a"),
    sa.Index("of_e", text("(e+1)"), postgresql_where=text("e>0")),
)
