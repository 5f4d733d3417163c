"""Chinese for the sentences in which a spec says what was assumed and what was left out.

The specs speak English, in a dozen turns; each has its Chinese here. Keys and numbers pass through as they are.
"""

import re

from llmnotes.wording.words import WORDS

PARTS = ("vision_tower", "audio_tower", "projector", "mtp", "mtp_copies", "draft_head", "adapter", "speech")

TURNS = (
    (r"(.+) \(the family's default\)", r"\1（家族默认值）"),
    (r"(.+) \(as many as query heads\)", r"\1（与查询头一样多）"),
    (r"(.+) \(as the text model's own key says\)", r"\1（以文本模型自己的键为准）"),
    (r"(.+) \(as (\w+)\)", r"\1（同 \2）"),
    (r"(.+) \(four times (\w+)\)", r"\1（\2 的四倍）"),
    (r"(.+) \((\w+) times (\w+)\)", r"\1（\2 乘 \3）"),
    (r"(.+) \(twice (\w+) over (\w+)\)", r"\1（两倍 \2 除以 \3）"),
    (r"dtype is absent; (\w+) assumed", r"没有写 dtype，按 \1 来算"),
    (
        r"how many bits its entropy code takes is in the weight files alone; 11 are assumed, as its name says",
        r"熵编码占多少位，只有权重文件知道；这里按它名字里的 11 位来算",
    ),
    (
        r"which matrices keep 16 bits stands in quant_model_description.json; all but tables, head and routers are "
        r"assumed to be quantized",
        r"哪些矩阵保留 16 位写在 quant_model_description.json 里；这里假设除词表、输出头和路由之外都已量化",
    ),
    (r"(\w+) is absent; counted without it", r"没有写 \1，按没有它来算"),
    (
        r"one layer, and EAGLE in its name: this may be a draft head, which reads states of a larger model and borrows "
        r"its table and head; counted as a model of its own, as the file says",
        r"只有一层，名字里有 EAGLE：这可能是草稿头，"
        r"它读取大模型的隐藏状态，并借用大模型的词表和输出头；"
        r"这里照文件所写，当作独立的模型计数",
    ),
    (r"(.+) is not understood and was left out of the count", r"不认识 \1，没有计入"),
    *(
        (
            rf"beside the text model: {WORDS['en'][name]}, ([\d,]+) parameters",
            rf"文本模型之外：{WORDS['zh'][name]}，\1 个参数",
        )
        for name in PARTS
    ),
    (
        r"keys of the indexer are counted as the reference keeps them, for every token; an engine that keeps the means "
        r"of (\d+) tokens alone needs less",
        r"索引器的键按参考实现来算，每个 token 都留；引擎若只留每 \1 个 token 的均值，就用得更少",
    ),
    (
        r"of ([\d,]+) parameters in tables of n-grams a token reads (\d+) rows a table",
        r"n-gram 表共有 \1 个参数，一个 token 在每张表里只读 \2 行",
    ),
    (
        r"the prediction module is sized by DeepSeek-V3's rule; no file was added up",
        r"预测模块按 DeepSeek-V3 的规则算，没有核对过权重文件",
    ),
    (
        r"(\d+) prediction modules are named; the published files of (\w+) do not hold them",
        r"配置写了 \1 个预测模块；\2 发布的权重文件里没有",
    ),
    (
        r"(\d+) prediction modules are named; a text model saved alone does not hold them",
        r"配置写了 \1 个预测模块；单独保存的文本模型里没有",
    ),
    (
        r"embedding in its name: files of such models often leave the head out, which would be ([\d,]+) parameters "
        r"less; counted with it, as the file says",
        r"名字里有 embedding：这类模型的文件常常不存输出层，那样会少 \1 个参数；这里按文件写的计入",
    ),
    (
        r"(\S+): no head over the vocabulary in the files; logits are counted over the token table",
        r"\1：文件里没有输出层，logits 按词嵌入表计",
    ),
    (
        r"the projector \(mm_projector_type: (.+)\) is not understood and not counted",
        r"不认识投影层（mm_projector_type：\1），没有计入",
    ),
    (
        r"the vision tower \(mm_vision_tower: (.+)\) is not described and not counted",
        r"视觉塔（mm_vision_tower：\1）的形状没有写出来，没有计入",
    ),
    (
        r"the vision tower \((.+)\) is loaded from its own files, and not counted",
        r"视觉塔（\1）从它自己的文件加载，没有计入",
    ),
    (r"(\w+) \((.+)\) is not understood; its parameters are not counted", r"不认识 \1（\2），其参数没有计入"),
    (r"(\w+) is not understood; its parameters are not counted", r"不认识 \1，其参数没有计入"),
    (
        r"a (GGUF|safetensors) file of ([\d,]+) tensors, ([\d,]+) parameters, ([\d,]+) bytes: (.+)",
        r"\1 文件：\2 个张量，\3 个参数，\4 字节：\5",
    ),
    (
        r"a GGUF file of ([\d,]+) tensors, ([\d,]+) parameters, ([\d,]+) bytes \(all (\d+) parts\): (.+)",
        r"GGUF 文件（\4 个分片合起来）：\1 个张量，\2 个参数，\3 字节：\5",
    ),
    (
        r"a GGUF file of ([\d,]+) tensors, ([\d,]+) parameters, ([\d,]+) bytes \(part (\d+) of (\d+)\): (.+)",
        r"GGUF 文件（共 \5 份，第 \4 份）：\1 个张量，\2 个参数，\3 字节：\6",
    ),
    (
        r"the shape in its metadata gives ([\d,]+) parameters, its tensors ([\d,]+)",
        r"按元数据的形状是 \1 个参数，按张量是 \2 个",
    ),
    (
        r"an? (\w+) adapter of rank (\d+) on (.+), counted beside (.+): ([\d,]+) modules",
        r"\1 适配器，秩 \2，作用于 \3；算在 \4 之外，共 \5 个模块",
    ),
    (
        r"an? (\w+) adapter on (.+), counted beside (.+): ([\d,]+) modules",
        r"\1 适配器，作用于 \2；算在 \3 之外，共 \4 个模块",
    ),
    (
        r"((?:\w+ )*(?:P-)?tuning) of ([\d,]+) tokens, counted beside (.+): ([\d,]+) parameters, and so many "
        r"positions of its cache",
        r"\1 学出的 \2 个词元；算在 \3 之外，共 \4 个参数，缓存里也占这么多位置",
    ),
    (r"no module of (.+) is named (.+); nothing is counted for it", r"\1 没有叫 \2 的模块，没有计入"),
    (
        r"(\S+\.index\.json) beside it counts ([\d,]+) bytes in ([\d,]+) files",
        r"旁边的 \1 记着 \2 字节，分在 \3 个文件里",
    ),
    (
        r"(\S+\.index\.json) lists (.+), the tied token table once more: (.+) parameters, of the files alone",
        r"\1 里有 \2：共享的词嵌入表又存了一遍，这 \3 个参数只在文件里",
    ),
    (
        r"([\d,]+) bytes are added, as the index of the weight files counts them",
        r"按权重文件索引记的总量，补上 \1 字节",
    ),
    (
        r"the index of the weight files counts ([\d,]+) bytes, as if of other weights: left out",
        r"权重文件索引记的是 \1 字节，像是另一份权重的，没有采用",
    ),
    (
        r"([\d,]+) bytes are taken off, which the index of the weight files does not count",
        r"权重文件索引没有记 \1 字节，已经扣掉",
    ),
    (
        r"(\S+\.index\.json) lists ([\d,]+) tables of angles or masks, such as (.+): no parameters",
        r"\1 里有 \2 张角度表或掩码（如 \3），它们不是参数",
    ),
    (
        r"(\S+\.index\.json) counts (\d) bytes a number: weights are counted as (.+)",
        r"\1 里每个数占 \2 字节，权重按 \3 计",
    ),
    (
        r"(\w+_(?:config|description)\.json) beside it says how its weights are stored",
        r"权重怎样存放，以旁边的 \1 为准",
    ),
    (r"(\w+_(?:config|description)\.json) beside it cannot be read and is left out", r"旁边的 \1 读不了，没有采用"),
    (r"an image of 1,024 × 1,024 pixels takes ([\d,.]+) tokens", r"一幅 1,024 × 1,024 像素的图占 \1 个 token"),
    (
        r"an image of 1,024 × 1,024 pixels is kept at ([\d,]+) positions by layers of cross-attention",
        r"一幅 1,024 × 1,024 像素的图，由交叉注意力层保留 \1 个位置",
    ),
    (r"each tile of an image takes ([\d,.]+) tokens", r"图片每块占 \1 个 token"),
    (r"a second of sound takes ([\d,.]+) tokens", r"一秒声音占 \1 个 token"),
    (
        r"([\d,]+) matrices of experts have a module each, as transformers 4 builds them; transformers 5 stacks them, "
        r"and what is trained there differs",
        r"\1 个专家矩阵各算一个模块，如 transformers 4 那样；transformers 5 把它们叠在一起，训练的参数与此不同",
    ),
    (
        r"it writes a text in several passes over all of it \(diffusion\): no cache is kept, "
        r"and its FLOPs depend on them",
        r"它反复多遍改写整段文本（扩散模型）：不留缓存，FLOPs 取决于遍数",
    ),
    (
        r"layers with block-sparse attention are counted as if they attended to every token",
        r"用块稀疏注意力的层按看到每个 token 来算",
    ),
    (
        r"architectures is (.+), which is no (\S+); counted as \S+",
        r"architectures 是 \1，不是 \2；按 \2 算",
    ),
    (
        r"(.+): a head of ([\d,]+) labels, none over the vocabulary",
        r"\1：输出头只有 \2 个类别，没有词表大小的输出头",
    ),
    (
        r"an encoder reads a text once and keeps no cache; its FLOPs are not counted here",
        r"编码器一次读完文本，不留缓存；这里不算它的 FLOPs",
    ),
    (
        r"FLOPs of an encoder–decoder depend on source and target and are not counted here",
        r"编码器–解码器的 FLOPs 取决于源文和译文，这里不算",
    ),
    (r"cross-attention is kept for a source as long as the target", r"交叉注意力按源文与译文等长来留"),
    (
        r"a draft head: it reads hidden states of a larger model, whose token table \(([\d,]+) parameters\) its file "
        r"usually leaves out",
        r"草稿头：它读大模型的隐藏状态；大模型的词表（\1 个参数）通常不在它的文件里",
    ),
    (
        r"a draft head: token table and output head \(([\d,]+) parameters each\) are those of the larger model and not "
        r"counted",
        r"草稿头：词表与输出层（各 \1 个参数）用大模型的，没有计入",
    ),
    (r"tied_embeddings is absent; counted with an output head of its own", r"没有写 tied_embeddings，按另有输出层来算"),
    (
        r"vocab_size = (\d+) \(its tokenizer's; the file leaves it open\)",
        r"vocab_size = \1（按分词器；文件没写）",
    ),
    (
        r"the table has ([\d,]+) rows, vocab_size rounded up to a multiple of (\d+)",
        r"词表有 \1 行：vocab_size 向上取到 \2 的倍数",
    ),
    (r"(\w+) is absent; the vision tower is not counted", r"没有写 \1，视觉塔没有计入"),
    (r"(\w+) is absent; the audio tower is not counted", r"没有写 \1，音频塔没有计入"),
    (r"(\w+) is empty; the vision tower is not counted", r"\1 是空的，视觉塔没有计入"),
    (r"(\w+) is empty; the audio tower is not counted", r"\1 是空的，音频塔没有计入"),
    (
        r"what joins the towers of (.+) to its text model is not known and not counted",
        r"不认识 \1 的塔与文本模型之间的部分，没有计入",
    ),
    (
        r"expansion_ratio is not 4; the implementation in common use ignores it and is counted so",
        r"expansion_ratio 不是 4；通行的实现不理会它，这里照那样算",
    ),
    (
        r"this model reads a text both ways, as an encoder; FLOPs are counted as of one that writes it",
        r"这个模型像编码器那样双向读文本；FLOPs 按逐个往下写的模型算",
    ),
    (
        r"tie_word_embeddings is true, but the family's code never ties them; counted apart",
        r"tie_word_embeddings 是 true，但这个家族的代码从不共用这两张表；这里分开算",
    ),
    (
        r"(\d+) layers attend to an image: their weights are counted, but no work and no cache",
        r"\1 层看的是图像：权重算在内，运算和缓存不算",
    ),
    (r"only the text model is counted; its other parts are left out", r"只算了文本模型，其他部分没有算"),
    (
        r"(\w+) is not 1; the implementation in common use ignores it and is counted so",
        r"\1 不是 1；通行的实现不理会它，这里照那样算",
    ),
    (
        r"the implementation in transformers repeats its (\d+) key/value heads for all (\d+) query heads before "
        r"caching them and so holds (\d+) times what is counted here; engines keep each once",
        r"transformers 的实现先把 \1 个 KV 头复制给 \2 个查询头再缓存，占的是这里算出的 \3 倍；推理引擎只存一份",
    ),
    (
        r"the published implementation keeps no cache; what is counted is what an engine would keep",
        r"官方实现不留缓存；这里算的是推理引擎会留的",
    ),
    (
        r"(\d+) layers share the weights of (\d+): they are stored once, and read by each of these layers",
        r"\1 层共用 \2 层的权重：只存一份，每层都要读一遍",
    ),
    (
        r"one of the router's (\d+) choices skips the experts; active parameters and FLOPs are counted as if a token "
        r"never took it",
        r"路由的 \1 个选择里有一个跳过专家；激活参数和 FLOPs 按 token 从不选它来算",
    ),
    (
        r"(\d+) of (\d+) experts compute nothing; active parameters and FLOPs are counted as if a token never chose "
        r"them \(at most (\d+) real experts\)",
        r"\2 个专家里有 \1 个什么也不算；激活参数和 FLOPs 按 token 从不选它们来算（最多 \3 个真专家）",
    ),
)


def spoken(sentence: str, lang: str) -> str:
    """The sentence in the language asked for.

    >>> spoken("mlp_bias = false (the family's default)", "zh")
    'mlp_bias = false（家族默认值）'
    """
    if lang == "en":
        return sentence
    for turn, chinese in TURNS:
        if found := re.fullmatch(turn, sentence):
            return found.expand(chinese)
    return sentence
