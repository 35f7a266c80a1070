def test_the_commands_are_listed_with_their_line(desk):
    answer = desk.mco("help")
    assert answer.code == 0
    lines = [" ".join(line.split()) for line in answer.lines]
    assert "ping Ping all hosts, or those of a filter, and show how quickly they answer" in lines


def test_one_command_is_explained(desk):
    answer = desk.mco("help", "rpc")
    assert answer.code == 0
    assert "usage: mco rpc [options] AGENT ACTION" in answer.out
    assert "--with-class" in answer.out


def test_more_than_one_command_is_answered_with_where_to_look(desk):
    answer = desk.mco("help", "rpc", "rpcutil")
    assert answer.code == 1
    assert answer.err == "mco help: one command at a time: `mco help rpc` explains rpc, and `mco plugin doc rpcutil` an agent\n"


def test_an_unknown_command_is_1(desk):
    assert desk.mco("help", "nosuch").code == 1
