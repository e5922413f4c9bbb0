"""The data of public functions: keywords, files, and sequences in memory, as a dataset.

- `keys`: keywords that describe data, taken from the plan of the data.
- `source`: `read_data`, which reads them, and `dataset_of` for functions that also take a dataset.
- `frame_file`: a DataFrame that is read as its file would be.
"""
