# @summary The daemon: server.cfg and the service.
#
# What changes in server.cfg restarts the service, with running actions finished first; agents, facts and policies alone are read
# again without losing a request.
#
# @param service_name
#   The service.
# @param service_ensure
#   `running`, or `stopped`.
# @param service_enable
#   Whether it starts with the host.
# @param reload_command
#   What lets the daemon read agents and policies again.
# @param status_command
#   What succeeds where the daemon runs: one that does not is not reloaded.
class mcollective_py::server (
  String[1] $service_name = 'mcollectived',
  Enum['running', 'stopped'] $service_ensure = 'running',
  Boolean $service_enable = true,
  String[1] $reload_command = "systemctl kill --kill-who=main -s USR1 ${service_name}",
  String[1] $status_command = "systemctl is-active --quiet ${service_name}",
) {
  include mcollective_py
  include mcollective_py::policies
  include mcollective_py::facts

  $collective = $mcollective_py::main_collective ? {
    undef   => {},
    default => { 'main_collective' => $mcollective_py::main_collective },
  }
  $own = {
    'libdir'      => $mcollective_py::libdir,
    'collectives' => $mcollective_py::collectives,
  } + $collective + mcollective_py::pool($mcollective_py::connector, $mcollective_py::brokers, $mcollective_py::confdir)

  $lines = mcollective_py::lines($own + $mcollective_py::settings + $mcollective_py::server_settings)

  concat { "${mcollective_py::confdir}/server.cfg":
    ensure => present,
    owner  => 'root',
    group  => 'root',
    mode   => '0640',
    notify => Service[$service_name],
  }
  concat::fragment { 'mcollective_py server.cfg':
    target  => "${mcollective_py::confdir}/server.cfg",
    order   => '10',
    content => "# Managed by Puppet: mcollective_py::server\n${lines}",
  }

  service { $service_name:
    ensure  => $service_ensure,
    enable  => $service_enable,
    require => Class['mcollective_py::policies', 'mcollective_py::facts'],
  }

  exec { 'mcollective_py reload':
    command     => $reload_command,
    onlyif      => $status_command,
    path        => ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'],
    refreshonly => true,
    require     => Service[$service_name],
  }
}
