module MCollective
  module Agent
    # Writes down who registered with what; the twin of libdir/agents/registration.
    class Registration
      attr_reader :timeout, :meta

      def initialize
        @timeout = 2
        @meta = {:name => "registration"}
      end

      def handlemsg(message, _connection)
        File.open(Config.instance.pluginconf["registration.ledger"], "a") do |file|
          file.puts("#{Config.instance.identity} #{message[:senderid]} #{Array(message[:body]).sort.join(',')}")
        end
        nil
      end
    end
  end
end
