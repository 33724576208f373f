"""Wrong use of the command line, in English."""

MESSAGES = {
    "usage.no_such_command": "There is no command '{name}'.",
    "usage.no_such_option": "There is no option '{name}'.",
    "usage.missing": "{name} is missing.",
    "usage.bad_choice": "{name} is one of: {choices}.",
    "usage.bad_value": "The value of {name} is not usable: {why}",
    "usage.bad_number": "{name} must be a whole number, {least} or more.",
    "usage.bad_option": "The option {name} is not used like this.",
    "usage.no_command": "'{name}' needs a command.",
    "usage.extra_words": "The command line is not understood: {why}",
    "usage.hint": "See: {command}",
}
