"""The peers of losses.mjs: PyTorch's value and gradient of the same losses on the same numbers, one thread.

Reads one request a line, {"loss", "rows", "columns", "seconds"}; answers {"value", "seconds"} a line: the best of many short slices that
fill the time asked for. The first line says which PyTorch this is. Losses that PyTorch has are called as it has them; the others are
written as one would write them in it.
"""

import json
import sys
import time

import torch
import torch.nn.functional as F

torch.set_num_threads(1)


def unit(count, salt):
    return ((torch.arange(count, dtype=torch.int64) * 7919 + salt * 104729 + 13) % 10007).double() / 10007


def draw(holds, shape, salt, columns):
    u = unit(torch.Size(shape).numel(), salt)
    if holds == "class":
        return (u * columns).long().view(shape)
    values = {
        "real": 4 * u - 2,
        "probability": 0.02 + 0.96 * u,
        "binary": (u < 0.5).double(),
        "sign": torch.where(u < 0.5, -1.0, 1.0).double(),
        "non-negative": torch.floor(5 * u),
        "positive": 0.1 + u,
        "log-distribution": -0.1 - 2 * u,
        "cosine": 2 * u - 1,
        "distribution": 0.1 + u,
    }[holds].view(shape)
    return (values / values.sum(-1, keepdim=True) if holds == "distribution" else values).float()


def focal(x, y, gamma=2.0):
    p, ce = torch.sigmoid(x), F.binary_cross_entropy_with_logits(x, y, reduction="none")
    return (ce * (1 - (p * y + (1 - p) * (1 - y))) ** gamma).sum()


def focal_softmax(x, y, gamma=2.0):
    log_p = torch.log_softmax(x, -1).gather(-1, y[:, None])[:, 0]
    return (-((1 - log_p.exp()) ** gamma) * log_p).sum()


def info_nce(x, y, t=0.1):
    a, b = F.normalize(x), F.normalize(y)
    return F.cross_entropy(a @ b.T / t, torch.arange(len(x)), reduction="sum")


def cox(x, time_, event):
    order = torch.argsort(time_, descending=True)
    x, event = x[order], event[order]
    return (event * (torch.logcumsumexp(x, 0) - x)).sum()


def poisson(x, y):
    return F.poisson_nll_loss(x, y, reduction="sum")


R, M, C = "real", "matrix", "class"
# name: (inputs as (holds, matrix or row), how many of the first are the model's, function)
losses = {
    "mse": ([(R, 2), (R, 2)], 1, lambda x, y: F.mse_loss(x, y, reduction="sum")),
    "mae": ([(R, 2), (R, 2)], 1, lambda x, y: F.l1_loss(x, y, reduction="sum")),
    "huber": ([(R, 2), (R, 2)], 1, lambda x, y: F.huber_loss(x, y, reduction="sum")),
    "smooth-l1": ([(R, 2), (R, 2)], 1, lambda x, y: F.smooth_l1_loss(x, y, reduction="sum")),
    "log-cosh": ([(R, 2), (R, 2)], 1, lambda x, y: (lambda d: (d + F.softplus(-2 * d) - 0.6931471805599453).sum())((x - y).abs())),
    "quantile": ([(R, 2), (R, 2)], 1, lambda x, y: (lambda d: torch.maximum(0.5 * d, -0.5 * d).sum())(y - x)),
    "poisson-nll": ([(R, 2), ("non-negative", 2)], 1, poisson),
    "gaussian-nll": ([(R, 2), (R, 2), (R, 2)], None, lambda x, y, v: 0.5 * (v + (y - x) ** 2 * torch.exp(-v)).sum()),
    "cosine-distance": ([(R, 2), (R, 2)], 1, lambda x, y: (1 - F.cosine_similarity(x, y)).sum()),
    "bce-with-logits": ([(R, 2), ("binary", 2)], 1, lambda x, y: F.binary_cross_entropy_with_logits(x, y, reduction="sum")),
    "bce": ([("probability", 2), ("binary", 2)], 1, lambda x, y: F.binary_cross_entropy(x, y, reduction="sum")),
    "softmax-cross-entropy": ([(R, 2), (C, 1)], 1, lambda x, y: F.cross_entropy(x, y, reduction="sum")),
    "nll": ([("log-distribution", 2), (C, 1)], 1, lambda x, y: F.nll_loss(x, y, reduction="sum")),
    "kl-divergence": ([(R, 2), ("distribution", 2)], 1, lambda x, y: F.kl_div(torch.log_softmax(x, -1), y, reduction="sum")),
    "focal-binary": ([(R, 2), ("binary", 2)], 1, focal),
    "focal-softmax": ([(R, 2), (C, 1)], 1, focal_softmax),
    "hinge": ([(R, 2), ("sign", 2)], 1, lambda x, y: F.relu(1 - x * y).sum()),
    "squared-hinge": ([(R, 2), ("sign", 2)], 1, lambda x, y: F.relu(1 - x * y).square().sum()),
    "soft-margin": ([(R, 2), ("sign", 2)], 1, lambda x, y: F.soft_margin_loss(x, y, reduction="sum")),
    "multi-margin": ([(R, 2), (C, 1)], 1, lambda x, y: F.multi_margin_loss(x, y, reduction="sum")),
    "multilabel-soft-margin": ([(R, 2), ("binary", 2)], 1, lambda x, y: F.multilabel_soft_margin_loss(x, y, reduction="sum")),
    "hinge-embedding": ([(R, 2), ("sign", 2)], 1, lambda x, y: F.hinge_embedding_loss(x, y, reduction="sum")),
    "margin-ranking": ([(R, 2), (R, 2), ("sign", 2)], 2, lambda x, z, y: F.margin_ranking_loss(x, z, y, reduction="sum")),
    "triplet-margin": ([(R, 2), (R, 2), (R, 2)], 3, lambda a, p, n: F.triplet_margin_loss(a, p, n, reduction="sum")),
    "cosine-embedding": ([(R, 2), (R, 2), ("sign", 1)], 2, lambda a, b, y: F.cosine_embedding_loss(a, b, y, reduction="sum")),
    "info-nce": ([(R, 2), (R, 2)], 2, info_nce),
    "cox": ([(R, 1), ("positive", 1), ("binary", 1)], 1, cox),
}


def prepared(name, rows, columns):
    inputs, learned, function = losses[name]
    tensors = [draw(holds, [rows, columns] if axes == 2 else [rows], i, columns) for i, (holds, axes) in enumerate(inputs)]
    model = [tensors[0], tensors[2]] if learned is None else tensors[:learned]
    for tensor in model:
        tensor.requires_grad_()
    return lambda: (lambda value: (value, torch.autograd.grad(value, model)))(function(*tensors))


blas = next((line.strip(" -") for line in torch.__config__.show().splitlines() if "Math Kernel" in line or "OpenBLAS" in line), "BLAS unknown")
print(json.dumps({"version": torch.__version__, "blas": blas, "threads": torch.get_num_threads(), "losses": list(losses)}), flush=True)
ready = {}
for line in sys.stdin:
    request = json.loads(line)
    key = (request["loss"], request["rows"], request["columns"])
    if key not in ready:
        ready.clear()
        ready[key] = prepared(*key)
    run = ready[key]
    value, _ = run()
    best, calls, end = float("inf"), 1, time.perf_counter() + request["seconds"]
    while time.perf_counter() < end:
        start = time.process_time()
        for _ in range(calls):
            run()
        taken = time.process_time() - start
        best = min(best, taken / calls)
        if taken < 5e-4:
            calls *= 2
    print(json.dumps({"value": float(value.detach()), "seconds": best}), flush=True)
