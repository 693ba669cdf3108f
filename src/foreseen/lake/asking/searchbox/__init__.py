"""The search box: questions in words and `field:value`, for those who write no SQL."""
