"""Writes trajectories.json: ten steps of PyTorch's optimizers on a quadratic bowl, in float64. Run: python make.py > trajectories.json"""

import json
import torch

torch.set_default_dtype(torch.float64)
curvature = torch.tensor([1.0, 10.0, 0.25])
start = [2.0, -1.0, 3.0]
runs = [
    ({"kind": "sgd"}, lambda p: torch.optim.SGD(p, lr=0.05)),
    ({"kind": "sgd", "momentum": 0.9}, lambda p: torch.optim.SGD(p, lr=0.05, momentum=0.9)),
    ({"kind": "sgd", "momentum": 0.9, "nesterov": True, "weightDecay": 0.1},
     lambda p: torch.optim.SGD(p, lr=0.05, momentum=0.9, nesterov=True, weight_decay=0.1)),
    ({"kind": "adam"}, lambda p: torch.optim.Adam(p, lr=0.05)),
    ({"kind": "adam", "beta1": 0.8, "beta2": 0.95, "epsilon": 0.001, "weightDecay": 0.1},
     lambda p: torch.optim.Adam(p, lr=0.05, betas=(0.8, 0.95), eps=0.001, weight_decay=0.1)),
    ({"kind": "adamw", "weightDecay": 0.1}, lambda p: torch.optim.AdamW(p, lr=0.05, weight_decay=0.1)),
]
cases = []
for options, make in runs:
    x = torch.tensor(start, requires_grad=True)
    optimizer = make([x])
    path = []
    for _ in range(10):
        optimizer.zero_grad()
        (0.5 * curvature * x * x).sum().backward()
        optimizer.step()
        path.append(x.detach().tolist())
    cases.append({"options": options, "path": path})
print(json.dumps({"origin": f"PyTorch {torch.__version__}, float64, learning rate 0.05 on ½ Σ c·x²",
                  "curvature": curvature.tolist(), "start": start, "cases": cases}))
