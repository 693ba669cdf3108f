"""Where the lake lies: a folder, or S3 that writes conditionally."""
