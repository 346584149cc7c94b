"""The embedded services: PostgreSQL and Redis from their wheels, for a machine where nothing is configured."""
