"""One run's only door to a model: it counts, cuts to the budget, and keeps the best candidate."""

from collections.abc import Callable

import torch
from torch import Tensor

from advlab.core import answers, candidates, norms, rejecting
from advlab.core.answers import Answer, Through
from advlab.core.attack import Objective
from advlab.core.classifier import Classifier
from advlab.core.goals import Goal
from advlab.core.losses import JointLoss, Loss, Term
from advlab.core.memory import chunk_size, in_chunks
from advlab.core.norms import Norm
from advlab.core.randomness import Noise, question
from advlab.core.replies import Best, Decision, GradientReply, JacobianReply, Latest, Ledger, Reply
from advlab.core.service import OPEN, Service


class Oracle:
    """The rows of one run that are still searching, and the questions they may ask.

    Attacks see `x`, `eps`, `goal`, `noise`, `start`, `best_size`, `remaining` for their current rows;
    in a question `row[q]` is the row that query `q` is for (None: one query a row, in order).
    """

    _noted = True  # whether the trace has what the last scores said

    def __init__(
        self,
        classifier: Classifier,
        x: Tensor,
        goal: Goal,
        norm: Norm,
        eps: Tensor,
        *,
        objective: Objective,
        wanted_margin: float = 0.0,
        seed: int,
        max_queries: int | None = None,
        start: Tensor | None = None,
        tick: Callable[[], None] = lambda: None,
        filmed: bool = False,
        extra_loss: Term | None = None,
        service: Service = OPEN,
    ) -> None:
        count, device = len(x), x.device
        self._classifier = classifier
        self._all_x, self._all_goal, self._all_eps, self._all_start = x, goal, eps, start
        self._all_noise = Noise.of(seed, x)
        self._seed, self._asked = seed, 0
        self._objective, self._wanted = objective, wanted_margin
        self._tick = tick
        self._extra_loss = extra_loss
        self._service = service
        self.norm = norm
        self.max_queries = max_queries
        self.ledger = Ledger.empty(count, device)
        unknown = torch.full((count,), torch.nan, dtype=x.dtype, device=device)
        worst = torch.full_like(unknown, -torch.inf)
        self.best = Best(x.clone(), worst, -worst, torch.zeros_like(unknown, dtype=torch.bool))
        self.latest = Latest(unknown, unknown.clone(), unknown.clone(), x.clone() if filmed else None)
        self.rows = torch.arange(count, device=device)
        self.keep(self.rows)

    def start_from(self, start: Tensor) -> None:
        """Give pictures `[N, C, H, W]` to walk from, before the first question. For the driver."""
        self._all_start = start

    def keep(self, rows: Tensor) -> None:
        """Go on with these of the current rows only. For the driver."""
        self.rows = self.rows[rows]
        self.x = self._all_x[self.rows]
        self.goal = self._all_goal.take(self.rows)
        self.eps = self._all_eps[self.rows]
        self.start = None if self._all_start is None else self._all_start[self.rows]
        self.noise = self._all_noise.take(self.rows)

    @property
    def num_classes(self) -> int:
        """How many classes the model tells apart."""
        return len(self._classifier.labels)

    @property
    def rejects(self) -> bool:
        """Whether the model has a detector, whose acceptance it shows with the scores."""
        return isinstance(self._classifier, rejecting.Rejecting)

    @property
    def best_size(self) -> Tensor:
        """Size `[n]` of the smallest perturbation known to reach the goal; infinite for none."""
        return self.best.size[self.rows]

    @property
    def best_image(self) -> Tensor:
        """The best candidate `[n, C, H, W]` of each row, the clean image before there is one."""
        return self.best.image[self.rows]

    @property
    def remaining(self) -> Tensor:
        """Queries `[n]` that each row may still ask."""
        if self.max_queries is None:
            return torch.full_like(self.rows, 2**62)
        return self.max_queries - self.ledger.queries[self.rows]

    @property
    def seen(self) -> Tensor:
        """What each image's last query was `[N, C, H, W]`, or the best ones where no film is made. For the driver."""
        return self.best.image if self.latest.image is None else self.latest.image

    @property
    def at_once(self) -> int:
        """How many queries go through the model together; more in one question gain nothing."""
        return chunk_size(self._classifier, backward=False)

    def _grant(self, row: Tensor, *, alone: bool) -> Tensor:
        """Which queries `[Q]` are within their image's budget: the first ones of each image."""
        if self.max_queries is None:
            return torch.ones_like(row, dtype=torch.bool)
        place = 0 if alone else candidates.place_in_row(row, len(self.rows))
        return place < self.remaining[row]

    def _ask(
        self, x: Tensor, row: Tensor | None, answer: Answer, *, backward: int, offered: bool = True
    ) -> tuple[tuple[Tensor, ...], Tensor, Tensor]:
        """Put granted queries through `answer` in chunks; returns its tensors and the margins, `row` and `granted`.

        `answer` is given images, their goals and their places in `x`; `backward` is how many backward passes a query
        takes; `offered` is whether the answers are about `x` itself, so that it may become the best candidate.
        """
        x = x.detach()
        alone = row is None  # one query an image
        row = torch.arange(len(self.rows), device=x.device) if row is None else row
        granted = self._grant(row, alone=alone)
        whole = self.max_queries is None or bool(granted.all())
        asked_x, asked_row = (x, row) if whole else (x[granted], row[granted])
        places = granted.nonzero().squeeze(1)
        images = self.rows[asked_row]
        goal = self._all_goal.take(images)
        self._asked += 1

        def chunk(part: slice) -> tuple[Tensor, ...]:
            self._tick()
            own = goal.take(part)
            with question(self._seed, self._asked):
                result = answer(asked_x[part], own, places[part])
            one = torch.ones_like(images[part])
            self.ledger.queries.index_add_(0, images[part], one)
            if backward:
                self.ledger.gradients.index_add_(0, images[part], one * backward)
            return *result, rejecting.margin(own, result[0], self.num_classes)

        if len(asked_x):
            parts = in_chunks(len(asked_x), self._classifier, chunk, backward=backward > 0)
            if offered:
                self._offer(asked_x, images, goal, parts[0], parts[-1], alone=alone)
        else:
            none = x.new_empty(0)
            said = x.new_empty(0, self.num_classes + self.rejects)
            parts = (said, none, asked_x, none) if backward else (said, none)
        if whole:
            return parts, row, granted
        fills = (torch.nan, torch.nan, 0.0, -torch.inf) if backward else (torch.nan, -torch.inf)
        return tuple(answers.filled(part, granted, fill) for part, fill in zip(parts, fills, strict=True)), row, granted

    def decisions(self, x: Tensor, row: Tensor | None = None) -> Decision:
        """Whether each of the images `[Q, C, H, W]` reaches its row's goal."""
        (_, margin), _, granted = self._ask(x, row, self._forward, backward=0)
        return Decision(margin > 0, granted)

    def _forward(self, x: Tensor, goal: Goal, query: Tensor) -> tuple[Tensor, ...]:  # noqa: ARG002 - an `Answer`
        with torch.no_grad():
            said = rejecting.answers(self._classifier, x, search=True)
        logits = self._served(said[:, : self.num_classes], x)
        return (torch.cat((logits, said[:, self.num_classes :]), 1) if self.rejects else logits,)

    def _served(self, logits: Tensor, x: Tensor) -> Tensor:
        """What the interface in front of the model makes of its logits `[Q, K]`."""
        return self._service.shown(logits, x)

    def _reveal(self, margin: Tensor) -> Tensor:
        """What the attacker learns of each margin `[Q]`: all of it, unless the oracle shows less."""
        return margin

    def _offer(self, x: Tensor, images: Tensor, goal: Goal, said: Tensor, margin: Tensor, *, alone: bool) -> None:
        """Every admissible query is a candidate: keep the best of each image."""
        revealed = self._reveal(margin)
        if self._noted:
            self.latest.note(x, images, revealed, said[:, : self.num_classes], goal)
        reached = (revealed > 0) & (revealed >= self._wanted)
        minimal = self._objective is Objective.MINIMAL
        hopeful = revealed > self.best.rank[images]
        if minimal:  # any that reached the goal may be smaller
            hopeful |= reached
        query = hopeful.nonzero().squeeze(1)
        # What cannot win is dropped before its pixels are looked at: most probes of a black-box attack.
        if len(query) == 0:
            return
        rank = revealed[query]
        sizes = candidates.sizes(x, query, self._all_x, images[query], self.norm)
        if minimal:
            rank = torch.where(reached[query], 1 / sizes.clamp_min(1e-12), rank.clamp_max(0))
            smaller = (rank > self.best.rank[images[query]]).nonzero().squeeze(1)
            query, rank, sizes = query[smaller], rank[smaller], sizes[smaller]
            if len(query) == 0:
                return
        images, reached = images[query], reached[query]
        admissible = candidates.in_box(x, query)
        if not minimal:
            admissible &= norms.within(sizes, self._all_eps[images])
        rank = torch.where(admissible, rank, -torch.inf)
        chosen = (rank > self.best.rank[images]).nonzero().squeeze(1)
        if not alone:
            chosen = chosen[candidates.first_best(rank[chosen], images[chosen], len(self.best.rank))]
        target = images[chosen]
        self.best.image[target] = x if len(chosen) == len(x) else x[query[chosen]]
        self.best.rank[target] = rank[chosen]
        self.best.size[target] = torch.where(reached[chosen], sizes[chosen], torch.inf)
        self.best.fresh[target] = reached[chosen]


