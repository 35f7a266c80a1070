"""Every setting once: key, type, unit, default and what it is for. The reference page and the sample files are made from this table."""

import re
from typing import NamedTuple

LONGEST_TTL = 300
"""Seconds: the most that a plugin's `max_ttl` can be. With LARGEST_SKEW it bounds how long a request must be remembered."""

LARGEST_SKEW = 300
"""Seconds: the most that a plugin's `skew` can be."""

HIDDEN_WORDS = "password|secret|psk|passphrase|token"
"""Pattern, to be matched without regard to case: a name that holds one of these words is that of a secret."""


class Setting(NamedTuple):
    """One row. In a key, `N` stands for the number of a broker in a pool and `NAME` for an agent's name.

    type: text; number (whole); seconds (fractions allowed); flag; path (absolute or `~/...`); paths (several, `:` between them,
    repeatable); items (`,` or blanks between them); lines (repeatable, one item a line). default: as it would stand in the file,
    None where there is none and help says what happens then. side: whose file it belongs in. secret: never shown. idle: why nothing
    acts on it, empty where something does; a file that asks for something else than the default is told. historic: where MCollective
    2.12 takes something else when the file is silent, in words; and the value that comes nearest to it here, empty where none does.
    """

    key: str
    type: str
    default: str | None
    help: str
    unit: str = ""
    side: str = "both"
    secret: bool = False
    choices: tuple[str, ...] = ()
    least: float | None = None
    most: float | None = None
    idle: str = ""
    historic: tuple[str, str] | None = None

    @property
    def bounds(self) -> str:
        """`at least 1 and at most 300`, or the half of it that there is."""
        limits = (("at least", self.least), ("at most", self.most))
        return " and ".join(f"{word} {limit:g}" for word, limit in limits if limit is not None)

    def is_default(self, value: str) -> bool:
        """Whether a value as written means what holds anyway."""
        if self.type == "flag" and self.default is not None:
            return FLAGS.get(value.lower()) == FLAGS[self.default]
        return value == self.default


