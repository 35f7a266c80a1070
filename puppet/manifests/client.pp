# @summary The client of this host's operators: client.cfg. Their keys are their own; see mcollective_py::user.
class mcollective_py::client {
  include mcollective_py

  $collective = $mcollective_py::main_collective ? {
    undef   => {},
    default => { 'main_collective' => $mcollective_py::main_collective },
  }
  $own = {
    'libdir'      => $mcollective_py::libdir,
    'collectives' => $mcollective_py::collectives,
  } + $collective + mcollective_py::pool($mcollective_py::connector, $mcollective_py::brokers)

  $lines = mcollective_py::lines($own + $mcollective_py::settings + $mcollective_py::client_settings)

  concat { "${mcollective_py::confdir}/client.cfg":
    ensure => present,
    owner  => 'root',
    group  => 'root',
    mode   => '0644',
  }
  concat::fragment { 'mcollective_py client.cfg':
    target  => "${mcollective_py::confdir}/client.cfg",
    order   => '10',
    content => "# Managed by Puppet: mcollective_py::client\n${lines}",
  }
}
