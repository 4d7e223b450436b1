"""Only an index."""

import sqlalchemy as sa
from sqlalchemy import Column, Integer, Table

metadata = sa.MetaData(schema="app")

Table("t", metadata, Column("id", Integer, primary_key=True), Column("a", Integer, index=True))
