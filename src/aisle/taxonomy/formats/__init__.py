"""One file for each format that a taxonomy can come in; `aisle.taxonomy.readers` lists them."""
