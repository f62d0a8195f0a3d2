"""One exception for each kind of mistake; every message is a sentence that says what to do."""


class AdvlabError(Exception):
    """Something a person can put right. The message is meant to be shown as it is."""


class ParameterError(AdvlabError):
    """A parameter has an impossible value, or there is no such parameter."""


class ThreatError(ParameterError):
    """The attack cannot work in this norm, with this goal, or with this radius."""


class InputError(AdvlabError):
    """A picture or a tensor cannot be used: unreadable, wrong shape, outside [0, 1], not finite."""


class ModelError(AdvlabError):
    """A model cannot be used: unknown name, missing or unfitting weights, no logits."""


class ResourceError(AdvlabError):
    """The machine cannot do it: out of memory, no such device, no network."""
