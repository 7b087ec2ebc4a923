"""Nothing at all: what the Python runtime itself costs."""


def handler(event, context):
    return {}
