"""The demo account: people who do not exist, the files that a company would import of them, and its history."""
