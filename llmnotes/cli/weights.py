"""The verb `weights`: bytes of every group of tensors, each in its own form."""

from llmnotes import units
from llmnotes.cli.verbs import aligned, remarks
from llmnotes.wording.words import WORDS


def weights_facts(model, options) -> dict:
    """Bytes of the checkpoint, and of each group of its tensors."""
    from llmnotes.weights.sizes import stored_weights

    stored = stored_weights(model, options.weights)
    told = remarks(model)
    return {
        "model": model.name,
        "form": stored.form,
        "stated": stored.stated,
        "checkpoint_bytes": _whole(stored.checkpoint_bytes),
        "running_bytes": _whole(stored.running_bytes),
        "params": sum(group.n_params for group in stored.groups),
        "bits_per_param": stored.bits_per_param,
        "kv": stored.cache or None,
        "groups": [
            {
                "name": group.name,
                "component": group.component,
                "layers": group.n_layers,
                "params": group.n_params,
                "type": group.form,
                "bytes": _whole(group.n_bytes),
            }
            for group in stored.groups
        ],
        **told,
        "assumed": [*stored.assumed, *told["assumed"]],
    }


def _whole(n_bytes: float) -> int | float:
    return int(n_bytes) if n_bytes == int(n_bytes) else n_bytes


def weights_text(facts: dict, model, options) -> list[str]:
    """Bytes by form, then the groups that take them."""
    from llmnotes.cli.tables import ranked_table

    words, lang = WORDS[options.lang], options.lang
    by_form: dict[str, list[float]] = {}
    for group in facts["groups"]:
        sums = by_form.setdefault(group["type"], [0, 0])
        sums[0] += group["bytes"]
        sums[1] += group["params"]
    rows = [
        (form, units.format_bytes(n_bytes, lang), words["bits_note"].format(bits=units.format_number(8 * n_bytes / n)))
        for form, (n_bytes, n) in sorted(by_form.items(), key=lambda item: -item[1][0])
    ]
    total = facts["checkpoint_bytes"]
    rows.append((words["checkpoint"], units.format_bytes(total, lang), f"{units.format_exact(round(total))} B"))
    how = "form_stated" if facts["stated"] else "form_asked" if options.weights else "form_assumed"
    names = [_shown(group) for group in facts["groups"]]
    columns = [
        (0, words["tensors"], names),
        (1, words["form"], [group["type"] for group in facts["groups"]]),
        (2, words["parameters"], [units.format_exact(group["params"]) for group in facts["groups"]]),
        (1, words["bytes"], [units.format_bytes(group["bytes"], lang) for group in facts["groups"]]),
    ]
    return [
        f"{model.name} · {words['weights']} · {words[how].format(form=facts['form'])}",
        "",
        *aligned(rows),
        "",
        ranked_table(columns, {words["tensors"], words["form"]}),
    ]


def _shown(group: dict) -> str:
    return f"{group['layers']} × {group['name']}" if group["layers"] else group["name"]
