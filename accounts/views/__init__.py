"""The start page and the pages of My Account."""
