"""Mail for an Exim on this very host, by SMTP: `python -m mcollective_py.cli.stories.mailing < list` in a lab host."""

import json
import smtplib
import sys
from collections.abc import Mapping, Sequence


def send(messages: Sequence[Mapping[str, object]], port: int = 25) -> None:
    """Queue messages: sender, recipients, subject, body, user (who logs in)."""
    by_user: dict[object, list[Mapping[str, object]]] = {}
    for one in messages:
        by_user.setdefault(one.get("user"), []).append(one)
    for user, theirs in by_user.items():
        with smtplib.SMTP("127.0.0.1", port, local_hostname="client.lab.test", timeout=30) as server:
            if user:
                server.login(str(user), "secret")  # what Exim asks of everybody, see eximrelay
            for one in theirs:
                sender = one.get("sender") or "postmaster@lab.test"
                text = f"From: <{sender}>\nSubject: {one.get('subject', 'hello')}\n\n{one.get('body', 'text')}\n"
                recipients = one["recipients"]
                assert isinstance(recipients, list)
                server.sendmail(str(one.get("sender", "")), recipients, text.encode())


if __name__ == "__main__":
    send(json.load(sys.stdin))
