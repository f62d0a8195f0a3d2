"""What is made of runs and training: substitutes of models that can only be asked."""

from advlab.programs.rounds import Progress, Round
from advlab.programs.substitute import Substitute, train_substitute, unfit
from advlab.programs.substitution import Substitution

__all__ = ["Progress", "Round", "Substitute", "Substitution", "train_substitute", "unfit"]
