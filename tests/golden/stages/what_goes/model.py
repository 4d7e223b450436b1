"""What goes."""

import sqlalchemy as sa
from sqlalchemy import Column, Integer, Table, Text

metadata = sa.MetaData()

Table(
    "t",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("b", Text),
    Column("m", sa.Enum("sad", "ok", "new", name="mood")),
    Column("v", Text),
)
