"""Compares networks that are not linear with PyTorch's: their outputs, and the gradients of a loss.

    check_networks.py NETWORKS.safetensors VALUES.safetensors

NETWORKS is a file of `lindiff::neural::write_networks` in f32. VALUES holds x [E, n, d], log_snr [n], wanted [E, n, d], output [E, n, d],
and for the loss sum (output - wanted)^2 the gradient of each parameter under `gradient.` and its name. Prints the largest
difference, relative to the largest number of its tensor; fails above 1e-5.
"""

import sys

import torch
from safetensors.torch import load_file
from torch_networks import read

LIMIT = 1e-5


def main():
    networks, values = sys.argv[1:3]
    torch.set_num_threads(1)
    values = load_file(values)
    worst = {"output": 0.0, "gradient": 0.0}

    def compare(kind, name, found, expected):
        error = ((found - expected).abs().max() / expected.abs().max()).item()
        worst[kind] = max(worst[kind], error)
        if not error <= LIMIT:
            sys.exit(f"{name}: off by {error:.1e}")

    for member, network in enumerate(read(networks)):
        output = network(values["x"][member], values["log_snr"])
        compare("output", f"output of member {member}", values["output"][member], output)
        ((output - values["wanted"][member]) ** 2).sum().backward()
        for parameter in network.parameters():
            name, turned = parameter.source
            given = turned(values[f"gradient.{name}"][member])
            compare("gradient", f"gradient of {name}, member {member}", given, parameter.grad)
    print(f"outputs agree to {worst['output']:.1e}, gradients to {worst['gradient']:.1e}")


if __name__ == "__main__":
    main()
