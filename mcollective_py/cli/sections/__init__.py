"""The options that commands share, a section a file; options.py puts a command's parser together from them."""
