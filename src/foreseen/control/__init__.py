"""The control-plane database: tenants, users, tokens, cursors, artefacts, alerts, outbox, dispositions, jobs."""
