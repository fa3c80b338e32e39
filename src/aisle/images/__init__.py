"""Where a product's images lie, and how their bytes become pixels."""
