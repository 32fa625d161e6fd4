"""What mobile_api does."""
