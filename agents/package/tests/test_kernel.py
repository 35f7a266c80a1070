"""Whether a newer kernel waits for a reboot."""

from pathlib import Path

from mcollective_py.plugins.modules import load_module

kernel = load_module("package", Path(__file__).parents[1], "kernel")
compare_dpkg = load_module("package", Path(__file__).parents[1], "versions").compare_dpkg


def told(running, *installed):
    answer = kernel.kernel_restart(running, installed, compare_dpkg)
    return answer.reboot, answer.reasons


def test_a_newer_kernel_of_the_same_flavour_waits():
    assert told("6.1.0-9-amd64", "6.1.0-9-amd64", "6.1.0-21-amd64", "6.1.0-10-amd64") == (
        True, ("the kernel 6.1.0-9-amd64 runs, 6.1.0-21-amd64 is installed",),
    )  # fmt: skip


def test_the_newest_one_runs():
    assert told("6.1.0-21-amd64", "6.1.0-9-amd64", "6.1.0-21-amd64", "6.1.0-30-rt-amd64") == (False, ())


def test_in_a_container_nobody_can_tell():
    assert told("6.18.0", "6.1.0-21-amd64") == (None, ())
