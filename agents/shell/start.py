"""How a supervisor is started: waited for, detached, or in a unit of its own; pure."""

# Of the folder's own parent, and with nothing of the daemon's: -I and -S keep environment, user's folder and site-packages away.
_CODE = "import sys; sys.path.append(sys.argv.pop(1)); from {package}.{module} import main; main()"


def foreground(python: str, parent: str, package: str) -> list[str]:
    """The words of a supervisor that is waited for. parent: the folder that the agent's folder lies in, package: its name."""
    return _python(python, parent, package, "foreground")


def background(python: str, parent: str, package: str, folder: str) -> list[str]:
    """The words of a supervisor that leaves its caller. folder: the job's."""
    return [*_python(python, parent, package, "background"), folder, "--detach"]


def unit_of(handle: str) -> str:
    """The name of a job's unit."""
    return f"mcollective-shell-{handle}.service"


def in_unit(systemd_run: str, handle: str, python: str, parent: str, package: str, folder: str) -> list[str]:
    """The words that start a supervisor in a unit of its own: a stop of the daemon's unit, however it kills, does not reach it.

    Nor do the bounds of the daemon's unit hold there (TasksMax, address families). What a job leaves running on purpose when it has
    ended stays, as it does without a unit.
    """
    return [
        systemd_run, "--quiet", "--collect", "--no-ask-password", f"--unit={unit_of(handle)}", "--property=KillMode=process",
        f"--description=Job {handle} of the shell agent", "--", *_python(python, parent, package, "background"), folder,
    ]  # fmt: skip


def _python(python: str, parent: str, package: str, module: str) -> list[str]:
    return [python, "-I", "-S", "-c", _CODE.format(package=package, module=module), parent]
