"""Columns."""

import sqlalchemy as sa
from sqlalchemy import Column, Integer, String, Table, text
from sqlalchemy.dialects import postgresql as pg

metadata = sa.MetaData()
Table(
    "t",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String(50), comment="it's 100%\ta \\ sure :name"),
    Column("data", pg.JSONB, nullable=False, server_default=text("'{\"a\"\\:true}'")),
    Column("Größe", sa.Numeric(10, 2), server_default="0"),
    Column("at", sa.DateTime(timezone=True), server_default=sa.func.now()),
)
