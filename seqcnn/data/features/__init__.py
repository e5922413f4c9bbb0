"""Features of sequences, such as embeddings of a foundation model, from the user's file."""
