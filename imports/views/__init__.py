"""The import wizard's pages, the report and the history."""
