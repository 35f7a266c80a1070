import pytest

from mcollective_py.cli.application import Application
from mcollective_py.cli.options import parse, parser_for
from mcollective_py.errors import UsageError


class Call(Application):
    sections = ("common", "filter", "rpc")


def options(*words):
    return parse(parser_for("call", Call()), words)


def test_batches_have_a_size_and_a_pause():
    chosen = options("--batch", "10%", "--batch-sleep-time", "0", "--limit-seed", "7", "--rt", "/queue/x")
    assert (chosen.batch, chosen.batch_sleep, chosen.limit_seed, chosen.reply_to) == ("10%", 0.0, 7, "/queue/x")


@pytest.mark.parametrize("word", ["-1", "x", "1e9"])
def test_a_pause_that_is_none_is_refused(word):
    with pytest.raises(UsageError, match="is no time: give seconds above 0"):
        options(f"--batch-sleep={word}")


def test_one_is_a_limit_of_one():
    assert (options("-1").limit, options("--ln", "25%").limit, options().limit) == ("1", "25%", None)


def test_a_roll_out_has_a_canary_and_a_bound_of_failures():
    chosen = options("--batch", "1,5,25%,100%", "--canary", "3", "--max-fail", "10%")
    assert (chosen.batch, chosen.canary, chosen.max_fail) == ("1,5,25%,100%", 3, "10%")
    assert (options().canary, options().max_fail, options().rerun) == (None, None, None)


@pytest.mark.parametrize("word", ["0", "-1", "x", "10%"])
def test_a_canary_is_a_whole_number(word):
    with pytest.raises(UsageError, match="is no whole number above 0"):
        options(f"--canary={word}")


def test_a_call_before_says_whom_is_meant():
    assert options("--rerun", "failed:1f2e3d4c").rerun == "failed:1f2e3d4c"
