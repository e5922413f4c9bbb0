"""Commands that take data, or a model of another library, as functions of Python."""
