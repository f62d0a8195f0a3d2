"""The cards, one file a family. A new file here appears in every menu by itself."""
