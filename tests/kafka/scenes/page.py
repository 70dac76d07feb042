"""docs/incident.md against what was printed: the blocks that are named after a scene, in the order in which it ran."""

import os
import re

PAGE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "..", "docs", "incident.md")

# Which call of a client's was under way when its time was over, or that a broker answered just then, is chance.
GAVE_UP = re.compile(r"(command failed due to org\.apache\.kafka\.common\.errors\.)(?:Timeout|CoordinatorNotAvailable)Exception: .*")


def words(text):
    return [GAVE_UP.sub(r"\1", line).split() for line in text.strip().splitlines()]


def fits(shown, printed):
    """The lines of the page are the printed ones; `...` stands for any number of them."""
    shown, printed = words(shown), words(printed)
    at = 0
    skipping = False
    for line in shown:
        if line == ["..."]:
            skipping = True
            continue
        while skipping and at < len(printed) and printed[at] != line:
            at += 1
        if at >= len(printed) or printed[at] != line:
            return False
        at, skipping = at + 1, False
    return skipping or at == len(printed)


def blocks(scene, text=None):
    """Commands and outputs in the page's blocks that are named after the scene: (command, output), as a reader meets them."""
    if text is None:
        with open(PAGE) as f:
            text = f.read()
    found = []
    for block in text.split("```")[1::2]:
        name, _, shown = block.partition("\n")
        if name != scene:
            continue
        for line in shown.splitlines():
            if line.startswith(("$ ", "# ")):
                found.append((line, ""))
            else:
                found[-1] = (found[-1][0], found[-1][1] + line + "\n")
    return found


def hold(shown, told):
    """What the page shows was printed, and in this order: it may leave runs out, and never goes back to one before. Both are lists of (command, output)."""
    at = 0
    for command, output in shown:
        runs = [n for n, (ran, _) in enumerate(told) if words(ran) == words(command)]
        assert runs, f"docs/incident.md shows a command that wasn't run: {command}"
        printed = [n for n in runs if fits(output, told[n][1])]
        assert printed, f"docs/incident.md shows\n{command}\n{output}\nprinted was\n" + "\n".join(told[n][1] for n in runs)
        # The first that follows leaves most of the others to what the page shows next.
        after = [n for n in printed if n >= at]
        assert after, f"docs/incident.md shows this behind what came later:\n{command}\n{output}\nrun {printed}, the page is at {at} ({told[at - 1][0]})"
        at = after[0] + 1
