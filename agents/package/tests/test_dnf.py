"""The words of dnf's commands, and what recorded runs of dnf 4 say."""

from pathlib import Path

import pytest

from agents.package import dnfanswers as answers
from agents.package import dnfcommands as commands
from agents.package import rpm
from agents.package.provider import Change, Found, Options, Order, PackageState, Restarts, Wanted
from mcollective_py.errors import InvalidRPCData

CASES = Path(__file__).parent / "cases"
LONG = "labaveryveryveryverylongpackagenamethatwillwrapforsure"
TOOL = commands.Tool()


def case(name):
    """Exit code, standard output and standard error of a recorded run."""
    stdout, _, rest = (CASES / f"{name}.txt").read_text().partition("--- stderr, exit code ")
    code, _, stderr = rest.partition("\n")
    return int(code), stdout, stderr


def failure(name):
    return answers.failure_of(*case(name))


def test_an_order_becomes_one_command_whose_names_are_no_options():
    order = Order("install", (Wanted("labpkg", "1.0"), Wanted("glibc:i686"), Wanted("nginx", "1.24.*")))
    assert commands.dnf_change(TOOL, order, simulates=False) == [
        "/usr/bin/dnf", "--setopt=exit_on_lock=1", "-y", "install", "--", "labpkg-1.0", "glibc.i686", "nginx-1.24.*",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("order", "words"),
    [
        (Order("update", (Wanted("x"),)), ["-y", "upgrade", "--", "x"]),
        (Order("update", (Wanted("x", "1"),)), ["-y", "install", "--", "x-1"]),
        (Order("uninstall", (Wanted("x"),)), ["-y", "remove", "--", "x"]),
        (Order("purge", (Wanted("x"),)), ["-y", "remove", "--", "x"]),
        (Order("upgrade"), ["-y", "upgrade"]),
        (Order("upgrade", (), Options(security=True)), ["-y", "--security", "upgrade"]),
        (Order("upgrade", (), Options(full=True)), ["-y", "--allowerasing", "upgrade"]),
        (Order("upgrade", (), Options(change_held=True)), ["--disableplugin=versionlock", "-y", "upgrade"]),
    ],
)
def test_each_order_has_its_words(order, words):
    assert commands.dnf_change(TOOL, order, simulates=False)[2:] == words


def test_a_version_for_an_architecture_gets_any_release():
    assert commands.dnf_spec(Wanted("glibc:i686", "2.34")) == "glibc-2.34-*.i686"
    assert commands.dnf_spec(Wanted("glibc.i686", "2:2.34-1")) == "glibc-2:2.34-1.i686"


@pytest.mark.parametrize("name", ["-y", "--installroot=/", "a b", "a;id", "$(id)", "a\n", "/etc/passwd", "@group", "", "a=1"])
def test_what_is_no_name_never_becomes_a_word(name):
    for build in (commands.dnf_spec, lambda wanted: commands.dnf_lock(TOOL, wanted.name, is_held=True)):
        with pytest.raises(InvalidRPCData, match="is no name of a package"):
            build(Wanted(name))
    with pytest.raises(InvalidRPCData, match="is no version of a package"):
        commands.dnf_spec(Wanted("a", name))


def test_settings_name_another_root_and_its_own_list_of_locks():
    settings = {"installroot": "/srv/root/", "releasever": "9", "setopt": "reposdir=/x y.enabled=0", "disableplugin": "local, foo"}
    tool = commands.tool_of(settings, "/usr/bin/dnf", is_dnf5=False)
    assert tool.words() == [
        "/usr/bin/dnf", "--installroot=/srv/root", "--setopt=pluginconfpath=/srv/root/etc/dnf/plugins", "--releasever=9",
        "--setopt=reposdir=/x", "--setopt=y.enabled=0", "--setopt=exit_on_lock=1", "--disableplugin=local", "--disableplugin=foo",
    ]  # fmt: skip


@pytest.mark.parametrize(("key", "value"), [("installroot", "srv"), ("setopt", "--nogpgcheck"), ("setopt", "x")])
def test_a_setting_that_cannot_be_is_named(key, value):
    with pytest.raises(InvalidRPCData, match=rf"plugin\.package\.dnf\.{key}"):
        commands.tool_of({key: value}, "/usr/bin/dnf", is_dnf5=False)


def test_dnf5_gets_no_double_dash_and_no_option_it_lacks():
    tool = commands.Tool("/usr/bin/dnf", is_dnf5=True)
    assert commands.dnf_change(tool, Order("install", (Wanted("x"),)), simulates=True) == ["/usr/bin/dnf", "--assumeno", "install", "x"]


