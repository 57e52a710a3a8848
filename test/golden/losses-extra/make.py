"""Golden values of losses beyond the reference: plain textbook formulas in float64, gradients by PyTorch's autograd.

    python test/golden/losses-extra/make.py        (torch 2.13.0, CPU)

The format is that of ../losses/losses.json: `perUnit` without example weights, `grad` of the numerator, not of the value; of
a two-phase loss `num` is F(S) over 1, and `count` every row, as there. The formulas are written as in the papers, not as in the code: probabilities, their
logarithms, sums over classes. Inputs are multiples of 2^-12.
"""

import json
from pathlib import Path

import torch
import torch.nn.functional as F

torch.set_default_dtype(torch.float64)
generator = torch.Generator().manual_seed(20240611)


def uniform(*shape, low=-3.0, high=3.0):
    drawn = low + (high - low) * torch.rand(*shape, generator=generator)
    return torch.round(drawn * 4096) / 4096


def integers(below, *shape):
    return torch.randint(below, shape, generator=generator)


def tensor(x):
    whole = x.dtype in (torch.int64, torch.int32)
    return {"dtype": "int" if whole else "float", "shape": list(x.shape), "data": x.tolist() if x.dim() == 1 else x.flatten().tolist()}


def case(name, loss, options, inputs, learned, per_unit, weight=None, unit="row"):
    inputs = {key: x.clone().requires_grad_(key in learned) for key, x in inputs.items()}
    units = per_unit(**inputs)
    w = torch.ones(units.shape[0]) if weight is None else weight
    w = w.reshape(-1, *[1] * (units.dim() - 1)).expand_as(units)
    num = (w * units).sum()
    num.backward()
    den = w.sum().item()
    return {
        "id": f"{loss}/{name}", "loss": loss, "kind": "additive", "unit": unit, "options": options,
        "inputs": {**{key: tensor(x.detach()) for key, x in inputs.items()}, **({} if weight is None else {"weight": tensor(weight)})},
        "perUnit": tensor(units.detach()), "num": num.item(), "den": den, "value": num.item() / den,
        "count": int((w != 0).sum().item()), "ignored": 0, "grad": {key: tensor(inputs[key].grad) for key in learned},
    }


def js(prediction, target):
    p = prediction.softmax(-1)
    m = (p + target) / 2
    return 0.5 * (target * (target.clamp_min(1e-300) / m).log() + p * (p / m).log()).sum(-1)


def distil(temperature, alpha):
    def units(prediction, teacher, target):
        t = (teacher / temperature).softmax(-1)
        s = (prediction / temperature).softmax(-1)
        kl = (t * (t.log() - s.log())).sum(-1)
        return alpha * temperature**2 * kl + (1 - alpha) * F.cross_entropy(prediction, target, reduction="none")
    return units


def pinballs(quantiles, crossing):
    def units(prediction, target):
        e = target[:, None] - prediction
        q = torch.tensor(quantiles)
        falls = torch.clamp(prediction[:, :-1] - prediction[:, 1:], min=0)
        return torch.where(e > 0, q * e, (q - 1) * e).mean(-1) + crossing * falls.sum(-1)
    return units


def asymmetric(positive, negative, shift):
    def units(prediction, target):
        p = prediction.sigmoid()
        pm = torch.clamp(p - shift, min=0)
        return -target * (1 - p) ** positive * p.log() - (1 - target) * pm**negative * (1 - pm).log()
    return units


def adjusted(counts, tau):
    shares = torch.tensor(counts, dtype=torch.float64)
    return lambda prediction, target: F.cross_entropy(
        prediction + tau * (shares / shares.sum()).log(), target, reduction="none")


def aware(counts, margin, scale):
    n = torch.tensor(counts, dtype=torch.float64)
    margins = margin * n ** -0.25 / (n ** -0.25).max()
    def units(prediction, target):
        lead = F.one_hot(target, len(counts)) * margins
        return F.cross_entropy(scale * (prediction - lead), target, reduction="none")
    return units


