"""The two pure steps that every run goes through: shard and judge."""
