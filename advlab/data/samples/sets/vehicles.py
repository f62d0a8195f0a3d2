"""Vehicles, each drawn where one would see it, for networks that know CIFAR-10's classes."""

from advlab.data.drawings.vehicles import VEHICLES
from advlab.data.samples.base import Sample, SampleSet, registry

_CREDIT = "drawn by AdvLab, MIT"
_TITLES = {"automobile": "Car"}
_SAMPLES = (Sample(name, _TITLES.get(name, name.title()), _CREDIT, (name,), load) for name, load in VEHICLES.items())

registry.register("vehicles", SampleSet(3, tuple(_SAMPLES)))