def positive_unlabelled(name, prior, prediction, target, weight):
    x = prediction.clone().requires_grad_()
    w = torch.ones_like(x) if weight is None else weight
    bce = lambda sign: -(sign * x).sigmoid().log()
    sums = torch.stack([(w * target).sum(), (w * (1 - target)).sum(), (w * target * bce(1)).sum(),
                        (w * target * bce(-1)).sum(), (w * (1 - target) * bce(-1)).sum()])
    def risk(s):
        return prior * s[2] / s[0] + torch.clamp(s[4] / s[1] - prior * s[3] / s[0], min=0)
    value = risk(sums)
    value.backward()
    free = sums.detach().requires_grad_()
    risk(free).backward()
    names = ["positives", "others", "missed", "positivesAsNegative", "othersAsNegative"]
    return {
        "id": f"positive-unlabelled/{name}", "loss": "positive-unlabelled", "kind": "two-phase", "unit": "batch",
        "options": {"prior": prior},
        "inputs": {"prediction": tensor(prediction), "target": tensor(target), **({} if weight is None else {"weight": tensor(weight)})},
        "perUnit": None, "num": value.item(), "den": 1, "value": value.item(), "count": len(x), "ignored": 0,
        "grad": {"prediction": tensor(x.grad)}, "sums": {"names": names, **tensor(sums.detach())}, "multipliers": tensor(free.grad),
    }


rows, classes = 6, 4
weight = torch.tensor([1.0, 0.0, 2.5, 0.5, 1.0, 3.0])
counts = [100, 10, 1, 5]
soft = uniform(rows, classes).softmax(-1)
soft[0] = torch.tensor([0.0, 1.0, 0.0, 0.0])
logits, label = lambda: uniform(rows, classes), lambda: integers(classes, rows)
cases = []
for name, w in (("basic", None), ("weighted", weight)):
    cases.append(case(name, "js-divergence", {}, {"prediction": logits(), "target": soft}, ["prediction"], js, w))
    for i, (t, a) in enumerate(((2, 0.5), (4, 0.9))):
        cases.append(case(f"{name}-{i}", "distillation", {"temperature": t, "alpha": a},
                          {"prediction": logits(), "target": label(), "teacher": logits()}, ["prediction"], distil(t, a), w))
    for i, (q, k) in enumerate((([0.1, 0.5, 0.9], 0), ([0.05, 0.25, 0.75, 0.95], 1.5))):
        cases.append(case(f"{name}-{i}", "multi-quantile", {"quantiles": q, "crossing": k},
                          {"prediction": uniform(rows, len(q)), "target": uniform(rows)}, ["prediction"], pinballs(q, k), w))
    for i, (a, b, m) in enumerate(((0, 4, 0.05), (1, 0.5, 0), (2, 1, 0.25))):
        cases.append(case(f"{name}-{i}", "asymmetric-focal", {"gammaPositive": a, "gammaNegative": b, "shift": m},
                          {"prediction": uniform(rows, 3), "target": integers(2, rows, 3).double()}, ["prediction"],
                          asymmetric(a, b, m), w, "element"))
    cases.append(case(name, "logit-adjusted-cross-entropy", {"counts": counts, "tau": 1.5},
                      {"prediction": logits(), "target": label()}, ["prediction"], adjusted(counts, 1.5), w))
    cases.append(case(name, "ldam", {"counts": counts, "margin": 0.5, "scale": 5},
                      {"prediction": logits(), "target": label()}, ["prediction"], aware(counts, 0.5, 5), w))
    target = torch.tensor([1.0, 0.0, 1.0, 0.0, 0.0, 1.0])
    cases.append(positive_unlabelled(name, 0.3, uniform(rows), target, w))
cases.append(positive_unlabelled("negative-part", 0.9, torch.tensor([3.0, -3.0, 2.0, -2.5, -4.0, 1.0]), target, None))

purpose = "losses beyond the reference: textbook formulas and autograd in float64, PyTorch " + torch.__version__.split("+")[0]
lines = ",\n".join(json.dumps(case) for case in cases)
text = f'{{"format": 1, "purpose": {json.dumps(purpose)}, "cases": [\n{lines}\n]}}\n'
Path(__file__).with_name("classes-and-quantiles.json").write_text(text)