def _pool(family: str) -> tuple[Setting, ...]:
    """The settings of a connector that speaks STOMP; family: activemq, rabbitmq or stomp."""
    of = f"plugin.{family}."
    one = f"{of}pool.N."
    return (
        Setting(f"{of}pool.size", "number", None, "How many brokers are listed; they are tried in order.", least=1, most=64),
        Setting(f"{one}host", "text", None, "Name or address of the broker; with TLS its certificate must carry this name."),
        Setting(f"{one}port", "number", "61613", "TCP port of the broker; 61614 is usual with TLS.", least=1, most=65535),
        Setting(f"{one}user", "text", None, "User to log in as; none sends no login."),
        Setting(f"{one}password", "text", None, "Password of the broker's user.", secret=True),
        Setting(f"{one}password_file", "path", None, "File whose first line is the password, in place of `password`."),
        Setting(f"{one}ssl", "flag", "false", "Speak TLS; the broker's certificate and its name are always checked."),
        Setting(
            f"{one}ssl.ca", "items", None, "CA certificates the broker's must lead to; else `plugin.x509.ca`, else the system's own."
        ),
        Setting(f"{one}ssl.cert", "path", None, "Client certificate to show the broker; else `plugin.x509.cert`."),
        Setting(f"{one}ssl.key", "path", None, "Private key of the client certificate; else `plugin.x509.key`."),
        Setting(f"{one}ssl.ciphers", "text", None, "OpenSSL cipher list for TLS 1.2; without it the library's own."),
        Setting(
            f"{one}ssl.fallback",
            "flag",
            "false",
            "Speak TLS without checking the broker's certificate.",
            idle="TLS without verification is not done here",
        ),
        Setting(f"{of}vhost", "text", "/" if family == "rabbitmq" else "mcollective", "Virtual host to ask the broker for."),
        Setting(f"{of}connect_timeout", "seconds", "30", "How long one broker may take to answer.", unit="s", least=0.1, most=600),
        Setting(
            f"{of}heartbeat_interval",
            "seconds",
            "30",
            "Heartbeats both ways; 0 means the default, for without them a dead broker is never noticed. Less than 30 is taken as "
            "written, where Ruby's hosts take 30.",
            unit="s",
            least=0,
            most=3600,
            historic=("off", ""),
        ),
        Setting(
            f"{of}max_hbread_fails",
            "number",
            "2",
            "Missed heartbeats of the broker before a reconnect; 0 means the default.",
            least=0,
            most=100,
        ),
        Setting(
            f"{of}max_hbrlck_fails",
            "number",
            "0",
            "Missed locks of the heartbeat before a reconnect.",
            least=0,
            most=100,
            idle="Ruby's library alone has such a lock",
        ),
        Setting(f"{of}stomp_1_0_fallback", "flag", "true", "Accept a broker that speaks only STOMP 1.0, which has no heartbeats."),
        Setting(f"{of}initial_reconnect_delay", "seconds", "0.01", "First pause before a reconnect.", unit="s", least=0, most=600),
        Setting(f"{of}max_reconnect_delay", "seconds", "30", "Longest pause before a reconnect.", unit="s", least=0, most=3600),
        Setting(
            f"{of}use_exponential_back_off",
            "flag",
            "true",
            "Make each pause before a reconnect longer than the one before.",
            idle="always so here: pauses that do not grow would keep a core and the broker busy",
        ),
        Setting(
            f"{of}back_off_multiplier",
            "number",
            "2",
            "Each pause before a reconnect is this many times the last one; 1 counts as 1.5, for pauses must grow.",
            least=1,
            most=100,
        ),
        Setting(
            f"{of}max_reconnect_attempts",
            "number",
            "0",
            "A client gives up on the brokers after so many attempts; 0 leaves it to `connection_timeout`. A daemon never gives up.",
            side="client",
            least=0,
        ),
        Setting(f"{of}randomize", "flag", "false", "Try the brokers of the pool in random order."),
        Setting(
            f"{of}backup", "flag", "false", "Send to all brokers of the pool at once.", idle="one broker of the pool is used at a time"
        ),
        Setting(
            f"{of}timeout",
            "number",
            "-1",
            "How long reading from a broker may take.",
            least=-1,
            idle="`connect_timeout` is the one to set",
        ),
        Setting(f"{of}base64", "flag", "false", "Wrap message bodies in base64; every host and client must agree."),
        Setting(
            f"{of}priority",
            "number",
            "0",
            "STOMP priority of what is sent; 0 sends none.",
            least=0,
            most=9,
            idle="the queues that hosts read on RabbitMQ have no priorities" if family == "rabbitmq" else "",
        ),
        Setting(
            f"{of}agents_multiplex",
            "flag",
            "false",
            "Send the requests for all agents of a collective to one topic; every host and client must agree.",
        ),
        Setting(f"{of}prompt_user", "flag", "false", "Ask on the terminal for a user that is not set.", side="client"),
        Setting(f"{of}prompt_password", "flag", "false", "Ask on the terminal for a password that is not set.", side="client"),
    )


def _freshness(family: str) -> tuple[Setting, ...]:
    """The limits in time of a plugin whose clients may be Ruby's; family: psk, ssl or aes."""
    return (
        Setting(
            f"plugin.{family}.skew",
            "seconds",
            "60",
            "How far ahead of this host's a client's clock may be; Ruby's nodes do not look.",
            unit="s",
            least=0,
            most=LARGEST_SKEW,
            side="server",
            historic=("any", str(LARGEST_SKEW)),
        ),
        Setting(
            f"plugin.{family}.max_ttl",
            "number",
            "300",
            "The longest ttl this host accepts.",
            unit="s",
            least=1,
            most=LONGEST_TTL,
            side="server",
            historic=("any", ""),
        ),
    )


