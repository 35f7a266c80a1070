# What the DDL of services asks for; clients must have it in order to call at all.
module MCollective
  module Validator
    class Service_nameValidator
      def self.validate(name)
        Validator.typecheck(name, :string)
        raise ValidatorError, "is no name of a service" unless name =~ /\A[\w.:@\\-]+\z/
      end
    end
  end
end
