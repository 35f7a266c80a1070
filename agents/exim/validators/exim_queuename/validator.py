"""The name of a queue of Exim, empty for the usual one."""


class EximQueuename:
    """A folder of the spool that is no other part of it."""

    def validate(self, value: str) -> None:
        from ...addresses import is_queue_name  # each validator has its own copy: a daemon that never checks one does without

        if not is_queue_name(value):
            raise ValueError(
                "must be a queue: letters, digits, '.', '-' and '_', a letter or a digit first, and no folder of the spool's own"
            )
