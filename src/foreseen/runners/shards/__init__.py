"""The shard step divided among threads, processes and machines; one committer."""
