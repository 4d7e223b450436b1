"""A table goes that much is set for."""

import sqlalchemy as sa

metadata = sa.MetaData()
