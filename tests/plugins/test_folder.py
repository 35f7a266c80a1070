import pytest

from mcollective_py.errors import PluginError
from mcollective_py.plugins.folder import check_folder, load_plugin


def write(libdir, text="class Tag:\n    pass\n"):
    folder = libdir / "validators" / "tag"
    folder.mkdir(parents=True, mode=0o755)
    (folder / "validator.py").write_text(text)
    (folder / "validator.py").chmod(0o644)
    return folder


def test_the_class_carries_the_folders_name(tmp_path):
    assert load_plugin("validators", "tag", write(tmp_path)).__name__ == "Tag"


def test_a_file_that_others_could_change_is_not_run(tmp_path):
    folder = write(tmp_path, "raise SystemExit('this ran')")
    (folder / "validator.py").chmod(0o666)
    with pytest.raises(PluginError, match=r"not loaded for safety: .* can be written by others"):
        load_plugin("validators", "tag", folder, only_owned=True)


def test_a_link_that_leads_out_is_refused(tmp_path):
    folder = write(tmp_path)
    (folder / "more.py").symlink_to("/etc/hostname")
    with pytest.raises(PluginError, match="is a link that leads out of"):
        check_folder("tag", folder, only_owned=False)
