require_relative '../spec_helper'

describe 'mcollective_py::facts' do
  on_each_system do |_system|
    context 'with catalog' do
      it { is_expected.to compile.with_all_deps }

      it 'writes the facts without the noisy ones' do
        file = catalogue.resource('File', '/etc/mcollective/facts.yaml')
        expect(file[:mode]).to eq('0600')
        written = YAML.safe_load(file[:content])
        expect(written['os']['family']).to eq(facts['os']['family'])
        expect(written.keys & ['memory', 'uptime_seconds']).to eq([])
      end
    end

    context 'with noise in a folder' do
      let(:params) { { 'noisy' => ['os.release'] } }

      it 'leaves out what is under that name alone' do
        written = YAML.safe_load(catalogue.resource('File', '/etc/mcollective/facts.yaml')[:content])
        expect(written['os'].keys).to eq(['name', 'family'])
      end
    end

    context 'with timer' do
      let(:params) { { 'source' => 'timer', 'interval' => 20, 'splay' => 60 } }
      let(:units) { '/etc/systemd/system' }

      it { is_expected.to compile.with_all_deps }
      it { is_expected.to contain_file("#{units}/mcollectived-facts.timer").with_content(%r{^OnUnitActiveSec=20min\nRandomizedDelaySec=60$}) }
      it { is_expected.to contain_service('mcollectived-facts.timer').with('ensure' => 'running', 'enable' => true) }
      it { is_expected.to contain_mcollective_py__setting('plugin.yaml').with_value('/etc/mcollective/facts.yaml') }

      it 'finds Puppet where its own packages put it' do
        is_expected.to contain_file("#{units}/mcollectived-facts.service").with_content(%r{^Environment=PATH=/opt/puppetlabs/bin:})
      end
    end

    ['facter', 'none'].each do |source|
      context "with #{source}" do
        let(:params) { { 'source' => source } }

        it { is_expected.to compile.with_all_deps }
        it { is_expected.not_to contain_file('/etc/mcollective/facts.yaml') }
      end
    end
  end
end
