"""Exercises that grade themselves: a folded question that states what is drawn gets room for a reader's answer."""

from __future__ import annotations

from xml.etree import ElementTree

# On a number of an exercise, its name; the box around the exercise names the snippet.
NAMED, SNIPPET = "data-ask", "data-asks"


def box(root: ElementTree.Element) -> None:
    """Put every fold that states numbers of an exercise into a box which says whose they are.

    The script fills the box; without it the fold is all there is.
    """
    for parent in [*root.iter()]:
        for index, child in enumerate(parent):
            stated = [one for one in child.iter("span") if one.get(SNIPPET)] if child.tag == "details" else []
            if stated:
                around = ElementTree.Element("div", {"class": "ln-exercise", SNIPPET: stated[0].get(SNIPPET, "")})
                around.tail, child.tail = child.tail, "\n"
                around.append(child)
                parent[index] = around
                for one in stated:
                    del one.attrib[SNIPPET]
