"""A table goes, with all that it has."""

import sqlalchemy as sa

metadata = sa.MetaData()
