"""The verbs of `mco plugin`, a file each, and what they share."""