def test_a_mode_of_clean_that_there_is_not_is_refused_in_the_historic_words():
    with pytest.raises(InvalidRPCData, match="Unsupported yum clean mode: everything"):
        commands.dnf_clean(TOOL, "everything")


def test_what_would_be_installed_is_read():
    assert answers.parse_transaction(case("dnf-install-simulated")[1]) == (
        Change("install", "labepoch", "", "2:0.9-1", "noarch", "lab"),
        Change("install", "labpkg", "", "1.0-1", "noarch", "lab"),
    )


def test_a_package_that_takes_the_place_of_another_is_two_changes():
    assert answers.parse_transaction(case("dnf-upgrade-simulated-with-obsoletes")[1]) == (
        Change("install", "labnew", "", "3.0-1", "noarch", "lab"),
        Change("remove", "labother", "2.0-3", "", "noarch"),
        Change("upgrade", LONG, "", "1.0.0.0.0.0.20260102gitabcdef0123456-1.el9_4", "noarch", "lab"),
        Change("upgrade", "labepoch", "", "2:1.0-1", "noarch", "lab"),
        Change("upgrade", "labpkg", "", "1.2-1", "noarch", "lab"),
    )


def test_what_goes_with_a_package_is_among_the_changes():
    assert answers.parse_transaction(case("dnf-remove-simulated-with-dependents")[1]) == (
        Change("remove", "labpkg", "1.2-1", "", "noarch"),
        Change("remove", "labneeds", "1.0-1", "", "noarch"),
    )


def test_a_downgrade_is_called_one():
    assert answers.parse_transaction(case("dnf-downgrade-simulated")[1]) == (
        Change("downgrade", "labpkg", "", "1.0-1", "noarch", "lab"),
    )


DNF5 = """Updating and loading repositories:
Repositories loaded.
Package         Arch   Version Repository     Size
Upgrading:
 labpkg         noarch 1.2-1   lab        10.0   B
   replacing labpkg noarch 1.0-1 lab     10.0   B
Installing dependencies:
 labdep         noarch 1.0-1   lab        10.0   B

Transaction Summary:
 Installing:         1 package
 Upgrading:          1 package
 Replacing:          1 package
"""
YUM3 = """Dependencies Resolved

================================================================================
 Package          Arch   Version                                 Repository
                                                                           Size
================================================================================
Updating:
 averyveryverylongname
                  noarch 1.2-1                                   lab      2.1 k

Transaction Summary
================================================================================
"""


def test_dnf5_prints_the_old_version_below():
    assert answers.parse_transaction(DNF5) == (
        Change("upgrade", "labpkg", "1.0-1", "1.2-1", "noarch", "lab"),
        Change("install", "labdep", "", "1.0-1", "noarch", "lab"),
    )


def test_yum_breaks_a_line_after_a_long_name():
    assert answers.parse_transaction(YUM3) == (Change("upgrade", "averyveryverylongname", "", "1.2-1", "noarch", "lab"),)


def test_updates_are_read_and_what_obsoletes_others_is_not_one():
    assert answers.parse_updates(case("dnf-check-update")[1]) == (
        Change("upgrade", LONG, "", "1.0.0.0.0.0.20260102gitabcdef0123456-1.el9_4", "noarch", "lab"),
        Change("upgrade", "labepoch", "", "2:1.0-1", "noarch", "lab"),
        Change("upgrade", "labpkg", "", "1.2-1", "noarch", "lab"),
    )
    assert [change.name for change in answers.parse_updates(case("dnf-check-update-security")[1])] == ["labpkg"]


def test_a_line_that_yum_broke_is_one_update():
    assert answers.parse_updates("averylongname.x86_64\n                 1.2-1       updates\n") == (
        Change("upgrade", "averylongname", "", "1.2-1", "x86_64", "updates"),
    )


@pytest.mark.parametrize("name", ["dnf-install", "dnf-install-already-there", "dnf-nothing-to-do", "dnf-remove-not-installed"])
def test_what_went_well_has_no_failure(name):
    assert failure(name) is None


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("dnf-install-no-such-package", "Error: Unable to find a match: nosuch"),
        ("dnf-install-no-such-version", "Error: Unable to find a match: labpkg-9.9"),
        (
            "dnf-install-unmet-dependency",
            "Problem: conflicting requests\n  - nothing provides nosuchthing needed by labunmet-1.0-1.noarch",
        ),
        ("dnf-update-not-installed", "Package labneeds available, but not installed.\nError: No packages marked for upgrade."),
    ],
)
def test_a_failure_is_told_in_the_words_of_dnf(name, words):
    assert failure(name) == words


