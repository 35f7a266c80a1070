"""`mco console`: a prompt with one connection, a filter that stays, completion and a history."""
