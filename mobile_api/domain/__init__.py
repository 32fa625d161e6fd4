"""The rules of mobile_api: pure."""
