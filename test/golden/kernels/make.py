# Writes transcendental.json: for each function rows [x, high, low], f(x) = high + low to about 2⁻¹⁰⁰.
import json, random
from mpmath import mp, mpf, exp, expm1, log, log1p, tanh, sin, cos, erf, gamma, loggamma, psi
mp.prec = 400
random.seed(20)
lin = lambda a, b, n: [random.uniform(a, b) for _ in range(n)]
span = lambda a, b, n: [10 ** random.uniform(a, b) for _ in range(n)]
both = lambda xs: xs + [-x for x in xs]
lgamma = lambda x: log(abs(gamma(x))) if abs(x) < 1000 else loggamma(x)
functions = {
    "exp": (exp, lin(-745, 709.7, 60) + lin(-1, 1, 60) + [-745.13, -708.5, 709.782712893384, 2 ** -60]),
    "expm1": (expm1, lin(-3, 3, 60) + both(span(-18, 2, 30)) + [0.3466, -0.3466, 700.5, -40.5]),
    "log": (log, lin(0.3, 3, 60) + span(-307, 308, 60) + [5e-324, 2.3e-310, 1 - 2 ** -53, 1 + 2 ** -52]),
    "log1p": (log1p, lin(-0.99, 3, 60) + both(span(-18, -0.1, 30)) + span(0, 300, 20)),
    "tanh": (tanh, lin(-3, 3, 60) + both(span(-18, 1.2, 30)) + [0.625, 0.6249999999999999]),
    "sigmoid": (lambda x: 1 / (1 + exp(-x)), lin(-20, 20, 80) + lin(-700, 40, 40) + [1e-17, -1e-17]),
    "softplus": (lambda x: log1p(exp(x)), lin(-20, 20, 80) + lin(-700, 700, 40) + [1e-17, -1e-17]),
    "sin": (sin, lin(-10, 10, 60) + both(span(-9, 6, 20)) + span(6, 308, 60) + [5.319372648326541e255]),
    "cos": (cos, lin(-10, 10, 60) + both(span(-9, 6, 20)) + span(6, 308, 60) + [5.319372648326541e255]),
    "erf": (erf, lin(-6, 6, 80) + both(span(-18, 0, 30)) + [0.5, 0.4999999999999999]),
    "lgamma": (lgamma, lin(0.01, 12, 80) + span(-300, 300, 40) + lin(-20, 0, 40) + [1 + 2 ** -40, 2 - 2 ** -40]),
    "digamma": (lambda x: psi(0, x), lin(0.01, 12, 80) + span(-15, 15, 40) + lin(-20, 0, 40) + [1.4616321449683622]),
    "trigamma": (lambda x: psi(1, x), lin(0.01, 20, 80) + span(-15, 15, 40) + lin(-20, 0, 40)),
}
out = {}
for name, (f, xs) in functions.items():
    rows = []
    for x in xs:
        y = f(mpf(x))
        high = float(y)
        rows.append([x, high, float(y - mpf(high))])
    out[name] = rows
pairs = [(random.uniform(0, 3), random.uniform(-40, 40)) for _ in range(60)] + [(10 ** random.uniform(-300, 300), random.uniform(-1, 1)) for _ in range(40)]
pairs += [(1 + random.uniform(-1e-4, 1e-4), random.uniform(-1e6, 1e6)) for _ in range(30)] + [(5e-324, 0.5), (0.1, 308.2), (2.0, -1074.0)]
out["power"] = [[x, y, float(p), float(p - mpf(float(p)))] for x, y in pairs for p in [mpf(x) ** mpf(y)]]
json.dump(out, open("transcendental.json", "w"), separators=(",", ":"))
