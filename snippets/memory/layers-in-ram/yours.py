"""Your model on your card with a share of its layers, or only their experts, in RAM: tokens a second, at most."""

from llmnotes import load_model
from llmnotes.cost import cost_profile
from llmnotes.cost.coefficients import CostProfile
from llmnotes.cost.parallel import chip_weight_bytes
from llmnotes.figures import label, lines
from llmnotes.figures.play import Number, Play, chip, curves, model, slider, weight_bits
from llmnotes.quantities import bytes_of, number
from llmnotes.registry import find_chip
from llmnotes.timing.terms import dense_bytes, expert_bytes

MODEL, CHIP, BITS, RAM_GB, MOVED = "qwen3-30b-a3b", "rtx-4070", 4.9, 48, 50
SHARES = tuple(range(0, 101, 2))


# --8<-- [start:formulas]
def read_bytes(profile: CostProfile, *, weight_bits: float) -> float:
    """Weights that one token reads."""
    return dense_bytes(profile, weight_bits=weight_bits) + routed_bytes(profile, weight_bits=weight_bits)


def routed_bytes(profile: CostProfile, *, weight_bits: float) -> float:
    """Those of them that belong to routed experts."""
    return expert_bytes(profile, n_tokens=1, expert_bits=weight_bits)


def speed(*, all_bytes: float, ram_bytes: float, bandwidth_bytes_per_s: float, ram_gb: float) -> float:
    return 1 / ((all_bytes - ram_bytes) / bandwidth_bytes_per_s + ram_bytes / (ram_gb * 1e9))


def in_layers(
    profile: CostProfile, *, weight_bits: float, moved: float, bandwidth_bytes_per_s: float, ram_gb: float
) -> float:
    """Tokens a second with a share of all layers in RAM."""
    read = read_bytes(profile, weight_bits=weight_bits)
    away = moved / 100 * read
    return speed(all_bytes=read, ram_bytes=away, bandwidth_bytes_per_s=bandwidth_bytes_per_s, ram_gb=ram_gb)


def in_experts(
    profile: CostProfile, *, weight_bits: float, moved: float, bandwidth_bytes_per_s: float, ram_gb: float
) -> float:
    """Tokens a second with their experts alone in RAM; a model without experts moves whole layers."""
    read = read_bytes(profile, weight_bits=weight_bits)
    routed = routed_bytes(profile, weight_bits=weight_bits)
    away = moved / 100 * (routed if routed > 0 else read)
    return speed(all_bytes=read, ram_bytes=away, bandwidth_bytes_per_s=bandwidth_bytes_per_s, ram_gb=ram_gb)


def held(profile: CostProfile, *, weight_bits: float, moved: float) -> float:
    """Weights that stay on the card if only experts leave."""
    whole = chip_weight_bytes(profile, n_chips=1, weight_bits=weight_bits, expert_bits=weight_bits)
    kept = chip_weight_bytes(profile, n_chips=1, weight_bits=weight_bits, expert_bits=0)
    routed = whole - kept
    return whole - moved / 100 * (routed if routed > 0 else whole)


# --8<-- [end:formulas]


# --8<-- [start:compute]
def compute():
    profile = cost_profile(load_model(MODEL))
    case = {
        "weight_bits": BITS,
        "bandwidth_bytes_per_s": find_chip(CHIP).bandwidth_bytes_per_s,
        "ram_gb": RAM_GB,
    }
    return {
        "moved": number(SHARES),
        "layers": number([in_layers(profile, moved=part, **case) for part in SHARES]),
        "experts": number([in_experts(profile, moved=part, **case) for part in SHARES]),
        "here": number(MOVED),
        "layers_here": number(in_layers(profile, moved=MOVED, **case)),
        "experts_here": number(in_experts(profile, moved=MOVED, **case)),
        "held": bytes_of(held(profile, weight_bits=BITS, moved=MOVED)),
    }


# --8<-- [end:compute]


def draw(result):
    own = label(zh="整层放", en="whole layers")
    drawn = {own: result["layers"], label(zh="只放专家", en="experts only", id="experts"): result["experts"]}
    x, y = (
        label(zh="在内存里的层，%", en="layers in RAM, %"),
        label(zh="每秒 token，最多", en="tokens a second, at most"),
    )
    return lines(result["moved"], drawn, x=x, y=y, own=own, here=result["here"], height=400)


def play(result):
    return Play(
        controls=[
            model(MODEL),
            chip(CHIP),
            weight_bits(BITS, options=(16, 8.5, 4.9, 4.25)),
            slider("moved", MOVED, low=0, high=100, step=5, label=label(zh="多少层在内存里，%", en="layers in RAM, %")),
            slider(
                "ram_gb",
                RAM_GB,
                low=10,
                high=400,
                step=2,
                label=label(zh="内存读得到的带宽，GB/s", en="RAM bandwidth reached, GB/s"),
            ),
        ],
        marks=curves("moved", own=in_layers, experts=in_experts),
        numbers={
            "layers_here": Number(in_layers, "number"),
            "experts_here": Number(in_experts, "number"),
            "held": Number(held, "bytes"),
        },
        sentence=label(
            zh="{{model}}，{{chip}}，{{moved}}% 的层：整层放进内存，每秒最多 {{layers_here}} 个 token；只放它们的专家，"
            "最多 {{experts_here}} 个，卡上还留着 {{held}} 权重。",
            en="{{model}} on {{chip}}, {{moved}}% of the layers. Wholly in RAM: at most {{layers_here}} tokens a second. "
            "Only their experts: at most {{experts_here}}, and {{held}} of weights stay on the card.",
        ),
    )
