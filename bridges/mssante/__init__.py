"""The gateway to the MSSanté trust space."""
