"""The addresses of the API, by what they are about. Each is thin: parse, ask the service, answer."""
