"""The engine of a cluster: every part is a Spark task. Nothing else in Aisle knows of Spark."""
