# Facts of the systems that metadata.json names, as far as the module and what it depends on ask for any. Debian's hosts have Debian's
# own Puppet, the others that of Puppet or OpenVox, whose files lie elsewhere.
def facts_of(name, family, release, aio: true)
  major = family == 'Debian' && name == 'Ubuntu' ? release : release.split('.').first
  own = {
    'os' => { 'name' => name, 'family' => family, 'release' => { 'full' => release, 'major' => major } },
    'kernel' => 'Linux',
    'service_provider' => 'systemd',
    'networking' => { 'fqdn' => 'web1.example.com', 'hostname' => 'web1', 'ip' => '192.0.2.10' },
    'memory' => { 'system' => { 'total' => '4 GiB' } },
    'uptime_seconds' => 7,
    'path' => '/usr/sbin:/usr/bin',
  }
  aio ? own.merge('aio_agent_version' => '8.10.0') : own
end

SYSTEMS = {
  'Debian 12' => facts_of('Debian', 'Debian', '12.9', aio: false),
  'Debian 13' => facts_of('Debian', 'Debian', '13.1', aio: false),
  'Ubuntu 22.04' => facts_of('Ubuntu', 'Debian', '22.04'),
  'Ubuntu 24.04' => facts_of('Ubuntu', 'Debian', '24.04'),
  'RHEL 9' => facts_of('RedHat', 'RedHat', '9.4'),
  'Rocky 9' => facts_of('Rocky', 'RedHat', '9.4'),
  'Rocky 10' => facts_of('Rocky', 'RedHat', '10.0'),
  'AlmaLinux 8' => facts_of('AlmaLinux', 'RedHat', '8.10'),
  'SLES 15' => facts_of('SLES', 'Suse', '15.5'),
}.freeze

# Runs a group of examples for each system.
def on_each_system(&examples)
  SYSTEMS.each do |system, facts|
    context "on #{system}" do
      let(:facts) { facts }
      let(:node) { 'web1.example.com' }
      let(:ssldir) { facts['aio_agent_version'] ? '/etc/puppetlabs/puppet/ssl' : '/var/lib/puppet/ssl' }
      class_exec(system, &examples)
    end
  end
end
