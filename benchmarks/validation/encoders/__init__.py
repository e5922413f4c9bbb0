"""Encoders against the code of their authors."""
