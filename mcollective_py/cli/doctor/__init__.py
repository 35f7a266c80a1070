"""What `mco doctor` is made of: checks of a client or of a host, each with what was seen and what mends it."""
