"""Sequences of the model."""

import sqlalchemy as sa
from sqlalchemy import Column, Integer, Table

metadata = sa.MetaData()

numbers = sa.Sequence("numbers", start=7, increment=3, metadata=metadata)
there = sa.Sequence("there")
Table(
    "t",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("a", Integer, server_default=numbers.next_value()),
    Column("b", Integer, server_default=there.next_value()),
    Column("c", Integer, server_default=sa.Sequence("of c").next_value()),
)
Table("u", metadata, Column("id", Integer, sa.Sequence("u_numbers"), primary_key=True))
