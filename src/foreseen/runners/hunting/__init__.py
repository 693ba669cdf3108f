"""Questions of people, each answered by a process that can read its tenant's files and no more."""
