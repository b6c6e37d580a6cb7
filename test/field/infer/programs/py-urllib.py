import json
import os
import urllib.request

BASE = os.environ.get("GITEA_URL", "https://git.acme.example") + "/api/v1"


def call(method, path, body=None):
    request = urllib.request.Request(
        BASE + path,
        method=method,
        data=None if body is None else json.dumps(body).encode(),
        headers={"Authorization": "token " + os.environ["GITEA_TOKEN"], "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=20) as answer:
        return json.load(answer)


head = call("GET", "/repos/acme/core/branches/main")["commit"]["id"]
call("POST", f"/repos/acme/core/statuses/{head}", {"context": "nightly", "state": "success"})
call("PATCH", "/repos/acme/core", {"description": f"built {head[:8]}"})
