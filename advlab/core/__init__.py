"""The mathematics and the machinery that every attack stands on. Imports nothing above itself."""
