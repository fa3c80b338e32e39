"""Recipes that come with Aisle: TOML files, looked up by name."""
