import os
import requests
from tenacity import retry, stop_after_attempt

URL = os.environ["GITEA_URL"]


@retry(stop=stop_after_attempt(3))
def put(path, body):
    answer = requests.put(URL + "/api/v1" + path, json=body, headers={"Authorization": "token " + os.environ["TOKEN"]}, timeout=9)
    answer.raise_for_status()


put("/repos/acme/core/topics", {"topics": ["service", "go"]})
put("/repos/acme/core/actions/variables/REGION", {"value": "eu"})
