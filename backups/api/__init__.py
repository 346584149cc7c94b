"""Backups and restores in the REST interface, for people's own scripts."""
