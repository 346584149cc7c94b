"""What templates can say about backups."""
