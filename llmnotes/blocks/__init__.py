"""The blocks a model is built of: one frozen dataclass for each kind, each in terms of the equations.

`base` says what a block answers; `attention`, `latent`, `compressed`, `recurrent` and `statespace` hold mixers,
`feedforward` feed-forwards, and `composite` what is made of other blocks.
"""
