# How many hosts said yes and how many no, in the words that a DDL gives for them.
module MCollective
  class Aggregate
    class Boolean_summary < Base
      def startup_hook
        @result[:value] = Hash.new(0)
        @result[:type] = :collection
        @aggregate_format ||= "%5s = %s"
      end

      def process_result(value, _reply)
        @result[:value][@arguments.fetch(value.to_s.to_sym)] += 1 unless value.nil?
      end
    end
  end
end
