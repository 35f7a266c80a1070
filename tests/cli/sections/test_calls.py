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
