import requests


class Client:
    """Speaks to one server."""

    def __init__(self, url, token):
        self._url = url
        self._headers = {"Authorization": "token " + token, "Accept": "application/json"}

    def request(self, method, path, **kwargs):
        answer = requests.request(method, f"{self._url}/api/v1{path}", headers=self._headers, timeout=15, **kwargs)
        answer.raise_for_status()
        return answer.json() if answer.content else None
