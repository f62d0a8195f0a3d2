"""Explanations of a model's answer, as jobs bring them to pages."""
