"""Says hello. The caller sees what is printed when it asks for the output."""


def handler(params, context):
    print("Hello from Python! My parameters are", params)
    return {"message": "Hello from Python!", "params": params}