SETTINGS: tuple[Setting, ...] = (
    # Who and where
    Setting("identity", "text", None, "This host's name; x509: the certificate's name, else the host name.", side="server"),
    Setting("collectives", "items", "mcollective", "The collectives this host or client belongs to."),
    Setting("main_collective", "text", None, "The collective used when none is named; without it the first of `collectives`."),
    Setting("libdir", "paths", None, "Folders with plugins (agents/, facts/, ...); the first wins, the shipped one comes last."),
    # The three choices
    Setting(
        "connector", "text", "activemq", "How to reach the middleware: activemq, rabbitmq or stomp (the embedded broker, Artemis)."
    ),
    Setting(
        "securityprovider",
        "text",
        "x509",
        "How messages are signed: x509; psk, ssl and aes_security for fleets with Ruby hosts.",
        historic=("psk", "psk"),
    ),
    Setting("factsource", "text", "yaml", "Where facts come from: yaml, facter, native, or one of a libdir.", side="server"),
    # Requests
    Setting("ttl", "number", "60", "How long a request stays valid.", unit="s", least=1, most=86400),
    Setting(
        "connection_timeout",
        "seconds",
        "10",
        "A client gives up on the brokers after this.",
        unit="s",
        side="client",
        least=0.1,
        historic=("never", "86400"),
    ),
    Setting(
        "discovery_timeout",
        "seconds",
        "2",
        "How long discovery waits; a discovery method may know better.",
        unit="s",
        least=0.01,
        side="client",
    ),
    Setting("default_discovery_method", "text", "mc", "How hosts are found unless --dm says otherwise; mc asks them.", side="client"),
    Setting(
        "default_discovery_options",
        "lines",
        None,
        "Options for the default discovery method, one a line.",
        side="client",
    ),
    Setting("direct_addressing", "flag", "true", "Address found hosts by name where there are few."),
    Setting(
        "direct_addressing_threshold",
        "number",
        "10",
        "Up to so many found hosts are addressed by name.",
        unit="hosts",
        least=0,
        side="client",
    ),
    Setting("publish_timeout", "seconds", "2", "How long sending a request may take.", unit="s", least=0.01, side="client"),
    Setting(
        "default_batch_size",
        "number",
        "0",
        "Address so many hosts at a time; 0 all at once.",
        unit="hosts",
        least=0,
        side="client",
    ),
    Setting(
        "default_batch_sleep_time",
        "seconds",
        "1",
        "Pause between two batches of hosts.",
        unit="s",
        least=0,
        side="client",
    ),
    Setting("rpclimitmethod", "text", "first", "Which of the found hosts --limit takes.", choices=("first", "random"), side="client"),
    Setting(
        "threaded",
        "flag",
        "true",
        "Send and receive at the same time.",
        side="client",
        idle="always so here",
    ),
    Setting("color", "flag", "true", "Colour the output of `mco` on a terminal.", side="client"),
    # What a host knows and does
    Setting("activate_agents", "flag", "true", "Load agents unless `plugin.NAME.activate_agent` says otherwise.", side="server"),
    Setting(
        "classesfile",
        "path",
        None,
        "Puppet's list of classes; without it the first there is of the places where Puppet's packages write it.",
        side="server",
        historic=("/var/lib/puppet/state/classes.txt", "/var/lib/puppet/state/classes.txt"),
    ),
    Setting("fact_cache_time", "seconds", "300", "Facts older than this are read anew.", unit="s", least=0, side="server"),
    Setting(
        "registration",
        "text",
        "agentlist",
        "What a host tells agents named `registration`: agentlist, or meta with facts and classes too.",
        side="server",
    ),
    Setting("registerinterval", "seconds", "0", "How often a host registers; 0 never.", unit="s", least=0, side="server"),
    Setting(
        "registration_collective",
        "text",
        None,
        "The collective a host registers in; without it `main_collective`.",
        side="server",
    ),
    Setting(
        "registration_splay",
        "flag",
        "false",
        "Wait a random part of `registerinterval` before the first registration.",
        side="server",
    ),
    Setting(
        "rpcauthorization", "flag", "true", "Ask the authorization provider before every action.", side="server", historic=("0", "0")
    ),
    Setting(
        "sensitive_in_clear",
        "flag",
        "false",
        "Let what a DDL marks sensitive travel unencrypted: a client sends it where the wire cannot encrypt, a host takes it.",
    ),
    Setting("rpcauthprovider", "text", "action_policy", "The authorization provider.", side="server"),
    Setting(
        "rpcaudit",
        "flag",
        None,
        "Write audit records of every request; without it yes with x509, and no with the plugins for Ruby fleets.",
        side="server",
    ),
    Setting("rpcauditprovider", "text", "logfile", "Where the audit goes: logfile, journald or syslog.", side="server"),
    # The process
    Setting(
        "statedir",
        "path",
        "/var/lib/mcollective",
        "Folder of what must outlive the daemon, as the journal of requests; its own user's, mode 0750 or less. One for each daemon; "
        "read when it starts.",
        side="server",
    ),
    Setting("daemonize", "flag", "false", "Go to the background; leave it off under systemd.", side="server"),
    Setting("soft_shutdown", "flag", "true", "Let running actions finish at a stop.", side="server", historic=("0", "0")),
    Setting(
        "soft_shutdown_timeout",
        "seconds",
        "30",
        "How long running actions may take to finish at a stop.",
        unit="s",
        least=0,
        most=3600,
        side="server",
    ),
    Setting(
        "logger_type",
        "text",
        "file",
        "Where the log goes; file without `logfile` is the console.",
        choices=("file", "console", "syslog"),
    ),
    Setting("logfile", "path", None, "The log file."),
    Setting("loglevel", "text", "info", "The least that is logged.", choices=("debug", "info", "warn", "error", "fatal")),
    Setting("logfacility", "text", "user", "The syslog facility."),
    Setting("keeplogs", "number", "5", "How many old log files are kept.", unit="files", least=0, most=1000),
    Setting("max_log_size", "number", "2097152", "A log file larger than this is rotated; 0 never.", unit="bytes", least=0),
    Setting("ssl_cipher", "text", "aes-256-cbc", "The cipher of aes_security, which is spoken with this one alone here."),
    # Plugins
    Setting("plugin.NAME.activate_agent", "flag", "true", "Whether the agent NAME is loaded.", side="server"),
    Setting("plugin.x509.ca", "path", None, "CA certificates in PEM; without it Puppet's own."),
    Setting("plugin.x509.cert", "path", None, "This host's or user's certificate; without it Puppet's own."),
    Setting("plugin.x509.key", "path", None, "Private key of `plugin.x509.cert`, mode 0600 or 0640; without it Puppet's own."),
    Setting("plugin.x509.ssh_agent", "flag", "false", "Sign by the key in ssh-agent (SSH_AUTH_SOCK) in place of `plugin.x509.key`."),
    Setting("plugin.x509.crl", "path", None, "The CA's revocation list; without it Puppet's own."),
    Setting(
        "plugin.x509.caller_certnames",
        "items",
        "*.mcollective",
        "Certificate names that may send requests; `*` stands for anything.",
    ),
    Setting(
        "plugin.x509.privileged_certnames",
        "items",
        None,
        "Callers' certificate names that may ask on behalf of others, of whom after a colon: `portal.mcollective:sso=*`.",
        side="server",
    ),
    Setting(
        "plugin.x509.caller_extensions",
        "items",
        None,
        "What Puppet's extensions in every caller's certificate must say: `pp_auth_role=operator`, or a name alone for any value.",
        side="server",
    ),
    Setting("plugin.x509.revocation", "text", "chain", "What the revocation list is asked about.", choices=("chain", "leaf", "off")),
    Setting("plugin.x509.skew", "seconds", "5", "How far the clocks of two hosts may differ.", unit="s", least=0, most=LARGEST_SKEW),
    Setting(
        "plugin.x509.max_ttl", "number", "60", "The longest ttl this host accepts.", unit="s", least=1, most=LONGEST_TTL, side="server"
    ),
    Setting(
        "plugin.x509.min_protocol",
        "text",
        "mcpy/1",
        "The oldest wire protocol accepted.",
        choices=("mcpy/1",),
        idle="there is only one",
    ),
    Setting("plugin.actionpolicy.allow_unconfigured", "flag", "false", "Allow agents that have no policy file.", side="server"),
    Setting(
        "plugin.actionpolicy.enable_default", "flag", "false", "Use the default policy file where an agent has none.", side="server"
    ),
    Setting(
        "plugin.actionpolicy.default_name", "text", "default", "Name of the default policy file, without `.policy`.", side="server"
    ),
    Setting(
        "plugin.actionpolicy.compare_as_text",
        "flag",
        "false",
        "Compare facts in policies by `<`, `>`, `<=` and `>=` as texts, as the Ruby plugin does; else numbers and versions as such.",
        side="server",
    ),
    Setting(
        "plugin.rpcaudit.logfile",
        "path",
        "/var/log/mcollective/audit.log",
        "The audit file.",
        side="server",
        historic=("/var/log/puppetlabs/mcollective/mcollective-audit.log", "/var/log/puppetlabs/mcollective/mcollective-audit.log"),
    ),
    Setting("plugin.rpcaudit.logfile.mode", "text", "0640", "Mode of the audit file, in octal.", side="server"),
    Setting("plugin.rpcaudit.logfile.group", "text", None, "Group of the audit file; without it adm, where root runs.", side="server"),
    Setting("plugin.rpcaudit.facility", "text", "authpriv", "The syslog facility of the provider syslog.", side="server"),
    Setting(
        "plugin.rpcaudit.reads_go_on",
        "flag",
        "false",
        "Do what only reads while the audit cannot be written; what changes something is refused then.",
        side="server",
    ),
    Setting(
        "plugin.rpcaudit.publish", "flag", "false", "Send the audit to agents named `auditcollector` too; with x509.", side="server"
    ),
    Setting(
        "plugin.yaml",
        "paths",
        None,
        "Facts files of the yaml source, YAML or JSON; the later overrides the earlier.",
        side="server",
    ),
    Setting("plugin.facter.command", "path", None, "The Facter program; without it the packages' own places.", side="server"),
    Setting("plugin.facter.timeout", "seconds", "30", "How long Facter may run.", unit="s", least=1, most=3600, side="server"),
    Setting("plugin.facter.facterlib", "text", None, "Folders with facts of your own, `:` between them (FACTERLIB).", side="server"),
    Setting(
        "plugin.discovery.full_window_interval",
        "seconds",
        "3600",
        "How often a discovery uses its whole window although all known hosts have answered.",
        unit="s",
        least=0,
        side="client",
    ),
    Setting(
        "plugin.discovery.inventory.file",
        "path",
        None,
        "Hosts with their facts, classes and agents, and groups of them, for --dm inventory and -I group:NAME.",
        side="client",
    ),
    Setting(
        "plugin.discovery.external.command",
        "text",
        None,
        "Program and arguments of --dm external; no shell reads it.",
        side="client",
    ),
    Setting(
        "plugin.discovery.external.timeout",
        "seconds",
        "30",
        "How long that program may take.",
        unit="s",
        least=0.1,
        most=3600,
        side="client",
    ),
    Setting(
        "plugin.discovery.puppetdb.url",
        "items",
        None,
        "Where PuppetDB is, `https://HOST:8081`; several are tried in order. Else host and port, else Puppet's puppetdb.conf.",
        side="client",
    ),
    Setting("plugin.discovery.puppetdb.host", "text", None, "Host of PuppetDB, which is asked over TLS.", side="client"),
    Setting("plugin.discovery.puppetdb.port", "number", "8081", "Its port.", least=1, most=65535, side="client"),
    Setting(
        "plugin.discovery.puppetdb.ca",
        "path",
        None,
        "CA certificates that PuppetDB's must lead to; else those of the x509 plugin.",
        side="client",
    ),
    Setting(
        "plugin.discovery.puppetdb.cert",
        "path",
        None,
        "Certificate to show to PuppetDB; else that of the x509 plugin, else this host's own of Puppet.",
        side="client",
    ),
    Setting("plugin.discovery.puppetdb.key", "path", None, "Private key of that certificate.", side="client"),
    Setting(
        "plugin.discovery.puppetdb.timeout",
        "seconds",
        "10",
        "How long a discovery by PuppetDB may take; a longer --dt counts.",
        unit="s",
        least=0.1,
        most=600,
        side="client",
    ),
    Setting(
        "plugin.discovery.puppetdb.agents",
        "text",
        None,
        "What tells of a node's agents: a type of resources, `Mcollective_py::Agent`, or `fact:NAME`. Without it -A is not taken.",
        side="client",
    ),
    Setting(
        "plugin.front.user",
        "text",
        None,
        "A user without rights as whom a process of its own has the connection to the broker, so that what reads the network is not "
        "root. Without it the daemon itself has the connection. With TLS the brokers need `.ssl.cert` and `.ssl.key` of their own.",
        side="server",
    ),
    Setting(
        "plugin.executor.running",
        "number",
        "8",
        "Actions that may run at once, as many that only read (of one caller three quarters) and as many that change things; read when "
        "the daemon starts.",
        least=1,
        most=256,
        side="server",
    ),
    Setting("plugin.executor.waiting", "number", "128", "Requests that may wait for their turn.", least=0, most=10000, side="server"),
    Setting(
        "plugin.executor.per_caller", "number", "64", "Requests of one caller that may run or wait.", least=1, most=10000, side="server"
    ),
    Setting(
        "plugin.executor.leftovers",
        "text",
        "finish",
        "What becomes of actions that still run from before a daemon that was killed: finish lets them, up to their own timeouts, end "
        "ends them.",
        choices=("finish", "end"),
        side="server",
    ),
    Setting(
        "plugin.journal.reads_go_on",
        "flag",
        "true",
        "Do what only reads while the journal in `statedir` cannot be written; what changes something is refused then.",
        side="server",
    ),
    Setting(
        "plugin.rpc.fold_above",
        "number",
        "20",
        "On a terminal, equal results of more hosts than this are shown once.",
        unit="hosts",
        least=0,
        side="client",
    ),
    Setting("plugin.rpc.graph", "flag", "false", "Draw the graph of `mco ping` always.", side="client"),
    *_pool("activemq"),
    *_pool("rabbitmq"),
    Setting(
        "plugin.rabbitmq.use_reply_exchange",
        "flag",
        "false",
        "Replies by the exchange `mcollective_reply` in place of temporary queues; always so with x509, which signs their place.",
        side="client",
    ),
    *_pool("stomp"),
    Setting("plugin.psk", "text", None, "The key that every host and client of a psk fleet shares.", secret=True),
    Setting(
        "plugin.psk.callertype",
        "text",
        "uid",
        "What a psk caller is named after.",
        choices=("uid", "gid", "user", "group", "identity"),
    ),
    *_freshness("psk"),
    Setting("plugin.ssl_serializer", "text", "marshal", "How the ssl plugin writes bodies.", choices=("marshal", "yaml")),
    Setting("plugin.ssl.enforce_ttl", "flag", "true", "Refuse a request whose signed ttl and time differ from the envelope's."),
    Setting("plugin.ssl_server_public", "path", None, "Public key that all hosts of an ssl fleet share."),
    Setting("plugin.ssl_server_private", "path", None, "Private key that all hosts of an ssl fleet share.", side="server"),
    Setting("plugin.ssl_client_public", "path", None, "The user's public key.", side="client"),
    Setting("plugin.ssl_client_private", "path", None, "The user's private key.", side="client"),
    Setting("plugin.ssl_client_cert_dir", "path", None, "Folder with the public keys of all users.", side="server"),
    *_freshness("ssl"),
    Setting("plugin.aes.serializer", "text", "marshal", "How aes_security writes bodies.", choices=("marshal", "yaml")),
    Setting("plugin.aes.enforce_ttl", "flag", "true", "Refuse a request whose signed ttl and time differ from the envelope's."),
    Setting("plugin.aes.send_pubkey", "flag", "false", "Send the own public key along."),
    Setting("plugin.aes.learn_pubkeys", "flag", "false", "Keep public keys that callers send; they must come from `ca_cert`."),
    Setting("plugin.aes.insecure_learning", "flag", "false", "Keep keys that nobody signed.", idle="unsigned keys are never learnt"),
    Setting("plugin.aes.ca_cert", "path", None, "CA that learnt keys must come from."),
    Setting("plugin.aes.server_public", "path", None, "Public key that all hosts of an aes fleet share."),
    Setting("plugin.aes.server_private", "path", None, "Private key that all hosts of an aes fleet share.", side="server"),
    Setting("plugin.aes.client_public", "path", None, "The user's public key.", side="client"),
    Setting("plugin.aes.client_private", "path", None, "The user's private key.", side="client"),
    Setting("plugin.aes.client_cert_dir", "path", None, "Folder with the public keys of all users.", side="server"),
    *_freshness("aes"),
)

