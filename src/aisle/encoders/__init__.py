"""Fields to vectors."""
