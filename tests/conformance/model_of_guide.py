"""Writes the model of models/writing-a-model.md, and the registry with its row: mine.c, registry.c.

model_of_guide.py GUIDE REGISTRY MINE_C REGISTRY_C
"""
import re
import sys

guide, registry, mine_c, registry_c = sys.argv[1:]

with open(guide, encoding="utf-8") as file:
    code = re.search(r"^```c\n(/\* mine: .*?)^```$", file.read(), re.MULTILINE | re.DOTALL).group(1)
with open(registry, encoding="utf-8") as file:
    rows = file.read()
declaration = "extern const struct io_model model_mine;\n"
row = '    {"mine", "the model of the guide", ON_BOTH(model_mine), NULL, MODEL_READINESS, 0, ""},\n'
rows, declared = re.subn(r"^(extern const struct io_model )", declaration + r"\1", rows, count=1,
                         flags=re.MULTILINE)
rows, listed = re.subn(r"^(const struct model_entry model_registry\[\] = {\n)", r"\1" + row, rows,
                       count=1, flags=re.MULTILINE)
assert declared == listed == 1, registry

with open(mine_c, "w", encoding="utf-8") as file:
    file.write(code)
with open(registry_c, "w", encoding="utf-8") as file:
    file.write(rows)
