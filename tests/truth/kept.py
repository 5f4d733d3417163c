"""What PyTorch keeps of one layer for the backward pass, read by its own hooks: a tiny Llama of transformers, eager.

Needs torch, transformers and peft; prints the numbers that `snippets/training/will-fine-tuning-fit/check.py` cites.
"""

import peft
import torch
import transformers

SHAPE = {
    "hidden_size": 256,
    "num_attention_heads": 8,
    "num_key_value_heads": 2,
    "head_dim": 32,
    "intermediate_size": 704,
    "vocab_size": 1000,
}
TOKENS = 256


def kept_bytes(n_layers: int, *, checkpointing: bool = False, targets: str | list[str] | None = None) -> int:
    """Bytes of all tensors that a forward pass in bfloat16 saves, weights left out, each storage once."""
    config = transformers.LlamaConfig(**SHAPE, num_hidden_layers=n_layers, attn_implementation="sdpa")
    model = transformers.LlamaForCausalLM(config).to(torch.bfloat16).train()
    if targets:
        model = peft.get_peft_model(model, peft.LoraConfig(r=8, target_modules=targets))
        model.enable_input_require_grads()
    if checkpointing:
        model.gradient_checkpointing_enable(gradient_checkpointing_kwargs={"use_reentrant": False})
    weights = {one.untyped_storage().data_ptr() for one in model.parameters()}
    alive, sizes = [], {}

    def pack(tensor):
        storage = tensor.untyped_storage()
        alive.append(tensor)
        if storage.data_ptr() not in weights:
            sizes[storage.data_ptr()] = storage.nbytes()
        return tensor

    ids = torch.arange(TOKENS)[None] % SHAPE["vocab_size"]
    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        model(input_ids=ids, labels=ids)
    return sum(sizes.values())


def main() -> None:
    print(f"torch {torch.__version__}, transformers {transformers.__version__}, peft {peft.__version__}")
    for name, settings in {
        "all trained": {},
        "checkpointing": {"checkpointing": True},
        "adapters on all linear": {"targets": "all-linear"},
        "adapters on q, v": {"targets": ["q_proj", "v_proj"]},
    }.items():
        each = (kept_bytes(4, **settings) - kept_bytes(2, **settings)) / 2 / TOKENS
        print(f"{name}: {each:,.1f} bytes a token and layer")


if __name__ == "__main__":
    main()
