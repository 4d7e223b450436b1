"""A server: where it is, connecting, its errors, who is at work, its catalog, backup."""
