"""Values of the metrics that see groups, from scikit-learn and from plain loops. Writes ranking.json beside itself.

NDCG       sklearn.metrics.ndcg_score, ties averaged, on y (linear gain) and on 2**y - 1 (exponential)
AP         sklearn.metrics.average_precision_score
HR, MRR    the mean over every order of the tied candidates, by enumeration
C          a loop over all pairs of each stratum
"""

import itertools
import json
import pathlib

import numpy as np
import sklearn
from sklearn.metrics import average_precision_score, ndcg_score

random = np.random.default_rng(20261125)
cutoffs = [1, 3, 5, None]


def lists():
    """Graded lists of 2 to 14 rows with many ties, two of them without any relevance, rows of all lists mixed."""
    rows = []
    for group in range(14):
        n = int(random.integers(2, 15))
        y = random.integers(0, 5, n) * (group not in (3, 9))
        rows += [(group, int(s) / 4, int(r)) for s, r in zip(random.integers(-6, 7, n), y)]
    order = random.permutation(len(rows))
    return [rows[i] for i in order]


def by_group(rows):
    found = {}
    for group, *rest in rows:
        found.setdefault(group, []).append(rest)
    return {group: np.array(values, float).T for group, values in found.items()}


def mean_over(groups, value):
    return float(np.mean([value(s, y) for s, y in groups.values() if y.max() > 0]))


def candidates():
    """One relevant row among 7 in each group; few distinct scores."""
    rows = []
    for group in range(20):
        at = int(random.integers(7))
        rows += [(group, int(s) / 2, int(i == at)) for i, s in enumerate(random.integers(0, 5, 7))]
    return rows


def first_hit(f):
    """The mean of f(rank) over the places the relevant row may have among those it ties with."""

    def value(s, y):
        places = []
        for order in itertools.permutations(range(len(s))):
            if all(s[a] >= s[b] for a, b in zip(order, order[1:])):
                places.append(next(rank for rank, i in enumerate(order, 1) if y[i] > 0))
        return float(np.mean([f(rank) for rank in places]))

    return value


def strata():
    """Four strata with tied times, tied hazards and censoring."""
    rows = []
    for group in range(4):
        n = 12
        rows += [
            (group, int(h) / 4, int(t), int(e))
            for h, t, e in zip(random.integers(-5, 6, n), random.integers(1, 8, n), random.integers(0, 2, n))
        ]
    return rows


def concordance(rows):
    higher = pairs = 0.0
    for g, h, t, e in rows:
        for g2, h2, t2, e2 in rows:
            if g == g2 and e == 1 and (t < t2 or (t == t2 and e2 == 0)):
                pairs += 1
                higher += 1 if h > h2 else 0.5 if h == h2 else 0
    return higher / pairs


graded = lists()
groups = by_group(graded)
values = {}
for k in cutoffs:
    at = "" if k is None else f"@{k}"
    values[f"ndcg-linear{at}"] = mean_over(groups, lambda s, y: ndcg_score([y], [s], k=k))
    values[f"ndcg{at}"] = mean_over(groups, lambda s, y: ndcg_score([2.0**y - 1], [s], k=k))
values["mean-average-precision"] = mean_over(groups, lambda s, y: average_precision_score(y > 0, s))

picked = candidates()
among = by_group(picked)
hits = {"reciprocal-rank": mean_over(among, first_hit(lambda rank: 1 / rank))}
for k in [1, 3, 5]:
    hits[f"hit-rate@{k}"] = mean_over(among, first_hit(lambda rank: float(rank <= k)))

labels = [int(y > 0) for _, _, y in graded]
scores = [s for _, s, _ in graded]
times = strata()

golden = {
    "origin": f"make.py; scikit-learn {sklearn.__version__}, NumPy {np.__version__}",
    "graded": {"rows": graded, "columns": ["group", "score", "relevance"], "values": values},
    "picked": {"rows": picked, "columns": ["group", "score", "relevance"], "values": hits},
    "labelled": {"values": {"average-precision": float(average_precision_score(labels, scores))}},
    "survival": {
        "rows": times,
        "columns": ["group", "hazard", "time", "event"],
        "values": {"concordance": concordance(times)},
    },
}
pathlib.Path(__file__).with_name("ranking.json").write_text(json.dumps(golden) + "\n")
