"""A picture of a model."""
