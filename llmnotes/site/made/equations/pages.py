"""A page for each module of equations, and the list of all on the page that leads to them."""

from __future__ import annotations

import html
from pathlib import Path
from typing import Any

from pygments import highlight
from pygments.formatters.html import HtmlFormatter
from pygments.lexers.python import PythonConsoleLexer

from llmnotes.site.made.equations.docstrings import Equation, Module, modules
from llmnotes.site.made.equations.prose import Writer, inline
from llmnotes.site.made.skeleton import Heading, Made, Neighbour, Toc, renderer, twin_of
from llmnotes.site.snippets.runner import package_version

TITLES = {
    "params": ("参数", "Parameters"),
    "flops": ("浮点运算量", "FLOPs"),
    "kvcache": ("KV 缓存", "KV cache"),
    "memory": ("显存", "Memory of a run"),
    "serving": ("推理的时间", "Time of serving"),
    "training": ("训练", "Training"),
    "pricing": ("价钱", "Prices"),
}
TEXT = {
    "zh": {
        "title": "公式：{name}（llmnotes.{module}）",
        "description": "llmnotes.{module} 的 {n} 个公式：式子、每个量的符号和单位、出处、能运行的例子。",
        "lead": "这一页有 {n} 个公式，由代码里的文档字符串生成，原文是英文。每个例子都随测试运行。",
        "note": "构建时由 llmnotes {version} 的代码生成",
        "arguments": "输入",
        "name": "名字",
        "meaning": "含义、符号、单位",
        "default": "默认",
        "returns": "结果：",
        "source": "出处：",
        "example": "例子",
        "back": "全部公式",
        "markdown": "本页的 Markdown",
        "search": "公式 {name}",
    },
    "en": {
        "title": "Formulas: {name} (llmnotes.{module})",
        "description": "The {n} equations of llmnotes.{module}: formula, symbol and unit of every quantity, source, and an example that runs.",
        "lead": "This page holds {n} equations, made from the docstrings in the code. The tests run every example.",
        "note": "made at build from the code of llmnotes {version}",
        "arguments": "Inputs",
        "name": "name",
        "meaning": "meaning, symbol, unit",
        "default": "default",
        "returns": "Result: ",
        "source": "Source: ",
        "example": "Example",
        "back": "All formulas",
        "markdown": "This page as Markdown",
        "search": "formula {name}",
    },
}


def make(root: Path, lang: str, config: Any) -> dict[str, Any]:
    """Return what `made.write` asks of a maker."""
    found = modules()
    render, version = renderer(config, "formulas.md"), package_version(root)
    pages: dict[str, str] = {}
    search = []
    for index, module in enumerate(found):
        around = [_neighbour(found, index + step, lang) for step in (-1, 1)]
        pages[f"formulas/{module.name}.html"] = render(_page(module, lang, version, config.site_url, *around))
        pages[f"formulas/{module.name}.md"] = twin(module, lang)
        search.append({"location": f"formulas/{module.name}.html", "title": _title(module, lang), "text": module.name})
        for one in module.equations:
            place = f"formulas/{module.name}.html#{one.name}"
            search.append({"location": place, "title": one.name, "text": one.said.splitlines()[0]})
    return {
        "pages": pages,
        "html": "\n".join(_listed(module, lang) for module in found),
        "markdown": "\n\n".join(_listed_plain(module, lang) for module in found),
        "search": search,
    }


def name_of(module: str, lang: str) -> str:
    """Return what a module is called."""
    return TITLES[module][0 if lang == "zh" else 1]


def twin(module: Module, lang: str) -> str:
    """Return the page of a module as Markdown."""
    body = [f"# {_title(module, lang)}", TEXT[lang]["lead"].format(n=len(module.equations)), module.said]
    for one in module.equations:
        body += [f"## {one.name}", one.said]
        if one.arguments:
            body.append("\n".join(f"- `{arg.name}`: {arg.said or '–'}{_default(arg.default)}" for arg in one.arguments))
        body += [TEXT[lang][key] + said for key, said in (("returns", one.returns), ("source", one.source)) if said]
        if one.example:
            body.append(f"```pycon\n{one.example}\n```")
    return twin_of(_title(module, lang), _description(module, lang), lang, f"{module.name}.html", body)


