"""Every statement of mobile_api."""
