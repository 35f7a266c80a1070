"""What ActiveMQ needs on top of plain STOMP."""

from .targets import TOPIC_PLACES, TopicTargets


def activemq_targets(priority: int = 0, *, is_multiplexed: bool = False) -> TopicTargets:
    """Historic destinations and headers; priority 1 to 9 is sent with every message, 0 with none.

    Replies go to its topics and queues alone: ActiveMQ answers any other form with an ERROR that ends the connection.
    """
    return TopicTargets(priority, is_multiplexed, TOPIC_PLACES)
