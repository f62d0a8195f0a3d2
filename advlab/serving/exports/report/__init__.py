"""A report of a run in one HTML file: no reference to anything outside, so it opens offline."""

from advlab.serving.exports.report.page import html

__all__ = ["html"]
