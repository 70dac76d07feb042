"""The check of the page can fail: each of these pages tells something else than what was printed."""

from . import page

TOLD = [("$ state", "FAILED\n"), ("$ move", "moved\n"), ("$ state", "Empty\n1 group\n"), ("# a consumer", "1..2\n"), ("$ move", "moved\n"), ("$ state", "FAILED\n")]
TRUE = """```one
$ state
FAILED
$ move
...
```
and then
```two
$ nothing of this scene
```
```one
$ state
Empty
...
# a consumer
1..2
```
"""
WRONG = {
    "before and after change places": TRUE.replace("FAILED", "?").replace("Empty\n...", "FAILED").replace("?", "Empty\n..."),
    "what is told of the end stands before it": TRUE.replace("1..2\n", "1..2\n$ move\nmoved\n$ state\nFAILED\n$ state\nEmpty\n1 group\n"),
    "one run shown twice": TRUE.replace("1..2\n", "1..2\n# a consumer\n1..2\n"),
    "an output of another run": TRUE.replace("1..2", "1..3"),
    "a line left out without a word": TRUE.replace("Empty\n...", "Empty"),
    "a command that wasn't run": TRUE.replace("$ move", "$ remove"),
}


def run():
    page.hold(page.blocks("one", TRUE), TOLD)
    for what, text in WRONG.items():
        try:
            page.hold(page.blocks("one", text), TOLD)
        except AssertionError:
            continue
        raise RuntimeError(f"the page's check takes it: {what}")
