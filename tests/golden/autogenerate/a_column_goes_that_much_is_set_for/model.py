"""A column goes that much is set for."""

import sqlalchemy as sa
from sqlalchemy import Column, Integer, Table

metadata = sa.MetaData()

Table("t", metadata, Column("id", Integer, primary_key=True))
