"""What a model's weight files hold, tensor by tensor, and in which form.

`tensors` lists them, with `matrices` (the shapes of each kind of block) and `names` (what a family calls them);
`formats` and `ggml` say how many bytes a form takes; `quantization` reads the form that a checkpoint states, `gguf` the
mixes of llama.cpp; `sizes` adds up; `kvtypes` are the forms of a cache.
"""
