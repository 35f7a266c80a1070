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


def test_an_unknown_command_is_1_and_gets_the_nearest(desk):
    answer = desk.mco("help", "inventry")
    assert (answer.code, answer.out) == (1, "")
    assert "did you mean inventory? `mco help` lists them" in answer.err


def test_commands_of_a_libdir_are_listed_and_explained(desk, tmp_path):
    application = tmp_path / "lib" / "agents" / "paint" / "application.py"
    application.parent.mkdir(parents=True)
    application.write_text(
        "from mcollective_py.cli.application import Application\n\n\n"
        'class Paint(Application):\n    """Paints."""\n\n    description = "Paint hosts"\n'
    )
    (tmp_path / "client.cfg").write_text(f"libdir = {tmp_path}/lib\n")
    config = ("-c", f"{tmp_path}/client.cfg")
    assert ["paint", "Paint", "hosts"] in [line.split() for line in desk.mco("help", *config).lines]
    assert "--with-class" in desk.mco("help", "paint", *config).out
