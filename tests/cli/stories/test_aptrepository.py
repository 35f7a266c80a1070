import shutil
import subprocess
from pathlib import Path

import pytest

from mcollective_py.cli.stories.aptrepository import Deb, build_repository, few_packages, use_repository
from mcollective_py.cli.stories.lab import Lab
from mcollective_py.errors import NotReady

STATUS = """Package: dpkg
Status: install ok installed
Pre-Depends: libc6
Depends: tar

Package: vim
Status: install ok installed

"""


def test_a_status_file_keeps_few_packages_and_what_they_need_is_forgotten() -> None:
    assert few_packages(STATUS) == "Package: dpkg\nStatus: install ok installed\n\n"


@pytest.mark.skipif(not Path("/usr/bin/dpkg-deb").exists(), reason="dpkg-deb is not installed")
def test_packages_and_their_indexes_are_made(tmp_path: Path) -> None:
    debs = (
        Deb("shop", "1:1.0-1", depends="dpkg", conffile="v=1\n", scripts={"postinst": "#!/bin/sh\n"}),
        Deb("gone", "2.0", suite="other", is_there=False),
    )
    build_repository(tmp_path / "repo", debs)
    (file,) = (tmp_path / "repo" / "pool").iterdir()
    assert file.name == "shop_1%3a1.0-1_all.deb"
    fields = subprocess.run(["/usr/bin/dpkg-deb", "-f", file, "Version", "Depends"], capture_output=True, text=True, check=True).stdout
    assert fields == "Version: 1:1.0-1\nDepends: dpkg\n"
    (index,) = (tmp_path / "repo" / "dists" / "lab").rglob("Packages")
    assert f"Filename: pool/{file.name}\nSize: {file.stat().st_size}\n" in index.read_text()
    assert "Package: gone" in next((tmp_path / "repo" / "dists" / "other").rglob("Packages")).read_text()
    assert "Codename: other" in (tmp_path / "repo" / "dists" / "other" / "Release").read_text()


@pytest.mark.parametrize("code", [0, 100])
def test_a_hosts_apt_knows_the_repository_and_nothing_else(tmp_path: Path, code: int) -> None:
    root, program = tmp_path / "root", tmp_path / "labhost"
    (root / "var/lib/dpkg").mkdir(parents=True)
    program.write_text(
        f'#!/bin/sh\necho "$*" >>{tmp_path}/calls\ncase "$*" in\n"path apt1") echo {root} ;;\n'
        f'*"cat /var"*) cat {tmp_path}/status ;;\n*update) echo no list >&2; exit {code} ;;\nesac\n'
    )
    program.chmod(0o755)
    (tmp_path / "status").write_text(STATUS)
    with Lab(program, []) as lab:
        if code:
            with pytest.raises(NotReady, match="apt1: apt-get update: no list"):
                use_repository(lab, "apt1", tmp_path / "repo")
        else:
            use_repository(lab, "apt1", tmp_path / "repo", ("lab", "other"))
            sources = (root / "etc/apt/sources.list").read_text()
            assert sources == "deb [trusted=yes] file:/srv/repo lab main\ndeb [trusted=yes] file:/srv/repo other main\n"
            assert "vim" not in (root / "var/lib/dpkg/status").read_text()
            assert f"cp -r {tmp_path}/repo /srv/repo" in (tmp_path / "calls").read_text()
    shutil.rmtree(root)
