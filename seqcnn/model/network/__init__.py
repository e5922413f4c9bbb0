"""What a bundle holds: the network, its header, its file, and the k-mer profile of its training set."""
