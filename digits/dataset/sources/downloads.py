"""What can be downloaded by one click: from where, by which library, under which licence, known by which hash.

This is the list alone. `digits.engine.download` fetches in a process of its own (`digits.workers.fetch`), for only
there may Keras, scikit-learn's loader and kagglehub be imported.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from digits.files import Json

MNIST_LICENCE = "CC BY-SA 3.0 (creativecommons.org/licenses/by-sa/3.0/): Y. LeCun, C. Cortes, C. J. C. Burges, MNIST"


@dataclass(frozen=True, kw_only=True)
class Download:
    """One set that others keep: `by` names its library, `asked` is what that is asked for."""

    title: str
    sentence: str
    by: str
    asked: Json = field(hash=False)
    origin: str
    licence: str


DOWNLOADS = {
    "kagglehub": Download(
        title="Kaggle, the notebook's set",
        sentence="107,730 images of four drawings a digit, sheared, rotated and scaled: what the notebook trains on.",
        by="kagglehub",
        asked={"handle": "jcprogjava/handwritten-digits-dataset-not-in-mnist"},
        origin="kaggle.com/datasets/jcprogjava/handwritten-digits-dataset-not-in-mnist",
        licence="CC BY-SA 4.0 (creativecommons.org/licenses/by-sa/4.0/): JC-ProgJava, Handwritten Digits Dataset "
        "(not in MNIST)",
    ),
    "keras-mnist": Download(
        title="MNIST, by Keras",
        sentence="70,000 digits of 500 Americans, 28×28: the training part, then the test part.",
        by="keras",
        asked={
            "url": "https://storage.googleapis.com/tensorflow/tf-keras-datasets/mnist.npz",
            "sha256": "731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1",
        },
        origin="keras.datasets.mnist: storage.googleapis.com/tensorflow/tf-keras-datasets/mnist.npz",
        licence=MNIST_LICENCE,
    ),
    "openml-mnist": Download(
        title="MNIST, by OpenML",
        sentence="The same 70,000 digits as a table, by scikit-learn's fetch_openml; slower than by Keras.",
        by="openml",
        asked={"data_id": 554, "side": 28},
        origin="openml.org/d/554: mnist_784, version 1",
        licence=MNIST_LICENCE,
    ),
    "openml-usps": Download(
        title="USPS, by OpenML",
        sentence="9,298 digits from American envelopes, 16×16, here framed to 28×28 as MNIST frames its digits.",
        by="openml",
        asked={"data_id": 41082, "side": 16},
        origin="openml.org/d/41082: USPS; J. J. Hull, A database for handwritten text recognition research, IEEE "
        "PAMI 16(5), 1994",
        licence="OpenML calls it public; its authors state no licence.",
    ),
}