RUBY_PROVIDERS = ("psk", "ssl", "aes_security")
"""The values of `securityprovider` that speak the wire of MCollective 2.12."""

IGNORED = ("topicprefix", "topicsep", "queueprefix", "rpchelptemplate", "helptemplatedir")
"""Core keys of old files that never do anything here; read with a warning."""

FLAGS = dict.fromkeys(("1", "y", "yes", "t", "true"), True) | dict.fromkeys(("0", "n", "no", "f", "false"), False)
"""The only spellings of yes and no: Ruby took `1nvalid` for yes."""

WHOLE = re.compile(r"-?[0-9]{1,15}", re.ASCII)
FRACTION = re.compile(r"[0-9]{1,12}(?:\.[0-9]{1,9})?", re.ASCII)

_BY_KEY = {setting.key: setting for setting in SETTINGS}


def find_setting(key: str) -> Setting | None:
    """The row that declares a key, `plugin.activemq.pool.2.host` by its pattern; None for one that no row declares."""
    if (row := _BY_KEY.get(key)) is not None:
        return row
    if key.startswith("plugin.") and key.endswith(".activate_agent"):
        return _BY_KEY["plugin.NAME.activate_agent"]
    return _BY_KEY.get(".".join("N" if word.isdecimal() else word for word in key.split(".")))


