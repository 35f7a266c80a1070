from mcollective_py.cli.console.kept import KeptClient
from mcollective_py.client.known import KnownHosts
from mcollective_py.testing import Collective


def test_a_block_leaves_the_connection_and_leaving_ends_it(tmp_path):
    with Collective(tmp_path) as collective:
        collective.add("web1")
        plain = collective.client()
        kept = KeptClient(
            plain.config,
            collective.broker.connector("kept", is_daemon=False),
            plain.security,
            identity="desk",
            known=KnownHosts(tmp_path),
        )
        for _ in range(2):
            with kept:
                assert [reply.sender for reply in kept.ping(timeout=0.5)] == ["web1"]
        assert kept.last is None
        replies = kept.request("echo", "hello", nodes=["web1"])
        assert [reply.body for reply in replies] == ["hello"]
        assert kept.last is replies
        kept.leave()
