"""The page on explanations, part by part."""
