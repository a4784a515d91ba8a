"""Cluster the vectors of phrases by speaker, and find out how many speakers there are.

For every possible number of speakers the vectors are clustered (k-means), and the two most similar
clusters are compared. If they are two voices, phrases of different clusters are clearly less
similar than phrases of one; if they are halves of one voice, hardly. The largest number at which
all clusters are different voices wins.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lifestream.domain.options import JobOptions

Vectors = NDArray[np.float32]
Labels = NDArray[np.intp]
MOST_SPEAKERS = 10
"""The most speakers to look for, unless the job allows more."""
SAME_VOICE = 0.895
"""The lowest similarity of two clusters of one voice (see `_similarity`). Measured on mixtures of
four readers: clean, over telephones, in rooms and in noise (ADR 31)."""
CLEARER = 0.005
"""How much less similar they have to be per further speaker: with more clusters, chance is likelier
to separate two."""
DOUBT = 1.5
"""The number of phrases with which a difference counts half."""
USUAL_LIKENESS = 0.72
"""The usual cosine of two phrases of one person, in any room and over any line."""
FEWEST_PHRASES = 3
SHORTEST_SECONDS, SHORTEST_SHARE = 5.0, 0.2
"""A speaker who says less than both may be a variation in another's voice. The share is for
recordings of half a minute and less."""
PRIOR_PHRASES = 6
TRIES = 5


@dataclass(frozen=True)
class SpeakerBounds:
    fewest: int
    most: int
    """Above `fewest` only if there may be more."""

    @classmethod
    def of(cls, options: JobOptions) -> SpeakerBounds:
        fewest = options.speakers or options.min_speakers or 1
        most = options.speakers or options.max_speakers or max(MOST_SPEAKERS, fewest)
        return cls(fewest, max(most, fewest))


def cluster(vectors: Vectors, seconds: NDArray[np.float64], bounds: SpeakerBounds) -> Labels:
    """Return (phrases,): one label per phrase. Takes time linear in the number of phrases.

    The number of labels is within the bounds if there are enough phrases.
    """
    fewest = min(bounds.fewest, len(vectors))
    for count in range(min(bounds.most, len(vectors) // FEWEST_PHRASES), fewest, -1):
        labels = _clusters(vectors, seconds, count)
        if _are_voices(vectors, seconds, labels, count):
            return labels
    return _clusters(vectors, seconds, fewest)


def _clusters(vectors: Vectors, seconds: NDArray[np.float64], count: int) -> Labels:
    if count == 1:
        return np.zeros(len(vectors), dtype=np.intp)
    from sklearn.cluster import KMeans

    means = KMeans(count, n_init=TRIES, random_state=0).fit(vectors, sample_weight=seconds)
    return _without_empty(means.labels_.astype(np.intp), count)


def _without_empty(labels: Labels, count: int) -> Labels:
    """Fill empty clusters: vectors that are all alike make fewer clusters than were asked for."""
    filled = np.unique(labels, return_inverse=True)[1]
    for label in range(int(filled.max()) + 1, count):
        largest = np.flatnonzero(filled == np.bincount(filled).argmax())
        filled[largest[len(largest) // 2 :]] = label
    return filled


def _are_voices(vectors: Vectors, seconds: NDArray[np.float64], labels: Labels, count: int) -> bool:
    phrases = np.bincount(labels, minlength=count)
    spoken = np.bincount(labels, seconds, minlength=count)
    shortest = min(SHORTEST_SECONDS, SHORTEST_SHARE * float(spoken.sum()))
    if phrases.min() < FEWEST_PHRASES or spoken.min() < shortest:
        return False
    smaller = np.minimum.outer(phrases, phrases)
    difference = (1 - _similarity(vectors, seconds, labels, count)) * smaller / (smaller + DOUBT)
    np.fill_diagonal(difference, 1)
    return bool(difference.min() > 1 - SAME_VOICE + CLEARER * (count - 2))


def _similarity(
    vectors: Vectors, seconds: NDArray[np.float64], labels: Labels, count: int
) -> NDArray[np.float64]:
    """Return (count, count): the similarity of phrases of two clusters, as a share of that in one.

    Both are means of cosines over pairs of phrases, weighted by their seconds. A phrase is never
    compared with itself. Few phrases are weak evidence, so each cluster counts as having some more
    pairs of USUAL_LIKENESS.
    """
    weights = np.zeros((len(vectors), count))
    weights[np.arange(len(vectors)), labels] = seconds
    sums = weights.T @ vectors
    products, total, squares = sums @ sums.T, weights.sum(axis=0), (weights**2).sum(axis=0)
    prior = PRIOR_PHRASES * float(np.median(seconds)) * total
    within = (np.diag(products) - squares + prior * USUAL_LIKENESS) / (total**2 - squares + prior)
    return np.asarray(products / np.outer(total, total) / np.sqrt(np.outer(within, within)))
