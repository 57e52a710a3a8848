"""The peers of kernels.mjs, PyTorch on one thread: reads a request a line, {"task", "flops", "rounds"}; answers {"seconds"}, CPU seconds
of one call, the best of so many rounds. The first line says which PyTorch this is."""

import json
import sys
import time

import torch

torch.set_num_threads(1)


def product(m, k, n, transpose_a, transpose_b):
    a = torch.rand(k, m).t() if transpose_a else torch.rand(m, k)
    b = torch.rand(n, k).t() if transpose_b else torch.rand(k, n)
    c = torch.empty(m, n)
    return lambda: torch.mm(a, b, out=c)


def convolution(kind, n, h, w, c, o, k):
    # PyTorch's own default layout (channels first): what a user of it gets.
    x, weights, g = torch.rand(n, c, h, w), torch.rand(o, c, k, k), torch.rand(n, o, h, w)
    if kind == "conv2d":
        return lambda: torch.nn.functional.conv2d(x, weights, padding=k // 2)
    mask = [kind == "conv2dInput", kind == "conv2dKernel", False]
    pad = [k // 2, k // 2]
    return lambda: torch.ops.aten.convolution_backward(g, x, weights, None, [1, 1], pad, [1, 1], False, [0, 0], 1, mask)


def seconds_of(run, flops, rounds):
    calls = max(1, int(6e7 / flops))
    best = float("inf")
    for _ in range(rounds):
        start = time.process_time()
        for _ in range(calls):
            run()
        best = min(best, (time.process_time() - start) / calls)
    return best


def answer(message):
    print(json.dumps(message), flush=True)


blas = next((line.strip(" -") for line in torch.__config__.show().splitlines() if "Math Kernel" in line or "OpenBLAS" in line), "BLAS unknown")
answer({"version": torch.__version__, "blas": blas, "threads": torch.get_num_threads()})
with torch.no_grad():
    made = (None, None)
    for line in sys.stdin:
        request = json.loads(line)
        kind, *rest = task = request["task"]
        if made[0] != task:
            made = (task, product(*rest) if kind == "product" else convolution(kind, *rest))
        answer({"seconds": seconds_of(made[1], request["flops"], request["rounds"])})
