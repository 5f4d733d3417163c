"""What a language model's parameters and context length cost, in exact arithmetic.

>>> import llmnotes as ln
>>> model = ln.from_config({
...     "model_type": "gpt2", "vocab_size": 50257, "n_positions": 1024, "n_embd": 768, "n_layer": 12, "n_head": 12
... })
>>> ln.count_params(model).total
124439808
>>> ln.kv_cache(model, n_tokens=1024, kv_bits=16).ideal_bytes
37748736.0
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from llmnotes.config.files import from_config as from_config
    from llmnotes.config.keys import ConfigError as ConfigError
    from llmnotes.finetuning import fine_tuning as fine_tuning
    from llmnotes.fitting import fit as fit
    from llmnotes.registry import UnknownModel as UnknownModel
    from llmnotes.registry import load_model as load_model
    from llmnotes.registry import model_ids as model_ids
    from llmnotes.report import count_params as count_params
    from llmnotes.report import forward_flops as forward_flops
    from llmnotes.report import input_costs as input_costs
    from llmnotes.report import kv_cache as kv_cache
    from llmnotes.report import module_costs as module_costs
    from llmnotes.spec import ModelSpec as ModelSpec

# Where each public name lives. A name is imported when it is first used, so that `import llmnotes` costs nothing.
_HOMES = {
    "ConfigError": "config.keys",
    "ModelSpec": "spec",
    "UnknownModel": "registry",
    "count_params": "report",
    "fine_tuning": "finetuning",
    "fit": "fitting",
    "forward_flops": "report",
    "from_config": "config.files",
    "input_costs": "report",
    "kv_cache": "report",
    "load_model": "registry",
    "model_ids": "registry",
    "module_costs": "report",
}

__all__ = [*_HOMES]


def __getattr__(name: str):
    if name not in _HOMES:
        raise AttributeError(f"module 'llmnotes' has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module(f"llmnotes.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
