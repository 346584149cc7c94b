"""What templates can say about imports."""
