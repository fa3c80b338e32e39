"""Engines that run shard tasks, and the commit that makes a shard visible. They know nothing of products."""
