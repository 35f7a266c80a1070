"""Why a daemon would not start with a configuration: all reasons at once, and nothing started, written or connected to."""

import logging
import time
from collections.abc import Callable, Iterator

from ..config import Config
from ..errors import MCollectiveError
from ..security.load import security_plugin
from ..settings import RUBY_PROVIDERS
from .auditproviders import check_audit
from .host import facts_source, host_identity
from .logs import check_logging
from .policyfiles import open_authorizer
from .registration import registration_plugin
from .statefolder import check_state_folder

logger = logging.getLogger(__name__)


def obstacles(config: Config) -> Iterator[MCollectiveError]:
    """What each part of a host that build_host makes has to say against the settings; brokers are another matter.

    The facts source's code is loaded, as the daemon would, and not asked for facts; agents are not: a broken one stops nothing. What
    would be warned of at the start is logged. Keys and policies are read.
    """
    speaks_ruby = config.text("securityprovider") in RUBY_PROVIDERS
    parts: tuple[Callable[[], object], ...] = (
        lambda: security_plugin(config, "server", time.time),
        lambda: host_identity(config),
        lambda: facts_source(config, config.paths("libdir"), speaks_ruby=speaks_ruby),
        lambda: registration_plugin(config),
        lambda: open_authorizer(config),
        lambda: check_audit(config),
        lambda: check_state_folder(config),
        lambda: check_logging(config, is_detached=False),
    )
    for part in parts:
        try:
            part()
        except MCollectiveError as error:
            yield error
    if config.flag("daemonize") and config.text("logger_type") == "file" and not config.text("logfile"):
        logger.warning("daemonize = 1 without a logfile: started in the background, not by systemd, the daemon needs one")
