"""Writes the golden files of this folder. Run with safetensors 0.8.0 and NumPy 2.4.6; the output is committed."""
import os
import numpy as np
from safetensors.numpy import save_file

here = os.path.dirname(os.path.abspath(__file__))
at = lambda name: os.path.join(here, name)

save_file(
    {
        "trunk/0/weight": np.arange(6, dtype=np.float32).reshape(2, 3) / 8,
        "trunk/0/bias": np.array([-1.5, 2.5e-45, 3.25], dtype=np.float32),  # the second is subnormal
        "head/weight": np.array([[1e-300], [-0.0]], dtype=np.float64),
        "scalar": np.array(7, dtype=np.int64),
        "steps": np.array([-1, 2], dtype=np.int32),
        "empty": np.zeros((0, 4), dtype=np.float32),
        "bytes": np.array([0, 255], dtype=np.uint8),
    },
    at("mixed.safetensors"),
    {"note": "gölden"},
)
save_file({"half": np.array([1.0, -2.5, 6e-8, 65504, np.inf], dtype=np.float16)}, at("half.safetensors"))

grid = np.arange(6).reshape(2, 3)
np.save(at("c-f32.npy"), grid.astype("<f4") / 4)
np.save(at("fortran-f64.npy"), np.asfortranarray(np.arange(24, dtype="<f8").reshape(2, 3, 4)))
np.save(at("big-endian-i2.npy"), grid.astype(">i2") - 3)
np.save(at("i64.npy"), grid.astype("<i8") - 3)
np.save(at("bool.npy"), grid % 2 == 0)
np.save(at("half.npy"), np.array([1.0, -2.5, 6e-8, 65504], dtype="<f2"))
np.save(at("scalar.npy"), np.float64(2.5))
with open(at("version-2.npy"), "wb") as file:
    np.lib.format.write_array(file, grid.astype("<i4"), version=(2, 0))
np.savez_compressed(at("two.npz"), x=np.arange(6, dtype="<f4").reshape(3, 2), y=np.array([0, 1, 2], dtype="<i8"))
