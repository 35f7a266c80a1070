require_relative '../spec_helper'

describe 'mcollective_py::broker' do
  on_each_system do |_system|
    it { is_expected.to compile.with_all_deps }
    it { is_expected.to contain_service('mco-broker').with('ensure' => 'running', 'enable' => true) }
    it { is_expected.to contain_file('/etc/systemd/system/mco-broker.service').that_notifies('Service[mco-broker]') }

    it 'shows the certificate of this host' do
      files = "--tls-cert #{ssldir}/certs/web1.example.com.pem --tls-key #{ssldir}/private_keys/web1.example.com.pem " \
              "--tls-ca #{ssldir}/certs/ca.pem --tls-crl #{ssldir}/crl.pem"
      text = catalogue.resource('File', '/etc/systemd/system/mco-broker.service')[:content]
      expect(text).to include("ExecStart=/usr/bin/mco broker --host 0.0.0.0 --port 61614 #{files}\n")
    end

    context 'when it is stopped and elsewhere' do
      let(:params) { { 'service_ensure' => 'stopped', 'listen' => '::1', 'port' => 6163, 'cert' => '/srv/c.pem' } }

      it { is_expected.to compile.with_all_deps }
      it { is_expected.to contain_service('mco-broker').with('ensure' => 'stopped', 'enable' => false) }
      it { is_expected.to contain_file('/etc/systemd/system/mco-broker.service').with_content(%r{--host ::1 --port 6163 --tls-cert /srv/c.pem }) }
    end
  end
end
