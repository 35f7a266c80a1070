from mcollective_py.cli.stories import package


def test_one_host_alone_is_behind_and_one_has_none() -> None:
    assert [name for name, version in package._HAVE.items() if version == package._OLD] == ["web3"]
    assert {host.name for host in package.STORY.hosts} - set(package._HAVE) == {"db1"}
