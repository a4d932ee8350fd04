"""Texts for people as clients send them: labels, with one text per language."""


def text_of(value: object) -> str:
    """The text in a label that a client sent; empty if there is none."""
    if not isinstance(value, dict):
        return ""
    user = value.get("UserLocalizedLabel")
    labels = value.get("LocalizedLabels")
    for one in [user, *(labels if isinstance(labels, list) else [])]:
        if isinstance(one, dict) and isinstance(one.get("Label"), str):
            return str(one["Label"])
    return ""
