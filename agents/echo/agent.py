class Echo:
    """Sends the body of any request straight back."""
    timeout = 2  # seconds

    def handlemsg(self, msg):
        return msg.body
