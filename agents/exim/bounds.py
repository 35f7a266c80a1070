"""How many messages one request may be about, as hosts, the command line and the live view have it."""

MAX_IDS = 5000  # that are named by their ids
MAX_MESSAGES = 1000  # that are acted on, where nobody says otherwise
