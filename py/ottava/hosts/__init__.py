"""The two seams: where Python runs in the page, and where it runs by itself."""
