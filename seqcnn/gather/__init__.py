"""Join the parts of a result that commands with `--shard` wrote."""
