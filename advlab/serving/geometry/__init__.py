"""The geometry around one picture: slices, distances and climbs, as jobs bring them to pages."""
