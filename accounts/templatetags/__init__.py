"""What templates can say about values: times, sizes, pages."""
