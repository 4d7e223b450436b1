"""Enumerated types go."""

import sqlalchemy as sa
from sqlalchemy import Column, Integer, Table, Text

metadata = sa.MetaData()
Table(
    "t", metadata, Column("id", Integer, primary_key=True), Column("a", Text, server_default="sad")
)
