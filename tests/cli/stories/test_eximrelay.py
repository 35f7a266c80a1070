from pathlib import Path

import pytest

from mcollective_py.cli.stories import eximrelay
from mcollective_py.cli.stories.lab import Lab
from mcollective_py.errors import NotReady


def test_a_relay_keeps_what_it_gets_and_refuses_what_its_acl_says() -> None:
    text = eximrelay.config("mx1", "10.77.0.9", more="split_spool_directory", acl="  deny senders = bad@example.com", routers="first:")
    lines = text.splitlines()
    assert {"primary_hostname = mx1.lab.test", "queue_only", "split_spool_directory", "first:"} <= set(lines)
    assert "  route_list = * 10.77.0.9::2525 byname" in lines
    assert lines.index("  deny senders = bad@example.com") < lines.index("  accept")
    assert "${if eq{$auth3}{secret}}" in text


@pytest.mark.parametrize("code", [0, 2])
def test_exim_is_unpacked_in_the_host_and_its_configuration_written(tmp_path: Path, code: int) -> None:
    program = tmp_path / "labhost"
    program.write_text(f'#!/bin/sh\ncase "$1" in path) echo {tmp_path}/root ;; exec) echo no space >&2; exit {code} ;; esac\n')
    program.chmod(0o755)
    with Lab(program, []) as lab:
        if code:
            with pytest.raises(NotReady, match="mx1: Exim was not unpacked: no space"):
                eximrelay.install(lab, "mx1", "the text")
        else:
            eximrelay.install(lab, "mx1", "the text")
            assert (tmp_path / "root/etc/exim4/exim4.conf").read_text() == "the text"


def test_packages_are_there_or_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(eximrelay, "DEBS", tmp_path)
    assert not eximrelay.is_fetched()
    (tmp_path / "exim4-daemon-light_4.96_amd64.deb").touch()
    assert eximrelay.is_fetched()
