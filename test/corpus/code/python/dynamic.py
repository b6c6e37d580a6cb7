import requests


def call(method, path):
    return requests.request(method, f"{BASE}/api/v1{path}")


def fetch(kind):
    return requests.get(f"{BASE}/api/v1/{kind}")


call("GET", "/user")
call(verb, "/user/emails")
call("GET", somewhere())
print("/api/v1/admin/cron")
LATER = "/api/v1/user/times"
