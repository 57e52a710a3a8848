"""Writes layers.json: values and gradients of layers, by PyTorch in float64. Run: python make.py > layers.json"""

import json
import torch

torch.set_default_dtype(torch.float64)
torch.manual_seed(0)
cases = []


def numbers(tensor):
    return {"shape": list(tensor.shape), "data": tensor.detach().contiguous().flatten().tolist()}


def grid(*shape):
    return torch.round(torch.randn(*shape) * 64) / 64


def case(name, options, inputs, parameters, output, buffers=None):
    """`output` is differentiated against the seed 1, 2, 3, … / size, so that no gradient vanishes by symmetry."""
    seed = torch.arange(1, output.numel() + 1).reshape(output.shape) / output.numel()
    (output * seed).sum().backward()
    with_gradients = {**inputs, **parameters}
    cases.append({
        "name": name, "options": options,
        "inputs": {key: numbers(x) for key, x in inputs.items()},
        "parameters": {key: numbers(x) for key, x in parameters.items()},
        "output": numbers(output),
        "gradients": {key: numbers(x.grad) for key, x in with_gradients.items() if x.grad is not None},
        "buffers": {key: numbers(x) for key, x in (buffers or {}).items()},
    })


def leaf(x):
    return x.detach().clone().requires_grad_()


# Batch normalization over rows and positions, channels last here, channels first in PyTorch; two of six rows are padding.
x, scale, shift = leaf(grid(4, 3, 5)), leaf(grid(5)), leaf(grid(5))
mean, variance = torch.zeros(5), torch.ones(5)
y = torch.nn.functional.batch_norm(x.permute(0, 2, 1), mean, variance, scale, shift, training=True).permute(0, 2, 1)
case("batch-normalization", {}, {"x": x}, {"scale": scale, "shift": shift}, y, {"mean": mean, "variance": variance})

x, scale, shift = leaf(grid(3, 4, 4, 6)), leaf(grid(6)), leaf(grid(6))
y = torch.nn.functional.group_norm(x.permute(0, 3, 1, 2), 3, scale, shift).permute(0, 2, 3, 1)
case("group-normalization", {"groups": 3}, {"x": x}, {"scale": scale, "shift": shift}, y)

x, scale, shift = leaf(grid(3, 2, 7)), leaf(grid(7)), leaf(grid(7))
case("layer-normalization", {}, {"x": x}, {"scale": scale, "shift": shift},
     torch.nn.functional.layer_norm(x, (7,), scale, shift))

x = leaf(grid(2, 5, 6))
names = ["query", "key", "value", "output"]
weights = {f"{n}/weight": leaf(grid(6, 6)) for n in names}
biases = {f"{n}/bias": leaf(grid(6)) for n in names}
mask = torch.tril(torch.ones(5, 5)).expand(2, 5, 5).clone()
dense = lambda n, v: v @ weights[f"{n}/weight"] + biases[f"{n}/bias"]
heads = lambda v: v.reshape(2, 5, 3, 2).transpose(1, 2)
mixed = torch.nn.functional.scaled_dot_product_attention(
    heads(dense("query", x)), heads(dense("key", x)), heads(dense("value", x)), attn_mask=mask.bool().unsqueeze(1))
y = dense("output", mixed.transpose(1, 2).reshape(2, 5, 6))
case("multi-head-attention", {"heads": 3}, {"x": x, "mask": mask}, {**weights, **biases}, y)

for name, module, gates in [("simple", torch.nn.RNN, 1), ("gru", torch.nn.GRU, 3), ("lstm", torch.nn.LSTM, 4)]:
    cell = module(4, 3, batch_first=True)
    with torch.no_grad():
        for p in cell.parameters():
            p.copy_(grid(*p.shape))
    x = leaf(grid(2, 5, 4))
    y, _ = cell(x)
    w, u, b, c = cell.weight_ih_l0, cell.weight_hh_l0, cell.bias_ih_l0, cell.bias_hh_l0
    seed = torch.arange(1, y.numel() + 1).reshape(y.shape) / y.numel()
    (y * seed).sum().backward()
    cases.append({
        "name": f"{name}-cell", "options": {"units": 3}, "inputs": {"x": numbers(x)},
        "parameters": {"input": numbers(w.T), "hidden": numbers(u.T), "inputBias": numbers(b), "hiddenBias": numbers(c)},
        "output": numbers(y),
        "gradients": {"x": numbers(x.grad), "input": numbers(w.grad.T), "hidden": numbers(u.grad.T),
                      "inputBias": numbers(b.grad), "hiddenBias": numbers(c.grad)},
        "buffers": {},
    })

x, weight, bias = leaf(grid(2, 6, 5, 4)), leaf(grid(3, 3, 2, 6)), leaf(grid(6))
y = torch.nn.functional.conv2d(x.permute(0, 3, 1, 2), weight.permute(3, 2, 0, 1), bias, stride=2, padding=1, groups=2).permute(0, 2, 3, 1)
case("conv2d", {"filters": 6, "size": 3, "stride": 2, "padding": 1, "groups": 2}, {"x": x}, {"weight": weight, "bias": bias}, y)

x = leaf(grid(4, 6))
case("gelu", {}, {"x": x}, {}, torch.nn.functional.gelu(x))

print(json.dumps({"origin": f"PyTorch {torch.__version__}, float64; gradients of Σ output·(1, 2, 3, …)/size", "cases": cases}))
