"""Prompt Library's own tables in SQLAlchemy Core: the application's, no part of the tool."""
