"""The blocks a model is built of: one frozen dataclass for each kind, each in terms of the equations.

`base` says what a block answers; `attention`, `latent`, `recurrent` hold mixers, `feedforward` holds feed-forwards.
"""
