"""Records real workloads and harmless attacks on a Linux host, as an open benchmark."""
