"""An executor of its own: HTTP on port 8080 instead of ours.

POST /invoke gets {"Params": ..., "ReturnOutput": ...} and answers {"Success",
"Result" (JSON text), "Output"}. This one checks params.document against the
JSON Schema in params.schema.
"""

import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError


def check(params):
    try:
        Draft202012Validator.check_schema(params["schema"])
    except SchemaError as error:
        return {"valid": False, "errors": ["the schema is not valid: " + error.message]}
    errors = Draft202012Validator(params["schema"]).iter_errors(params["document"])
    messages = ["/" + "/".join(map(str, error.absolute_path)) + ": " + error.message for error in errors]
    return {"valid": not messages, "errors": messages}


class Executor(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        if self.path != "/invoke":
            self.send_error(404)
            return
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        try:
            answer = {"Success": True, "Result": json.dumps(check(request["Params"])), "Output": ""}
        except Exception as error:  # whatever it is, the caller must hear of it
            answer = {"Success": False, "Result": "", "Output": f"{type(error).__name__}: {error}"}
        body = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


if __name__ == "__main__":
    ThreadingHTTPServer(("", 8080), Executor).serve_forever()
