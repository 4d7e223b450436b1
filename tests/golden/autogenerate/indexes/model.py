"""Indexes."""

import sqlalchemy as sa
from sqlalchemy import Column, Integer, Table, Text, text
from sqlalchemy.dialects import postgresql as pg

metadata = sa.MetaData()
x = Table(
    "t",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("a", Text),
    Column("b", Text),
    Column("data", pg.JSONB),
    sa.Index(
        "gin",
        "data",
        postgresql_using="gin",
        postgresql_concurrently=True,
        postgresql_ops={"data": "jsonb_path_ops"},
    ),
)
sa.Index("partial", x.c.a, postgresql_where=text("a in ('x','y')"))
sa.Index("otherwise", x.c.a, postgresql_where=x.c.a == "100%")
sa.Index("expression", sa.func.lower(x.c.a), text("(a||b)"))
sa.Index("hashed", x.c.a, postgresql_using="hash")
sa.Index("Descending", x.c.a.desc().nulls_last(), unique=True, postgresql_include=["b"])
