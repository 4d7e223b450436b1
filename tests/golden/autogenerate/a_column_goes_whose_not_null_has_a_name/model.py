"""A column goes whose NOT NULL has a name."""

import sqlalchemy as sa
from sqlalchemy import Column, Integer, Table

metadata = sa.MetaData()

Table("t", metadata, Column("id", Integer, primary_key=True))
