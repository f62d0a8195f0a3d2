"""Pictures that our own code draws: traffic signs in a street, digits by strokes. Nothing is stored."""
