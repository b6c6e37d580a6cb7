import requests

API = "https://git.example.com/api/v1"


def work(session, number):
    session.get(f"{API}/user")
    requests.post(f"{API}/repos/acme/core/issues/{number}/reactions", json={"content": "eyes"})
