"""How a database differs from the model."""
