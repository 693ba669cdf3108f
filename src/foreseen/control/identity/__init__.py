"""People: their accounts, passwords, second factors, logins and one-time links."""
