"""The training methods, one file each. A new file here is known to recipes and to the command line by itself."""
