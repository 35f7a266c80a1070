"""Our own fleet on RabbitMQ, with the default security plugin, whose requests sign where replies go."""

from pathlib import Path

import pytest

from mcollective_py.cli.demosite import SiteBroker
from tests.parts.fleet import Fleet
from tests.parts.rabbitmq import RabbitMQ

pytestmark = pytest.mark.parts


@pytest.mark.parametrize("is_multiplexed", [False, True], ids=["a-topic-each", "one-topic"])
def test_hosts_answer_to_everybody_and_by_name(is_multiplexed: bool, rabbitmq: RabbitMQ, tmp_path: Path):
    where = SiteBroker(rabbitmq.port, connector="rabbitmq", user=rabbitmq.user, password=rabbitmq.password)
    settings = {"plugin.rabbitmq.agents_multiplex": "1" if is_multiplexed else "0"}
    with Fleet(tmp_path, ["web1", "web2"], broker=where, settings=settings) as fleet:
        assert fleet.answering() == ["web1", "web2"]
        everybody = fleet.rpc("rpcutil", "ping", "-F", "country=uk")["replies"]
        assert sorted((reply["sender"], reply["statuscode"]) for reply in everybody) == [("web1", 0), ("web2", 0)]
        (one,) = fleet.rpc("rpcutil", "ping", "-I", "web2")["replies"]
        assert one["sender"] == "web2"
        keys = {key for key, _ in rabbitmq.bindings("mcollective_broadcast")}
        assert (keys == {""}) is is_multiplexed
        assert [key for key, _ in rabbitmq.bindings("mcollective_directed")] == ["web1", "web2"]
