"""Contexts made from those of a demo, with other values."""

import json


def change(demo, name, base="xa-ca-01", **changes):
    """Writes the context name: that of base with these values. Gives the name."""
    context = demo.context(base)
    del context["name"]
    context.update(changes, archive=f"{demo.dir}/home/archive/{name}")
    with open(f"{demo.dir}/home/contexts/{name}.json", "w", encoding="utf-8") as file:
        json.dump(context, file)
    return name
