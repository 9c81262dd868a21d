"""What a user did that cannot work; the text says what, and the program ends with exit code 2."""


class Failure(Exception):
    """The run cannot begin."""


class PathError(Failure):
    """A path that is not there."""


class ConfigError(Failure):
    """A setting that cannot be used."""


class RuleError(Failure):
    """A rule folder or a selector that cannot be used."""
