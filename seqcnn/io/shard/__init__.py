"""Parts of a result: what `--shard i/n` computes, and how a part is recognised when parts are joined."""
