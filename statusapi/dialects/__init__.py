"""The dialects of the status API: one file each. They only rename what the views say."""
