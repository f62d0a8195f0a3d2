"""The page on decision boundaries, part by part."""
