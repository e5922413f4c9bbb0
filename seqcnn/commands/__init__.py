"""One file per command of the command line: each parses its options, calls one station and prints.

Libraries and stations are imported inside the functions, so that `--help` loads none of them.
"""
