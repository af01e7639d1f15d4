"""The real sets. Each function gives the rows, and the three numbers N of rows that forecasts are made from.

4 N other rows are fitted, and the rest is held out, so a set has well over 5 N rows.
"""

import gzip
import io
import zipfile

import numpy as np

PATHS = {
    "digits-file": "digits.csv.gz of the Python package scikit-learn (the digits that lindiff has built in)",
    "fashion-file": "t10k-images-idx3-ubyte.gz of Fashion-MNIST",
    "cells-file": "the wheel of the Python package scanpy, which holds 10x_pbmc68k_reduced.h5ad",
    "spectra-file": "the wheel of the Python package chemotools, which holds fermentation_spectra.csv",
}


def scaled(rows):
    """Columns that vary, with the mean variance 1."""
    rows = rows[:, np.ptp(rows, axis=0) > 0].astype(float)
    return rows / np.sqrt(np.mean(rows.var(axis=0)))


def digits(_):
    """1797 handwritten digits of 8 x 8 pixels: scikit-learn."""
    from sklearn.datasets import load_digits

    return load_digits().data, (60, 120, 300)


def fashion(arguments):
    """10,000 images of clothes, 28 x 28 pixels: the test images of Fashion-MNIST."""
    with gzip.open(arguments.fashion_file) as file:
        bytes_ = np.frombuffer(file.read(), np.uint8)
    return bytes_[16:].reshape(-1, 784), (100, 300, 1000)


def cancer(_):
    """569 tumours, 30 measured properties, each with the variance 1: scikit-learn."""
    from sklearn.datasets import load_breast_cancer

    rows = load_breast_cancer().data
    return (rows - rows.mean(0)) / rows.std(0), (20, 50, 100)


def cells(arguments):
    """700 blood cells, 765 genes: scanpy's pbmc68k_reduced."""
    import h5py

    with zipfile.ZipFile(arguments.cells_file) as wheel:
        name = next(n for n in wheel.namelist() if n.endswith("10x_pbmc68k_reduced.h5ad"))
        with h5py.File(io.BytesIO(wheel.read(name))) as file:
            return file["X"][:], (35, 70, 125)


def patches(_):
    """8000 patches of 12 x 12 pixels of a photograph, grey: scikit-learn's china.jpg."""
    from sklearn.datasets import load_sample_image
    from sklearn.feature_extraction.image import extract_patches_2d

    grey = load_sample_image("china.jpg").mean(2)
    found = extract_patches_2d(grey, (12, 12), max_patches=8000, random_state=0)
    return found.reshape(len(found), -1), (60, 150, 500)


def spectra(arguments):
    """Infrared spectra of a fermentation, 1047 wave numbers: chemotools. Rows of one run, in random order."""
    with zipfile.ZipFile(arguments.spectra_file) as wheel:
        name = next(n for n in wheel.namelist() if n.endswith("fermentation_spectra.csv"))
        rows = np.loadtxt(io.BytesIO(wheel.read(name)), delimiter=",", skiprows=1)
    return rows, (60, 120, 250)


ALL = {
    "digits": digits,
    "fashion": fashion,
    "cancer": cancer,
    "cells": cells,
    "patches": patches,
    "spectra": spectra,
}
