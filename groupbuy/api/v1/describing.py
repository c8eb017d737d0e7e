"""What describes the operations: an OpenAPI document of their routes and shapes, and nothing beside it."""

from collections.abc import Callable
from typing import Any

from spectree import SpecTree
from spectree.model_adapter.protocol import SchemaMode
from spectree.model_adapter.pydantic_adapter import PydanticModelAdapter
from spectree.plugins.flask_plugin import FlaskPlugin


class Described(FlaskPlugin):
    """Describes the operations and leaves it at that: what reads and answers is our own, with our shapes."""

    def validate(self, func: Callable[..., Any], *_: Any, **values: Any) -> Any:
        """Answer as if nothing stood in between."""
        return func(**values)


class Shapes(PydanticModelAdapter):
    """Works each shape's schema out once.

    Every operation answers with the same shape for a dozen faults: working that out again for each of
    them took most of the time in which a process starts.
    """

    def __init__(self) -> None:
        super().__init__()
        self._made: dict[tuple[type[Any], str, SchemaMode], dict[str, Any]] = {}

    def json_schema(
        self, model: type[Any], *, ref_template: str, mode: SchemaMode = "validation"
    ) -> dict[str, Any]:
        """Return the schema of a shape; spectree copies it before it changes anything."""
        key = (model, ref_template, mode)
        if key not in self._made:
            self._made[key] = super().json_schema(model, ref_template=ref_template, mode=mode)
        return self._made[key]


# spectree's protocol for adapters asks for more than its own adapter has by its types.
_shapes: Any = Shapes()

# Only what is declared with ``endpoint`` or ``public`` is in the document.
spec = SpecTree(
    backend=Described,
    mode="strict",
    annotations=False,
    naming_strategy=lambda model: model.__name__,
    nested_naming_strategy=lambda _parent, child: child,
    model_adapter=_shapes,
)