def _default(value: str) -> str:
    return f" (= {value})" if value else ""


def _title(module: Module, lang: str) -> str:
    return TEXT[lang]["title"].format(name=name_of(module.name, lang), module=module.name)


def _description(module: Module, lang: str) -> str:
    return TEXT[lang]["description"].format(module=module.name, n=len(module.equations))


def _neighbour(found: list[Module], index: int, lang: str) -> Neighbour | None:
    if not 0 <= index < len(found):
        return None
    return Neighbour(f"formulas/{found[index].name}.html", name_of(found[index].name, lang))


def _listed(module: Module, lang: str) -> str:
    foreign = "" if lang == "en" else ' lang="en"'
    rows = "".join(
        f'<li><a href="formulas/{module.name}.html#{one.name}"><code>{one.name}</code></a> '
        f"<span{foreign}>{inline(one.said.splitlines()[0])}</span></li>"
        for one in module.equations
    )
    head = f'<a href="formulas/{module.name}.html">{name_of(module.name, lang)}</a> <code>llmnotes.{module.name}</code>'
    return f'<h3 id="{module.name}">{head}</h3>\n<ul>{rows}</ul>'


def _listed_plain(module: Module, lang: str) -> str:
    rows = [
        f"- [`{one.name}`](formulas/{module.name}.md#{one.name}): {one.said.splitlines()[0]}"
        for one in module.equations
    ]
    return "\n".join([f"### {name_of(module.name, lang)} (`llmnotes.{module.name}`)", "", *rows])


def _page(
    module: Module, lang: str, version: str, site_url: str | None, before: Neighbour | None, after: Neighbour | None
) -> Made:
    text, writer, url = TEXT[lang], Writer(lang), f"formulas/{module.name}.html"
    parts = [
        f"<h1>{html.escape(_title(module, lang))}</h1>",
        f"<p>{text['lead'].format(n=len(module.equations))}</p>",
        writer.paragraphs(module.said),
        *(_equation(one, lang, writer) for one in module.equations),
        f'<p class="ln-back"><a href="../formulas.html">{text["back"]}</a>'
        f'<a href="{module.name}.md">{text["markdown"]}</a></p>',
    ]
    return Made(
        url=url,
        title=_title(module, lang),
        content="\n".join(parts),
        meta={"description": _description(module, lang)},
        toc=Toc(tuple(Heading(f"#{one.name}", one.name.replace("_", "_<wbr>")) for one in module.equations)),
        note=text["note"].format(version=version),
        canonical_url=f"{site_url}{url}" if site_url else None,
        previous_page=before,
        next_page=after,
    )


def _equation(one: Equation, lang: str, writer: Writer) -> str:
    text = TEXT[lang]
    parts = [f'<h2 id="{one.name}"><code>{one.name}</code></h2>', writer.paragraphs(one.said)]
    if one.arguments:
        parts.append(_arguments(one, lang, writer.foreign))
    parts += [
        f"<p>{text[key]}<span{writer.foreign}>{inline(said)}</span></p>"
        for key, said in (("returns", one.returns), ("source", one.source))
        if said
    ]
    if one.example:
        code = highlight(one.example, PythonConsoleLexer(), HtmlFormatter(nowrap=True)).rstrip("\n")
        label = f"{text['example']}: {one.name}"
        parts.append(f'<div class="highlight" role="group" aria-label="{label}"><pre><code>{code}</code></pre></div>')
    return "\n".join(parts)


def _arguments(one: Equation, lang: str, foreign: str) -> str:
    text = TEXT[lang]
    defaults = any(arg.default for arg in one.arguments)
    heads = [text["name"], text["meaning"], *([text["default"]] if defaults else [])]
    rows = "".join(
        f'<tr><th scope="row"><code>{arg.name}</code></th><td{foreign}>{inline(arg.said) or "–"}</td>'
        + (f"<td>{f'<code>{html.escape(arg.default)}</code>' if arg.default else '–'}</td>" if defaults else "")
        + "</tr>"
        for arg in one.arguments
    )
    head = "".join(f'<th scope="col">{name}</th>' for name in heads)
    label = f"{text['arguments']}: {one.name}"
    return (
        f'<div class="ln-scroll" tabindex="0" role="group" aria-label="{label}">'
        f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>"
    )
