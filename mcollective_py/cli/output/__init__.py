"""The formats in which results are shown, one a file; chosen.py takes the one that the options ask for."""
