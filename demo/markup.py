"""XML elements as function calls, in one namespace."""

from collections.abc import Callable

from lxml import etree

Child = etree._Element | str
Maker = Callable[..., etree._Element]


def maker(namespace: str, nsmap: dict[str | None, str]) -> Maker:
    """A function (tag, *children, **attributes) -> element; a child that is text becomes the element's text."""

    def make(tag: str, *children: Child, **attributes: str) -> etree._Element:
        element = etree.Element(f"{{{namespace}}}{tag}", nsmap=nsmap)  # type: ignore[arg-type]  # stubs lack None
        for name, value in attributes.items():
            element.set(name.replace("xsi_", "{http://www.w3.org/2001/XMLSchema-instance}"), value)
        for child in children:
            if isinstance(child, str):
                element.text = child
            else:
                element.append(child)
        return element

    return make
