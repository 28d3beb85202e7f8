"""The phone page: several people side by side, who chat with the service for real."""
