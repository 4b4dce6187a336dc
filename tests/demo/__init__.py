"""The demonstration: its certificates, its white list, its mails."""
