"""The pages of lists, recipients, fields and settings."""
