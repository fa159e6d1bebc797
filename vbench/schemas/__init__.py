"""What stands in every file and every JSON output that others read, as JSON Schema with versions.

A form is made from the code where a dataclass is written as it is (:func:`vbench.schemas.form.of`), so that its fields,
types and meanings stand in one place; outputs that are put together are described here, and the tests hold each of them
against what the commands print.
"""
