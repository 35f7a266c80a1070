"""Completion in a shell: what could stand next on a line, found without importing the command it belongs to."""
