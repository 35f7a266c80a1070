import shutil
from pathlib import Path

import pytest

from mcollective_py.cli.plugin.parcel import Script
from mcollective_py.cli.plugin.rpmpackage import build_rpms, spec_file
from mcollective_py.errors import UsageError
from tests.cli.plugin.made import made


def test_a_spec_has_a_package_for_each_part():
    text = spec_file(made())
    assert "Summary: Deploys 100%% of the web\n" in text and "Vendor: Example Site\n" in text
    assert [line for line in text.splitlines() if line.startswith("%package")] == [
        f"%package -n mcollective-py-web-app-{part}" for part in ("common", "agent", "client")
    ]
    assert "Requires: mcollective-py-web-app-common = 1.2-3\nRequires: mcollective-py >= 0.1\nRequires: jq >= 1.5\n" in text
    assert '%attr(0755, root, root) "/usr/share/mcollective/plugins/agents/web_app/act.sh"\n' in text
    assert '%dir %attr(0755, root, root) "/usr/share/mcollective/plugins/agents/web_app"\n' in text
    assert text.count("%post -n") == 1 and "%post -n mcollective-py-web-app-agent -p /bin/sh\necho 100%%\n" in text


def test_a_script_cannot_be_a_section():
    with pytest.raises(UsageError, match="--postinstall: a line that begins with %"):
        spec_file(made(postinstall=Script("/bin/sh", "true\n%files\n/etc/shadow\n")))


def test_without_rpmbuild_or_in_an_odd_folder_it_says_what_would_do(tmp_path, monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda program: None)
    with pytest.raises(UsageError, match="there is no rpmbuild here"):
        build_rpms(made(), tmp_path)
    monkeypatch.setattr(shutil, "which", lambda program: "/usr/bin/rpmbuild")
    with pytest.raises(UsageError, match="set TMPDIR to a folder with a plain name"):
        build_rpms(made(), Path("/tmp/%{_x}"))
