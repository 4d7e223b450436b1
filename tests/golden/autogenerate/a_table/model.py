"""A table."""

import sqlalchemy as sa
from sqlalchemy import Column, Integer, String, Table

metadata = sa.MetaData()
Table(
    "t",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String(50), nullable=False, unique=True),
)
