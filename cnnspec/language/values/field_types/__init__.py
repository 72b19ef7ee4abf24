"""What the type of a pydantic field admits in YAML: a class for each type of field, made from the annotations.

`contract` says what each of them does; a new type of field is one class and a line in `annotations`.
"""

from .annotations import Spelled, field_type, field_types
from .contract import FieldType, Slot
from .nested import Section

__all__ = ["FieldType", "Section", "Slot", "Spelled", "field_type", "field_types"]
