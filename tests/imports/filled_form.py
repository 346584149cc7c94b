"""A form as a browser without scripts sends it: every control as the page shows it."""

from typing import Any

from tests.page_content import Element, read

Data = dict[str, str]


def form_data(response: Any, form_id: str) -> Data:
    """What the form of a page sends when nothing is changed; its buttons left out."""
    (form,) = [form for form in read(response).all("form") if form.attributes.get("id") == form_id]
    sent: Data = {}
    for control in [*form.all("input"), *form.all("select"), *form.all("textarea")]:
        name = control.attributes.get("name")
        value = value_of(control)
        if name and value is not None and name != "csrfmiddlewaretoken":
            sent[name] = value
    return sent


def value_of(control: Element) -> str | None:
    """What a control sends; None when it sends nothing."""
    if control.tag == "textarea":
        return control.text
    if control.tag == "select":
        options = control.all("option")
        chosen = [option for option in options if "selected" in option.attributes] or options
        return chosen[0].attributes.get("value") or "" if chosen else None
    if control.attributes.get("type") in ("checkbox", "radio") and "checked" not in control.attributes:
        return None
    return control.attributes.get("value") or ("on" if control.attributes.get("type") == "checkbox" else "")


def options(response: Any, name: str) -> list[str]:
    """The words of a drop-down's options."""
    (control,) = [control for control in read(response).all("select") if control.attributes.get("name") == name]
    return [option.text for option in control.all("option")]
