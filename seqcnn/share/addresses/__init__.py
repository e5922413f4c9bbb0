"""Models of the network: what an address names, and its file, received within bounds."""
