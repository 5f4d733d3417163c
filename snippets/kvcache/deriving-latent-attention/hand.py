"""One head by hand: a score with the key rebuilt and with the query lifted, and both again behind a rotation."""

import numpy as np

from llmnotes.quantities import count

LATENT, QUERY = np.array([3, 1]), np.array([2, 1])
UP = np.array([[1, 2], [0, 1]])  # latent in, key out
TURN = np.array([[0, 1], [-1, 0]])  # a key one token back: a quarter turn clockwise


# --8<-- [start:compute]
def compute():
    key, lifted = LATENT @ UP, UP @ QUERY
    turned, lifted_turned = TURN @ key, UP @ (TURN.T @ QUERY)
    return {
        "key": pair(key),
        "lifted": pair(lifted),
        "rebuilt_score": count(QUERY @ key),
        "absorbed_score": count(lifted @ LATENT),
        "turned": pair(turned),
        "query_back": pair(TURN.T @ QUERY),
        "lifted_turned": pair(lifted_turned),
        "turned_score": count(QUERY @ turned),
        "turned_absorbed": count(lifted_turned @ LATENT),
    }


def pair(vector):
    return {"a": count(vector[0]), "b": count(vector[1])}


# --8<-- [end:compute]
