"""The server's configuration: one TOML file, the environment over it, options over both."""
