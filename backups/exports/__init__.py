"""Exports: what goes out is made from a master-data file. Nothing here knows Django."""
