# @summary The embedded broker as a service, for sites of some hundred hosts; README of the project says when to take another.
#
# It shows this host's Puppet certificate and takes clients with one of the same CA that is not revoked: nodes and operators, by their
# names. It may read files and write none. Wants the client's package.
#
# @param listen
#   The address it listens at.
# @param port
#   The port.
# @param ca
#   CA certificates in PEM; undef: Puppet's. So it is with the next three.
# @param crl
#   Their revocation lists.
# @param cert
#   The broker's certificate; it carries the name that daemons and clients know it by.
# @param key
#   Its private key.
# @param service_ensure
#   `running`, or `stopped`.
# @param program
#   The client, which has the broker in it.
class mcollective_py::broker (
  Pattern[/\A[0-9A-Fa-f.:]+\z/] $listen = '0.0.0.0',
  Integer[1, 65535] $port = 61614,
  Optional[Mcollective_py::Absolutepath] $ca = undef,
  Optional[Mcollective_py::Absolutepath] $crl = undef,
  Optional[Mcollective_py::Absolutepath] $cert = undef,
  Optional[Mcollective_py::Absolutepath] $key = undef,
  Enum['running', 'stopped'] $service_ensure = 'running',
  Mcollective_py::Absolutepath $program = '/usr/bin/mco',
) {
  # Puppet's own packages keep their files elsewhere than Debian's.
  $ssldir = $facts['aio_agent_version'] ? {
    undef   => '/var/lib/puppet/ssl',
    default => '/etc/puppetlabs/puppet/ssl',
  }
  $certname = $trusted['certname']

  file { '/etc/systemd/system/mco-broker.service':
    ensure  => file,
    owner   => 'root',
    group   => 'root',
    mode    => '0644',
    content => epp('mcollective_py/broker.service.epp', {
        'program' => $program,
        'listen'  => $listen,
        'port'    => $port,
        'ca'      => pick($ca, "${ssldir}/certs/ca.pem"),
        'crl'     => pick($crl, "${ssldir}/crl.pem"),
        'cert'    => pick($cert, "${ssldir}/certs/${certname}.pem"),
        'key'     => pick($key, "${ssldir}/private_keys/${certname}.pem"),
    }),
    notify  => Service['mco-broker'],
  }
  ~> exec { 'mcollective_py broker unit':
    command     => ['/usr/bin/systemctl', 'daemon-reload'],
    path        => ['/usr/bin', '/bin'],
    refreshonly => true,
  }
  -> service { 'mco-broker':
    ensure => $service_ensure,
    enable => $service_ensure == 'running',
  }
}
