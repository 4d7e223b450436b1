"""Defaults."""

import sqlalchemy as sa
from sqlalchemy import Column, Integer, Table, Text, text
from sqlalchemy.dialects import postgresql as pg

metadata = sa.MetaData()
Table(
    "t",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("a", Text, server_default="100% it's"),
    Column("b", Text),
    Column("c", Text, server_default="y"),
    Column("d", pg.JSON, server_default=text("'{\"b\"\\:1}'")),
    Column("e", pg.UUID, server_default=text("gen_random_uuid ( )")),
    Column("f", sa.DateTime(timezone=True), server_default=text("CURRENT_TIMESTAMP")),
    Column("g", Integer, server_default=text("1+1")),
)
