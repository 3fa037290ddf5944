"""What a page looks like, decided before it is written."""
