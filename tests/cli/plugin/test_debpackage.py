import shutil

import pytest

from mcollective_py.cli.plugin.debpackage import build_debs, control_file, scripts
from mcollective_py.errors import UsageError
from tests.cli.plugin.made import made


def test_a_control_file_says_what_dpkg_wants():
    parcel = made()
    assert control_file(parcel, parcel.parts[1]).splitlines() == [
        "Package: mcollective-py-web-app-agent",
        "Version: 1.2-3",
        "Architecture: all",
        "Maintainer: Example Site",
        "Installed-Size: 1",
        "Depends: mcollective-py-web-app-common (= 1.2-3), mcollective-py (>= 0.1), jq (>= 1.5)",
        "Section: admin",
        "Priority: optional",
        "Homepage: https://example.net",
        "Description: Deploys 100% of the web",
        " This package has the code that runs on hosts of the plugin web_app.",
    ]


def test_the_package_of_hosts_alone_runs_the_scripts_and_each_takes_caches_away():
    parcel = made()
    forget = '#!/bin/sh\nrm -rf "/usr/share/mcollective/plugins/agents/web_app/__pycache__"\n'
    assert dict(scripts(parcel, parcel.parts[0])) == {"prerm": forget}
    assert dict(scripts(parcel, parcel.parts[1])) == {"postinst": "#!/bin/sh\necho 100%\n", "prerm": forget}


def test_without_dpkg_deb_it_says_what_would_do(tmp_path, monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda program: None)
    with pytest.raises(UsageError, match="there is no dpkg-deb here"):
        build_debs(made(), tmp_path)
