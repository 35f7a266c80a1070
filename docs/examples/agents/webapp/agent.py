from pathlib import Path

from mcollective_py.agent import Agent, action


class Webapp(Agent):
    """Deploys releases of a web application; an example that keeps its state in a file."""

    @classmethod
    def activate_when(cls, node, config):
        return "path" in config

    @action
    def status(self, request, reply):
        reply["release"] = self._file.read_text().strip() if self._file.exists() else "none"

    @action
    def deploy(self, request, reply):
        if not self._file.parent.is_dir():
            reply.abort(f"there is no folder {self._file.parent}")
        reply["before"] = self._file.read_text().strip() if self._file.exists() else "none"
        if not request.get("noop"):
            self._file.write_text(f"{request['release']}\n")

    @property
    def _file(self):
        return Path(self.config["path"])
