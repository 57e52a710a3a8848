"""The train steps of steps.test.ts in PyTorch, one thread: reads a request a line, {"step"}; answers {"seconds"}, CPU time of one step, best of
three epochs. The first line says which PyTorch this is.

The batch is a tensor that is there already (ours is gathered from the data set each step); the step is forward, mean softmax
cross-entropy, backward and the update of every parameter by one fused call, which measured faster than torch.optim.SGD.
"""
import json
import sys
import time

import torch
from torch import nn

torch.set_num_threads(1)
blas = next((line.strip(" -") for line in torch.__config__.show().splitlines() if "Math Kernel" in line or "OpenBLAS" in line), "BLAS unknown")
print(json.dumps({"version": torch.__version__, "threads": torch.get_num_threads(), "blas": blas}), flush=True)


def mlp(*sizes):
    layers = []
    for a, b in zip(sizes, sizes[1:]):
        layers += [nn.Linear(a, b), nn.ReLU()]
    return nn.Sequential(*layers[:-1])


def cnn():
    return nn.Sequential(
        nn.Conv2d(1, 32, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(32, 64, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(3136, 512), nn.ReLU(), nn.Linear(512, 10),
    )


models = {"logistic b16": (lambda: mlp(13, 2), 16, (13,), 2), "mlp b10": (lambda: mlp(784, 200, 200, 10), 10, (784,), 10),
          "mlp b64": (lambda: mlp(784, 200, 200, 10), 64, (784,), 10), "cnn b10": (cnn, 10, (1, 28, 28), 10)}

def epochs(name):
    make, batch, shape, classes = models[name]
    torch.manual_seed(0)
    model = make()
    parameters = list(model.parameters())
    x, y = torch.rand(batch, *shape), torch.randint(classes, (batch,))

    def step():
        loss = nn.functional.cross_entropy(model(x), y)
        gradients = torch.autograd.grad(loss, parameters)
        with torch.no_grad():
            torch._foreach_add_(parameters, gradients, alpha=-0.01)

    def seconds(steps):
        start = time.process_time()
        for _ in range(steps):
            step()
        return (time.process_time() - start) / steps

    steps = max(3, int(0.1 / seconds(3)))
    return lambda: min(seconds(steps) for _ in range(3))


made = {}
for line in sys.stdin:
    name = json.loads(line)["step"]
    if name not in made:
        made = {name: epochs(name)}
    print(json.dumps({"seconds": made[name]()}), flush=True)
