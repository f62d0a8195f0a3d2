"""The one loop that every method is trained by."""

import copy
import math
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from advlab.core.classifier import Preprocessing, has_bf16
from advlab.core.memory import keep_freed
from advlab.data.sets import ImageSet
from advlab.errors import InputError, ParameterError
from advlab.models import architectures, best_device
from advlab.training import checkpoint
from advlab.training.average import Average
from advlab.training.choice import replaces
from advlab.training.held_out import HeldOut
from advlab.training.method import Batch, Epoch, Forward, Method
from advlab.training.progress import Progress, Report
from advlab.training.recipe import Recipe
from advlab.training.schedule import learning_rate

_TOLD_EVERY = 5


@dataclass(frozen=True)
class Trained:
    """A network that is ready: the averaged weights of the chosen epoch, in evaluation mode.

    `epochs` is what each epoch came to, `chosen` the number of the one that was kept.
    """

    network: nn.Module
    epochs: tuple[Epoch, ...]
    chosen: int
    held_out: HeldOut


@dataclass
class _Run:
    """Everything that changes while a network is trained; what is saved and gone on from."""

    network: nn.Module
    average: Average
    optimizer: torch.optim.Optimizer
    step: int = 0
    epochs: list[Epoch] = field(default_factory=list)
    best: dict[str, Tensor] = field(default_factory=dict)
    chosen: int = 0

    def state(self) -> dict[str, Any]:
        return {
            "network": self.network.state_dict(),
            "average": self.average.network.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "step": self.step,
            "best": self.best,
            "chosen": self.chosen,
        }

    def restore(self, state: dict[str, Any], epochs: list[Epoch]) -> None:
        self.network.load_state_dict(state["network"])
        self.average.network.load_state_dict(state["average"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.step, self.best, self.chosen, self.epochs = state["step"], state["best"], state["chosen"], epochs


def train(
    recipe: Recipe,
    images: ImageSet,
    folder: Path,
    *,
    device: torch.device | None = None,
    report: Report | None = None,
) -> Trained:
    """Train a network, or go on with one that was begun in this folder.

    After each epoch the state is written to the folder; a training that was killed goes on from there and
    comes to the same weights on the same device with as many threads.

    Args:
        recipe: what to do.
        images: to learn from; some are held out.
        folder: for the state, and `metrics.jsonl` with a line for each epoch.
        device: the best one if left out.
        report: called after every fifth batch and after each epoch.

    Raises:
        ParameterError: recipe and images do not fit each other. InputError: the folder is another training's.
    """
    checkpoint.claim(folder, recipe.model_dump(mode="json", exclude={"title", "summary"}))
    keep_freed()
    told = report or (lambda _: None)
    return _Loop(recipe, recipe.training, images, folder, device=device or best_device(), report=told).run()


class _Loop:
    """One network's training; a teacher has one of its own."""

    def __init__(
        self, recipe: Recipe, method: Method, images: ImageSet, folder: Path, *, device: torch.device, report: Report
    ) -> None:
        self._recipe, self._method, self._folder, self._device, self._report = recipe, method, folder, device, report
        self._stage = folder.name if folder.name == method.name else ""
        self._images = images
        self._preprocessing = Preprocessing(_channels(recipe.mean, images), _channels(recipe.std, images))
        order = torch.randperm(len(images), generator=torch.Generator().manual_seed(recipe.seed))
        kept, learned = order[: recipe.held_out], order[recipe.held_out :]
        self._batches = len(learned) // recipe.batch_size
        if self._batches == 0:
            raise ParameterError(
                f"{len(images)} images are too few for a batch of {recipe.batch_size} with {recipe.held_out} held out: "
                "lower batch_size or held_out."
            )
        chosen = images.take(learned)
        self._pixels, self._labels = chosen.images.to(device), chosen.labels.to(device)
        self._held_out = HeldOut(images.take(kept), recipe.checked, recipe.eps, self._preprocessing)

    def run(self) -> Trained:
        before = self._method.before()
        teacher = None if before is None else self._teacher(before)
        run = self._begin()
        saved = checkpoint.load(self._folder)
        if saved is not None:
            run.restore(*saved)
        forward = self._forward(run.network)
        for epoch in range(len(run.epochs) + 1, self._recipe.epochs + 1):
            if run.epochs and self._method.alarm(run.epochs):
                break
            with self._seeded(epoch):
                self._epoch(run, epoch, forward, teacher)
        network = copy.deepcopy(run.average.network)
        network.load_state_dict(run.best)
        return Trained(network, tuple(run.epochs), run.chosen, self._held_out)

    def _teacher(self, method: Method) -> Forward:
        """Train the teacher, in a folder of its own, or take the one that is there."""
        folder = self._folder / method.name
        folder.mkdir(exist_ok=True)
        trained = _Loop(self._recipe, method, self._images, folder, device=self._device, report=self._report).run()
        return self._forward(trained.network)

    def _begin(self) -> _Run:
        recipe = self._recipe
        network = architectures.fresh(recipe.architecture, len(self._images.names), self._images.size, recipe.seed)
        network = network.to(self._device).train()
        if self._images.size[0] > 1 or self._device.type == "cpu":
            network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        options: dict[str, Any] = {"lr": recipe.learning_rate, "weight_decay": recipe.weight_decay}
        optimizer: torch.optim.Optimizer
        if recipe.optimizer == "sgd":
            nesterov = recipe.momentum > 0
            optimizer = torch.optim.SGD(network.parameters(), momentum=recipe.momentum, nesterov=nesterov, **options)
        else:
            optimizer = torch.optim.AdamW(network.parameters(), **options)
        return _Run(network, Average(network, recipe.ema), optimizer)

    def _forward(self, network: nn.Module) -> Forward:
        """Logits of images in [0, 1]: normalisation, layout and precision of the training around the network."""
        mean = torch.tensor(self._preprocessing.mean, device=self._device).reshape(-1, 1, 1)
        std = torch.tensor(self._preprocessing.std, device=self._device).reshape(-1, 1, 1)

        def forward(x: Tensor) -> Tensor:
            x = ((x - mean) / std).contiguous(memory_format=torch.channels_last)
            with self._precision():
                logits: Tensor = network(x)
            return logits.float()

        return forward

    def _precision(self) -> AbstractContextManager[Any]:
        wanted = self._recipe.precision
        if wanted == "bf16" or (wanted == "auto" and has_bf16(self._device)):
            return torch.autocast(self._device.type, torch.bfloat16)
        return nullcontext()

    @contextmanager
    def _seeded(self, epoch: int) -> Iterator[None]:
        """Dropout and its like draw from the global generators: each epoch begins them anew, and puts them back."""
        devices = [self._device] if self._device.type == "cuda" else []
        with torch.random.fork_rng(devices):
            torch.default_generator.manual_seed(self._seed(epoch))
            if devices:
                torch.cuda.manual_seed(self._seed(epoch))
            yield

    def _seed(self, epoch: int) -> int:
        return self._recipe.seed * 1_000_003 + epoch

    def _epoch(self, run: _Run, epoch: int, forward: Forward, teacher: Forward | None) -> None:
        began = time.monotonic()
        total = torch.zeros(2, device=self._device)
        whole = self._batches * self._recipe.epochs
        now = Progress(self._stage, epoch, self._recipe.epochs, 0, self._batches, 0.0, 0.0)
        for number, (x, y, generator) in enumerate(self._data(epoch), start=1):
            rate = learning_rate(self._recipe, run.step / whole)
            batch = Batch(x, y, forward, run.network, self._recipe.eps, run.step / whole, generator, teacher)
            total += self._step(run, batch, rate)
            if number % _TOLD_EVERY and number < self._batches:
                continue  # to look at a number is to wait for the GPU
            loss, seen = (total / number).tolist()
            if not math.isfinite(loss):
                raise ParameterError(f"The loss is no number in epoch {epoch}: lower learning_rate, or set clip.")
            now = replace(now, batch=number, loss=loss, seen=seen)
            self._report(now)
        clean, robust = self._held_out.accuracy(self._held_out.classifier(copy.deepcopy(run.average.network)))
        finished = Epoch(epoch, now.loss, now.seen, clean, robust, rate, time.monotonic() - began)
        run.epochs.append(finished)
        self._choose(run)
        checkpoint.save(self._folder, run.state(), run.epochs)
        self._report(replace(now, finished=finished, alarm=self._method.alarm(run.epochs)))

    def _step(self, run: _Run, batch: Batch, rate: float) -> Tensor:
        """Learn from one batch; its loss and accuracy."""
        for group in run.optimizer.param_groups:
            group["lr"] = rate
        run.optimizer.zero_grad(set_to_none=True)
        outcome = self._method.loss(batch)
        outcome.loss.backward()  # type: ignore[no-untyped-call]
        if self._recipe.clip:
            nn.utils.clip_grad_norm_(run.network.parameters(), self._recipe.clip)
        run.optimizer.step()
        run.average.update(run.step)
        run.step += 1
        right = (outcome.logits.detach().argmax(1) == batch.y).float().mean()
        return torch.stack((outcome.loss.detach(), right))

    def _data(self, epoch: int) -> Iterator[tuple[Tensor, Tensor, torch.Generator]]:
        """The epoch's batches: order, augmentation and noise are a function of seed and epoch."""
        generator = torch.Generator(self._device).manual_seed(self._seed(epoch))
        first = torch.Generator().manual_seed(self._seed(epoch))
        order = torch.randperm(len(self._labels), generator=first).to(self._device)
        for rows in torch.split(order, self._recipe.batch_size)[: self._batches]:
            x = self._recipe.augmentation(self._pixels[rows].float() / 255, generator)
            yield x, self._labels[rows], generator

    def _choose(self, run: _Run) -> None:
        """Keep the averaged weights if this epoch is the best so far."""
        if replaces(run.epochs, run.chosen, self._method.select, self._recipe.tolerance):
            run.chosen = run.epochs[-1].epoch
            run.best = {key: tensor.detach().clone() for key, tensor in run.average.network.state_dict().items()}


def _channels(numbers: tuple[float, ...], images: ImageSet) -> tuple[float, ...]:
    channels = images.size[0]
    if len(numbers) not in {1, channels}:
        raise InputError(f"The recipe's mean and std have {len(numbers)} numbers, and the images {channels} channels.")
    return numbers if len(numbers) == channels else numbers * channels
