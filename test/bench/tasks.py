"""The peers of tasks.mjs on one thread: T1 and T2 as loops of NumPy, T3 of PyTorch, each as an expert would write it for this one task.

Reads a request a line, {"task"}; answers {"rounds", "evaluations", "accuracy"}, CPU seconds of the rounds and of the evaluations between
them. The first line says which NumPy and PyTorch these are. The cohorts are other ones than ours: the chance is Python's.
"""
import gzip
import json
import os
import sys
import time

os.environ.update(OPENBLAS_NUM_THREADS="1", MKL_NUM_THREADS="1", OMP_NUM_THREADS="1")
import numpy as np
import torch
from torch import nn

torch.set_num_threads(1)
folder = os.path.join(os.environ["TRIBUTARY_DATA"], "mnist")


def idx(name, offset):
    with gzip.open(os.path.join(folder, name)) as file:
        return np.frombuffer(file.read(), np.uint8, offset=offset)


def images(name):
    return idx(name, 16).reshape(-1, 784).astype(np.float32) / 255


x, y = images("train-images-idx3-ubyte.gz"), idx("train-labels-idx1-ubyte.gz", 8).astype(np.int64)
test_x, test_y = images("t10k-images-idx3-ubyte.gz"), idx("t10k-labels-idx1-ubyte.gz", 8).astype(np.int64)


def forward(layers, x):
    outputs = [x]
    for i, (w, b) in enumerate(layers):
        z = outputs[-1] @ w + b
        outputs.append(np.maximum(z, 0) if i < len(layers) - 1 else z)
    return outputs


def softmax(z):
    e = np.exp(z - z.max(1, keepdims=True))
    return e / e.sum(1, keepdims=True)


def numpy_step(layers, x, y, rate):
    outputs = forward(layers, x)
    g = softmax(outputs.pop())
    g[np.arange(len(y)), y] -= 1
    g /= len(y)
    for i in range(len(layers) - 1, -1, -1):
        (w, b), a = layers[i], outputs[i]
        below = (g @ w.T) * (a > 0) if i > 0 else None
        w -= rate * (a.T @ g)
        b -= rate * g.sum(0)
        g = below


def numpy_score(layers):
    z = forward(layers, test_x)[-1]
    z -= z.max(1, keepdims=True)
    loss = np.log(np.exp(z).sum(1)) - z[np.arange(len(test_y)), test_y]
    return loss.mean(), (z.argmax(1) == test_y).mean()


def numpy_task(sizes, rate, chance):
    def layer(a, b):
        bound = 0 if len(sizes) == 2 else a**-0.5
        return [chance.uniform(-bound, bound, (a, b)).astype(np.float32), chance.uniform(-bound, bound, b).astype(np.float32)]

    model = [layer(a, b) for a, b in zip(sizes, sizes[1:])]

    def work(rows):
        own = [[part.copy() for part in layer] for layer in model]
        for batch in rows:
            numpy_step(own, x[batch], y[batch], rate)
        return own

    def merge(locals_):
        for layer, others in zip(model, zip(*locals_)):
            for i in range(2):
                layer[i][:] = sum(other[i] for other in others) / len(others)

    return work, merge, lambda: numpy_score(model)


def torch_task(rate):
    torch.manual_seed(1)
    net = nn.Sequential(
        nn.Conv2d(1, 32, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(32, 64, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(3136, 512), nn.ReLU(), nn.Linear(512, 10),
    )
    parameters = list(net.parameters())
    model = [p.detach().clone() for p in parameters]
    tx, ty = torch.from_numpy(x).view(-1, 1, 28, 28), torch.from_numpy(y)
    ex, ey = torch.from_numpy(test_x).view(-1, 1, 28, 28), torch.from_numpy(test_y)

    def load():
        with torch.no_grad():
            torch._foreach_copy_(parameters, model)

    def work(rows):
        load()
        for batch in rows:
            gradients = torch.autograd.grad(nn.functional.cross_entropy(net(tx[batch]), ty[batch]), parameters)
            with torch.no_grad():
                torch._foreach_add_(parameters, gradients, alpha=-rate)
        return [p.detach().clone() for p in parameters]

    def merge(locals_):
        for p, others in zip(model, zip(*locals_)):
            p.copy_(sum(others) / len(others))

    def score():
        load()
        with torch.no_grad():
            z = torch.cat([net(part) for part in ex.split(500)])
            return float(nn.functional.cross_entropy(z, ey)), float((z.argmax(1) == ey).float().mean())

    return work, merge, score


tasks = {
    "t1": (1000, 100, lambda chance: numpy_task([784, 10], 0.03, chance)),
    "t2": (100, 30, lambda chance: numpy_task([784, 200, 200, 10], 0.05, chance)),
    "t3": (100, 2, lambda chance: torch_task(0.05)),
}

print(json.dumps({"numpy": np.__version__, "torch": torch.__version__, "threads": 1}), flush=True)
for line in sys.stdin:
    clients, rounds, make = tasks[json.loads(line)["task"]]
    chance = np.random.default_rng(1)
    shards = chance.permutation(60000).reshape(clients, -1)
    work, merge, score = make(chance)
    spent = {"rounds": 0.0, "evaluations": 0.0}
    for _ in range(rounds):
        start = time.process_time()
        cohort = chance.choice(clients, 10, replace=False)
        merge([work(chance.permutation(shards[k]).reshape(-1, 10)) for k in cohort])
        middle = time.process_time()
        accuracy = score()[1]
        spent["rounds"] += middle - start
        spent["evaluations"] += time.process_time() - middle
    print(json.dumps({**spent, "accuracy": round(float(accuracy), 4)}), flush=True)
