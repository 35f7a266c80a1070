from agents.shell.start import background, foreground, in_unit, unit_of

HANDLE = "84e0c0ea-faa9-4a34-8293-f278ac52e45c"
CODE = "import sys; sys.path.append(sys.argv.pop(1)); from shell.%s import main; main()"


def test_a_supervisor_gets_nothing_of_the_daemons():
    assert foreground("/usr/bin/python3", "/a", "shell") == ["/usr/bin/python3", "-I", "-S", "-c", CODE % "foreground", "/a"]
    words = background("/usr/bin/python3", "/a", "shell", "/state/x")
    assert words == ["/usr/bin/python3", "-I", "-S", "-c", CODE % "background", "/a", "/state/x", "--detach"]


def test_a_unit_is_named_after_the_job_and_leaves_what_the_job_left():
    words = in_unit("/usr/bin/systemd-run", HANDLE, "/usr/bin/python3", "/a", "shell", "/state/x")
    end = words.index("--")
    assert words[end + 1 :] == ["/usr/bin/python3", "-I", "-S", "-c", CODE % "background", "/a", "/state/x"]
    assert {f"--unit={unit_of(HANDLE)}", "--collect", "--property=KillMode=process"} <= set(words[:end])