def test_a_failed_scriptlet_is_a_failure_even_where_dnf_ends_well():
    assert case("dnf-install-failing-postin")[0] == 0
    assert failure("dnf-install-failing-postin").splitlines() == [
        "Error in POSTIN scriptlet in rpm package labpost",
        'error: lua script failed: [string "%post(labpost-1.0-1.noarch)"]:1: the post of the lab says no',
    ]
    assert "the lab says no" in failure("dnf-install-failing-prein")


def test_a_repository_passed_over_is_seen():
    code, stdout, stderr = case("dnf-unreachable-repository-passed-over")
    assert code == 0 and failure("dnf-unreachable-repository-passed-over") is None
    assert "Failed to download metadata for repo 'lab'" in answers.unreadable_repositories(stdout, stderr)
    assert answers.unreadable_repositories(*case("dnf-install")[1:]) is None
    assert "Connection refused" in failure("dnf-unreachable-repository") or "connect" in failure("dnf-unreachable-repository")


def test_one_unknown_among_several_is_seen_though_dnf_goes_on():
    assert answers.unmatched(*case("dnf-update-one-unknown")[1:]) == "No match for argument: nosuch"


def test_another_program_with_the_lock_is_seen():
    code, stdout, stderr = case("dnf-locked")
    assert answers.is_locked(code, stdout + stderr)
    assert failure("dnf-locked").startswith("RPMDB already locked by ")
    assert answers.is_locked(1, "Existing lock /var/run/yum.pid: another copy is running as pid 7.")
    assert not answers.is_locked(1, "Error: Unable to find a match: nosuch")


def test_a_missing_plugin_is_told_from_a_failure():
    code, stdout, stderr = case("dnf-no-such-command")
    assert code == 1 and answers.is_unknown_command(stdout + stderr, "needs-restartingx")
    assert not answers.is_unknown_command(stdout + stderr, "versionlock")
    assert answers.parse_needs_reboot(code, stdout).reboot is None


def test_whether_a_reboot_is_due_is_read_of_the_words():
    text = "Core libraries or services have been updated since boot-up:\n  * glibc\n  * kernel\n\nReboot is required to fully"
    assert answers.parse_needs_reboot(1, text) == Restarts(True, ("glibc was updated", "kernel was updated"))
    assert answers.parse_needs_reboot(*case("dnf-needs-restarting-no")[:2]) == Restarts(False)


def test_found_packages_are_read():
    assert answers.parse_search(case("dnf-search")[1]) == (
        Found("labpkg", "1.2-1", "Lab package labpkg"),
        Found("labpost", "1.0-1", "Lab package labpost"),
    )


def test_lists_of_versionlock_are_read_in_all_their_forms():
    text = "\n# Added lock on Mon Nov 23 15:35:56 2026\nlabpkg-0:1.1-1.*\n0:old-name-1.1-1.*\n!left-0:1-1.*\nlabraw-*\nplain\n"
    assert answers.parse_locks(text) == ("labpkg", "labraw", "old-name", "plain")
    toml = 'version = "1.0"\n[[packages]]\nname = "bash"\n[[packages.conditions]]\nkey = "evr"\ncomparator = "="\nvalue = "5.2"\n'
    assert answers.parse_locks_toml(toml) == ("bash",)
    assert answers.parse_locks_toml("nonsense [") == ()
    assert answers.parse_lock_place("[main]\nenabled=1\nlocklist = /etc/dnf/plugins/versionlock.list\n") == (
        "/etc/dnf/plugins/versionlock.list"
    )


def test_what_rpm_says_becomes_states():
    states = rpm.parse_query(case("rpm-query")[1], "dnf")
    assert states == [
        PackageState("labpkg", "1.2-1", "0", "1.2", "1", "noarch", "dnf"),
        PackageState("labepoch", "2:1.0-1", "2", "1.0", "1", "noarch", "dnf"),
    ]
    assert [state.ensure for state in rpm.states_of(["nosuch", "labpkg.noarch"], states, "dnf")] == ["absent", "1.2-1"]


def test_of_several_kernels_the_newest_counts_and_keys_are_no_packages():
    text = "kernel|0|5.14.0|427.el9|x86_64\nkernel|0|5.14.0|70.el9|x86_64\ngpg-pubkey|0|aa|bb|(none)\n"
    states = rpm.parse_query(text, "dnf")
    assert len(states) == 2
    assert rpm.states_of(["kernel"], states, "dnf")[0].ensure == "5.14.0-427.el9"
