"""Exact distances to the decision boundary of linear classifiers, box included."""

import torch


def _needed(room, slope, gap, norm, channels=1):
    """Smallest perturbation with `slope · delta >= gap` where `|delta_i| <= room_i` along the slope's sign."""
    slope = slope.abs()
    low, high = 0.0, 1e6

    def gained(scale):
        change = torch.full_like(slope, scale) if norm == "linf" else slope * scale
        return torch.minimum(change, room)

    if float((slope * room).sum()) < gap:
        return float("inf")
    if norm == "l0":  # whole pixels, the most useful first
        gain = (slope * room).reshape(channels, -1).sum(0).sort(descending=True).values.cumsum(0)
        return float((gain < gap).sum()) + 1
    if norm == "l1":  # the steepest values first, each as far as it goes
        order = slope.argsort(descending=True)
        slope, room = slope[order], room[order]
        before = (slope * room).cumsum(0) - slope * room
        return float(torch.minimum(room, ((gap - before) / slope).clamp_min(0)).sum())
    for _ in range(200):
        middle = (low + high) / 2
        if float((slope * gained(middle)).sum()) >= gap:
            high = middle
        else:
            low = middle
    return high if norm == "linf" else float(gained(high).norm())


def distance(classifier, images, norm):
    """For each image the exact size of the smallest change of its answer, inside [0, 1]."""
    weight, bias = classifier.module.weight.double(), classifier.module.bias.double()
    found = []
    for image in images.double().flatten(1):
        logits = weight @ image + bias
        own = int(logits.argmax())
        reach = []
        for other in range(len(bias)):
            if other == own:
                continue
            slope = weight[other] - weight[own]
            room = torch.where(slope > 0, 1 - image, image)
            reach.append(_needed(room, slope, float(logits[own] - logits[other]), norm, images.shape[1]))
        found.append(min(reach))
    return torch.tensor(found, dtype=torch.float64)
