# @summary An operator of this host: `~/.mcollective`, which names the certificate that is theirs. Keys are made on the host, never here.
#
# `mco enrol puppet NAME.mcollective --run` as that user makes the key, asks Puppet's CA and fetches the certificate.
#
# @param certname
#   The certificate's name.
# @param username
#   The Unix user.
# @param group
#   Its group.
# @param homedir
#   Its home.
# @param ssldir
#   Where its key and certificate lie, laid out as Puppet's.
# @param settings
#   Further settings of its client.
define mcollective_py::user (
  Pattern[/\A[a-z0-9][a-z0-9._-]*\z/] $certname = "${name}.mcollective",
  String[1] $username = $name,
  String[1] $group = $username,
  Mcollective_py::Absolutepath $homedir = "/home/${username}",
  Mcollective_py::Absolutepath $ssldir = "${homedir}/.puppetlabs/etc/puppet/ssl",
  Mcollective_py::Settings $settings = {},
) {
  include mcollective_py
  $own = {
    'libdir'           => $mcollective_py::libdir,
    'collectives'      => $mcollective_py::collectives,
    'plugin.x509.ca'   => "${ssldir}/certs/ca.pem",
    'plugin.x509.crl'  => "${ssldir}/crl.pem",
    'plugin.x509.cert' => "${ssldir}/certs/${certname}.pem",
    'plugin.x509.key'  => "${ssldir}/private_keys/${certname}.pem",
  } + mcollective_py::pool($mcollective_py::connector, $mcollective_py::brokers)

  file { "${homedir}/.mcollective":
    ensure  => file,
    owner   => $username,
    group   => $group,
    mode    => '0600',
    content => "# Managed by Puppet: mcollective_py::user\n${mcollective_py::lines($own + $mcollective_py::settings + $settings)}",
  }
}
