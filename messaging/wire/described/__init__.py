"""The protocol described for machines: JSON Schema, OpenAPI and AsyncAPI, made from the wire's structs. Pure values."""