def family_of_provider(provider: str) -> str:
    """The word that the settings of a `securityprovider` begin with, behind `plugin.`."""
    return "aes" if provider == "aes_security" else provider


def family(key: str) -> str:
    """The plugin that a `plugin.` key belongs to; `plugin.ssl_server_public` is historic spelling for the family ssl."""
    name = key.split(".")[1]
    return "ssl" if name.startswith("ssl_") else name


def split_value(type: str, text: str) -> tuple[str, ...]:
    if type == "items":
        return tuple(word for word in re.split(r"[,\s]+", text) if word)
    if type == "paths":
        return tuple(word for word in (part.strip() for part in text.split(":")) if word)
    return tuple(text.split("\n")) if type == "lines" else (text,)


def is_secret(key: str) -> bool:
    """Whether a value must not be shown: declared so, or, where nothing is declared, named so."""
    row = find_setting(key)
    return row.secret if row is not None else re.search(HIDDEN_WORDS, key, re.IGNORECASE) is not None


def nearest_key(key: str) -> str:
    """`; nearest: X` or nothing."""
    from difflib import get_close_matches  # 4 ms, and only ever for a mistake

    numbers = [word for word in key.split(".") if word.isdecimal()]
    pattern = ".".join("N" if word.isdecimal() else word for word in key.split("."))
    found = get_close_matches(pattern, [*_BY_KEY, *IGNORED], n=1, cutoff=0.6)
    if not found:
        return ""
    filled = ".".join(numbers.pop(0) if word == "N" and numbers else word for word in found[0].split("."))
    return f"; the nearest is {filled}"
