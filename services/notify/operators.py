"""How the commands of operators are recorded."""

COMMAND_CONSUMER = "notify.commands"  # in the inbox
OPERATOR_CHANNEL = "console"  # on which an operator speaks for a person
