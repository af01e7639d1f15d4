"""The networks of a file of lindiff in PyTorch, by its own layers: what `Mlp` and `UNet` in src/neural say they compute.

    from torch_networks import read
    networks = read("networks.safetensors")          # one a member
    output = networks[0](x, log_snr)                 # x [n, d], log_snr [n] = log(alpha_bar/(1 - alpha_bar))
"""

import json
import struct

import torch
from safetensors.torch import load_file
from torch import nn
from torch.nn import functional as F

FREQUENCIES = 16
GROUPS = 8


def time_features(log_snr):
    """sin and cos of 16 frequencies from 1/8 to 2 times log sigma = -(log SNR)/2: [n, 32]"""
    log_sigma = -log_snr.double() / 2
    frequencies = 0.125 * 16.0 ** (torch.arange(FREQUENCIES, dtype=torch.float64) / (FREQUENCIES - 1))
    angles = log_sigma[:, None] * frequencies.to(log_sigma.device)
    return torch.cat([angles.sin(), angles.cos()], 1).to(torch.get_default_dtype())


class Mlp(nn.Module):
    def __init__(self, dim, width=256, layers=3):
        super().__init__()
        sizes = [dim] + [width] * layers
        self.hidden = nn.ModuleList(nn.Linear(a, b) for a, b in zip(sizes, sizes[1:]))
        self.time = nn.ModuleList(nn.Linear(2 * FREQUENCIES, width, bias=False) for _ in range(layers))
        self.output = nn.Linear(width, dim)

    def forward(self, x, log_snr):
        features = time_features(log_snr)
        for hidden, time in zip(self.hidden, self.time):
            x = F.silu(hidden(x) + time(features))
        return self.output(x)

    def load(self, tensors):
        for k, (hidden, time) in enumerate(zip(self.hidden, self.time)):
            linear(hidden, tensors, f"hidden.{k}.linear")
            give(time.weight, tensors, f"hidden.{k}.time", lambda t: t.T)
        linear(self.output, tensors, "output")


class Block(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.norm1 = nn.GroupNorm(GROUPS, inputs)
        self.conv1 = nn.Conv2d(inputs, outputs, 3, padding=1)
        self.time = nn.Linear(2 * FREQUENCIES, outputs)
        self.norm2 = nn.GroupNorm(GROUPS, outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, padding=1)
        self.skip = nn.Conv2d(inputs, outputs, 1) if inputs != outputs else nn.Identity()

    def forward(self, x, features):
        h = self.conv1(F.silu(self.norm1(x))) + self.time(features)[:, :, None, None]
        return self.skip(x) + self.conv2(F.silu(self.norm2(h)))

    def load(self, tensors, name):
        for part in ("norm1", "norm2"):
            norm(getattr(self, part), tensors, f"{name}.{part}")
        for part in ("conv1", "conv2"):
            convolution(getattr(self, part), tensors, f"{name}.{part}")
        linear(self.time, tensors, f"{name}.time")
        if isinstance(self.skip, nn.Conv2d):
            give(self.skip.weight, tensors, f"{name}.skip.weight", lambda t: t.T[:, :, None, None])
            give(self.skip.bias, tensors, f"{name}.skip.bias")


class UNet(nn.Module):
    def __init__(self, image, channels=16):
        super().__init__()
        self.image = image
        resolutions = 3 if all(side % 4 == 0 and side >= 16 for side in image) else 2
        at = [channels << r for r in range(resolutions)]
        self.input = nn.Conv2d(1, channels, 3, padding=1)
        self.down = nn.ModuleList(Block(at[max(r - 1, 0)], at[r]) for r in range(resolutions))
        self.middle = Block(at[-1], at[-1])
        self.up = nn.ModuleList(Block(at[r + 1] + at[r], at[r]) for r in reversed(range(resolutions - 1)))
        self.norm = nn.GroupNorm(GROUPS, channels)
        self.output = nn.Conv2d(channels, 1, 3, padding=1)

    def forward(self, x, log_snr):
        features = time_features(log_snr)
        x = self.input(x.reshape(-1, 1, *self.image))
        seen = []
        for k, block in enumerate(self.down):
            if k > 0:
                seen.append(x)
                x = F.avg_pool2d(x, 2)
            x = block(x, features)
        x = self.middle(x, features)
        for block in self.up:
            x = F.interpolate(x, scale_factor=2, mode="nearest")
            x = block(torch.cat([x, seen.pop()], 1), features)
        return self.output(F.silu(self.norm(x))).flatten(1)

    def load(self, tensors):
        convolution(self.input, tensors, "input")
        for part in ("down", "up"):
            for k, block in enumerate(getattr(self, part)):
                block.load(tensors, f"{part}.{k}")
        self.middle.load(tensors, "middle")
        norm(self.norm, tensors, "norm")
        convolution(self.output, tensors, "output")


def give(parameter, tensors, name, turned=lambda t: t):
    """Copies a tensor into a parameter, which remembers its name and how it was turned."""
    with torch.no_grad():
        parameter.copy_(turned(tensors[name]))
    parameter.source = (name, turned)


def linear(layer, tensors, name):
    give(layer.weight, tensors, f"{name}.weight", lambda t: t.T)
    give(layer.bias, tensors, f"{name}.bias")


def convolution(layer, tensors, name):
    outputs, inputs = layer.weight.shape[:2]
    give(layer.weight, tensors, f"{name}.weight", lambda t: t.reshape(3, 3, inputs, outputs).permute(3, 2, 0, 1))
    give(layer.bias, tensors, f"{name}.bias")


def norm(layer, tensors, name):
    give(layer.weight, tensors, f"{name}.scale")
    give(layer.bias, tensors, f"{name}.shift")


def described(path):
    """What the metadata say: kind and its sizes, target, dim, members."""
    with open(path, "rb") as file:
        (size,) = struct.unpack("<Q", file.read(8))
        return json.loads(json.loads(file.read(size))["__metadata__"]["network"])


def read(path):
    """The networks of a file, one a member."""
    what, tensors = described(path), load_file(path)
    networks = []
    for member in range(what["members"]):
        if what["kind"] == "mlp":
            network = Mlp(what["dim"], what["width"], what["layers"])
        else:
            network = UNet(what["image"], what["channels"])
        network.load({name: tensor[member] for name, tensor in tensors.items()})
        networks.append(network)
    return networks
