"""The commands of the command line, by what they work on; each parses, and calls one station."""