class DecisionOracle(Oracle):
    """Shows labels only: whether a query reached the goal."""

    _noted = False  # a label says nothing about scores

    def _reveal(self, margin: Tensor) -> Tensor:
        return torch.where(margin > 0, 1.0, -1.0).to(margin.dtype)

    def _served(self, logits: Tensor, x: Tensor) -> Tensor:
        return self._service.labelled(logits, x)

    @property
    def seen(self) -> Tensor:
        """The best images so far `[N, C, H, W]`: of many probes of the boundary none says much."""
        return self.best.image


class ScoreOracle(Oracle):
    """Shows the scores of all classes."""

    def logits(self, x: Tensor, row: Tensor | None = None) -> Reply:
        """Logits of the images `[Q, C, H, W]`."""
        (said, _), _, granted = self._ask(x, row, self._forward, backward=0)
        return Reply(said[:, : self.num_classes], granted)


class GradientOracle(ScoreOracle):
    """Shows gradients of any loss on the logits."""

    def gradient(
        self, x: Tensor, row: Tensor | None = None, *, loss: Loss, aim: Goal | None = None,
        through: Through | None = None,
    ) -> GradientReply:  # fmt: skip
        """Value and gradient of `loss(logits, goal)` `[Q]` with respect to the images, one forward.

        A gradient that is not finite is given as zero; zeros are counted and reported. With `through` the model is
        shown `through(images, places)` instead, and the gradient is that at the images: it goes back through the
        change. What was shown is then no candidate, wherever it lies, for it is not the image that was given.

        Args:
            x, row: as in other questions.
            loss: of logits and goal, `[Q]`.
            aim: what the loss is of in place of the run's goal, one class a query.
            through: a differentiable change of some of the images, given their places in `x`.
        """
        return self.joint_gradient(x, row, loss=lambda logits, _, goal: loss(logits, goal), aim=aim, through=through)

    def joint_gradient(
        self, x: Tensor, row: Tensor | None = None, *, loss: JointLoss, aim: Goal | None = None,
        through: Through | None = None
    ) -> GradientReply:  # fmt: skip
        """As `gradient`, for a loss of logits, acceptance and goal; a model that never rejects accepts by infinity."""
        answer = answers.sloping(self._classifier, loss, extra=self._extra_loss, aim=aim, through=through)
        (said, value, gradient, _), row, granted = self._ask(x, row, answer, backward=1, offered=through is None)
        peak = norms.size(gradient, Norm.LINF)
        dead = ~((peak > 0) & peak.isfinite())
        if bool(dead.any()):
            gradient = torch.where(norms.per_image(peak.isfinite(), gradient), gradient, 0.0)
            self.ledger.zero_gradients.index_add_(0, self.rows[row[dead]], granted[dead].long())
        return GradientReply(value, gradient, said[:, : self.num_classes], granted, said[:, self.num_classes :])

    def jacobian(
        self, x: Tensor, classes: Tensor, row: Tensor | None = None, *, over: Tensor | None = None
    ) -> JacobianReply:
        """Gradients of the logits of `classes` `[Q, k]`: one forward pass, and a backward pass for each of them.

        With `over` `[Q]`, of what each of them is above that class's logit. What is not finite is given as zero;
        gradients of zero are counted, as those of `gradient` are.
        """
        number = classes.shape[1]
        answer = answers.jacobian(self._classifier, classes, over=over)
        (said, _, gradients, _), row, granted = self._ask(x, row, answer, backward=number)
        if gradients.dim() == x.dim():  # nothing was granted
            gradients = x.new_zeros(len(x), number, *x.shape[1:])
        gradients = gradients.nan_to_num(0.0, 0.0, 0.0)
        dead = (norms.size(gradients.flatten(0, 1), Norm.LINF) == 0).reshape(-1, number).sum(1)
        self.ledger.zero_gradients.index_add_(0, self.rows[row], dead * granted)
        return JacobianReply(gradients, said[:, : self.num_classes], granted)
