"""Where a service's code lies."""


def package_of(service: str) -> str:
    """The package of a service by its name in paths, schemas and roles."""
    return {"mobile": "mobile_api", "console": "console"}.get(service, f"services.{service}")
