"""Files: streams, gzip, atomic writes, locks, HDF5, YAML. Knows no DNA."""
